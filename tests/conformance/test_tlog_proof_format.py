"""Malformed tlog-proof files of transparency-dev/formats, each refused for its own fault."""

import json

import pytest

from audit.bundle import ProofBundle, parse_bundle
from audit.errors import MalformedBundle

pytestmark = pytest.mark.conformance

REASONS = {
    "missing header": "first line",
    "extra not base64": "extra line is not base64",
    "missing index": "index line",
    "index NaN": "index line",
    "index negative": "index line",
    "hash not base64": "hash line is not base64",
    "hash 64 bytes": "hashes of 32 bytes",
    "line too long": "empty line",
}


def test_every_malformed_proof_is_refused(vectors) -> None:
    cases = json.loads((vectors / "tlog/inline/tlog_proof_cases.json").read_text())["invalid"]
    assert {case["desc"] for case in cases} == set(REASONS)
    for case in cases:
        with pytest.raises(MalformedBundle, match=REASONS[case["desc"]]):
            parse_bundle(case["proof"].encode())


def test_the_same_text_without_the_fault_is_read() -> None:
    text = "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"
    assert parse_bundle(text.encode()) == ProofBundle(None, 0, (), b"checkpoint\n")
