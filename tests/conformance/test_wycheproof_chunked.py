"""Wycheproof's vectors of C2SP chunked encryption with AES-256-GCM, which is Cobblestone-256."""

import hashlib
import json
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from keys.errors import OpenFailed
from keys.streams import PartDecryptor
from keys.suites import SUITE_1

pytestmark = pytest.mark.conformance
PIECE = 5000


def _cases(vectors: Path) -> list[dict[str, Any]]:
    content = json.loads(
        (vectors / "wycheproof" / "c2sp_chunked_encryption_aes_256_gcm_test.json").read_text()
    )
    cases: list[dict[str, Any]] = [case for group in content["testGroups"] for case in group["tests"]]
    assert len(cases) == content["numberOfTests"] == 35
    return cases


def _decryptor(case: dict[str, Any], size: int | None = None) -> PartDecryptor:
    stream = SUITE_1.decryptor(bytes.fromhex(case["key"]), bytes.fromhex(case["ctx"]))
    return PartDecryptor(stream, size)


def _ciphertext(case: dict[str, Any]) -> bytes:
    return zlib.decompress(bytes.fromhex(case["ct"]))


def _open_whole(case: dict[str, Any], ciphertext: bytes, size: int | None = None) -> bytes:
    decryptor = _decryptor(case, size)
    return decryptor.update(ciphertext) + decryptor.finalize()


def _stream(decryptor: PartDecryptor, ciphertext: bytes, given: bytearray) -> None:
    for at in range(0, len(ciphertext), PIECE):
        given += decryptor.update(ciphertext[at : at + PIECE])
    given += decryptor.finalize()


def test_every_verdict_and_every_plaintext_matches(vectors: Path) -> None:
    counted: Counter[str] = Counter()
    for case in _cases(vectors):
        ciphertext = _ciphertext(case)
        if case["result"] == "valid":
            plain = _open_whole(case, ciphertext, case["msgLength"])
            assert len(plain) == case["msgLength"], case["tcId"]
            assert hashlib.sha512(plain).hexdigest() == case["msgSha512"], case["tcId"]
            assert len(ciphertext) == SUITE_1.ciphertext_length(len(plain)), case["tcId"]
        else:
            with pytest.raises(OpenFailed):
                _open_whole(case, ciphertext)
        counted[case["result"]] += 1
    assert counted == {"valid": 10, "invalid": 25}


def test_a_stream_gives_out_no_more_than_the_valid_beginning_and_then_fails(vectors: Path) -> None:
    judged = whole = 0
    for case in _cases(vectors):
        if case["result"] == "valid" or "InvalidKeySize" in case["flags"]:
            continue
        decryptor, given = _decryptor(case), bytearray()
        with pytest.raises(OpenFailed):
            _stream(decryptor, _ciphertext(case), given)
        with pytest.raises(OpenFailed):
            decryptor.finalize()
        if "PartialPlaintext" in case["flags"]:
            assert len(given) <= case["msgLength"], case["tcId"]
            if len(given) == case["msgLength"]:
                assert hashlib.sha512(given).hexdigest() == case["msgSha512"], case["tcId"]
                whole += 1
        else:
            assert given == b"", case["tcId"]
        judged += 1
    assert judged == 25 - sum("InvalidKeySize" in case["flags"] for case in _cases(vectors))
    assert (judged, whole) == (23, 9)
