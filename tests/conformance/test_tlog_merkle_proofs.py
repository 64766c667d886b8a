"""transparency-dev/merkle: every good and every hostile inclusion and consistency proof."""

import base64
import json

import pytest

from audit.errors import ProofInvalid
from audit.proofs import verify_consistency, verify_inclusion

pytestmark = pytest.mark.conformance

FOLDER = "tlog/transparency-dev-merkle/testdata"
GOOD, HOSTILE = 6, 92
"""In each of the two folders."""


def load(vectors, kind):
    files = sorted((vectors / FOLDER / kind).rglob("*.json"))
    return [(path.relative_to(vectors / FOLDER), json.loads(path.read_text())) for path in files]


def raw(text):
    return base64.b64decode(text or "")


def check_inclusion(case) -> None:
    proof = [raw(node) for node in case["proof"] or []]
    verify_inclusion(raw(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, raw(case["root"]))


def check_consistency(case) -> None:
    proof = [raw(node) for node in case["proof"] or []]
    verify_consistency(case["size1"], case["size2"], proof, raw(case["root1"]), raw(case["root2"]))


@pytest.mark.parametrize(
    ("kind", "check"), [("inclusion", check_inclusion), ("consistency", check_consistency)]
)
def test_every_proof_is_judged_as_the_vectors_demand(vectors, kind, check) -> None:
    cases = load(vectors, kind)
    wrong = []
    for path, case in cases:
        try:
            check(case)
            refused = False
        except ProofInvalid:
            refused = True
        if refused is not case["wantErr"]:
            wrong.append(str(path))
    assert wrong == []
    assert sum(case["wantErr"] for _, case in cases) == HOSTILE
    assert len(cases) == GOOD + HOSTILE


def test_a_consistency_proof_from_size_0_is_among_the_hostile_ones(vectors) -> None:
    from_zero = [case for _, case in load(vectors, "consistency") if case["size1"] == 0]
    assert len(from_zero) >= 5
    for case in from_zero:
        with pytest.raises(ProofInvalid, match="from size 0"):
            check_consistency(case)
