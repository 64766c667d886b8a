"""The protocol's own vectors: every case is judged as it says, for its own reason; none is out of date."""

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from docs.make_schemas import TYPES, schema_text
from keys import b64
from tests.vectors.generate import FOLDER, KEPT, Kept, Missing, documents, main, written
from tests.vectors.judges import JUDGES, judge
from tests.vectors.material import ENCRYPTION, stream_of
from tests.vectors.sealing import GOOD, contents, still_holds

ROOT = FOLDER.parent.parent
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))
}
CASES = [
    pytest.param(kind, number, id=f"{kind}-{case['name'].replace(' ', '_')}")
    for kind, document in DOCUMENTS.items()
    for number, case in enumerate(document["cases"])
]
ATTACKS = {
    "signatures": ("alg none", "alg HS256", "typ of a seal", "jwk", "padded", "stripped", "repeated name"),
    "envelopes": (
        "truncated",
        "unknown suite",
        "replayed under another message id",
        "handed on",
        "exchanged",
        "revoked",
        "stripped",
        "repeated name",
        "level lowered",
        "official's key",
    ),
    "evidence": ("another index", "path", "another log", "fork", "unknown field", "witness alone"),
    "trust_files": ("rolled back", "signed by another party", "epoch signed by another", "expired"),
    "listed_keys": ("backdated",),
    "canonical": ("repeated name", "escape"),
    "manifest": ("repeated name", "unknown field", "not sorted"),
    "block": ("padded", "repeated name", "extra member"),
}


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_the_case_is_judged_as_it_says(kind: str, number: int) -> None:
    document = DOCUMENTS[kind]
    case = document["cases"][number]
    outcome, result = judge(kind, case["input"], document.get("shared", {}))
    assert (outcome, result) == (case["expect"], case["result"])


def test_every_file_is_what_the_generator_writes() -> None:
    again = documents(Kept(KEPT, may_seal=False))
    texts = {name: written(document) for name, document in again.items()}
    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in texts} == texts


def test_there_is_a_file_for_every_judge() -> None:
    assert DOCUMENTS.keys() == JUDGES.keys()


def test_far_more_cases_are_refused_than_accepted() -> None:
    for kind, document in DOCUMENTS.items():
        expected = [case["expect"] for case in document["cases"]]
        assert expected.count("accept") >= 2 or kind == "signatures"
        assert expected.count("refuse") >= 2
    every = [case["expect"] for document in DOCUMENTS.values() for case in document["cases"]]
    assert every.count("refuse") > 5 * every.count("accept") > 0
    assert len(every) >= 450


@pytest.mark.parametrize("kind", sorted(ATTACKS))
def test_the_known_attacks_are_among_them(kind: str) -> None:
    refused = [case["name"] for case in DOCUMENTS[kind]["cases"] if case["expect"] == "refuse"]
    assert [attack for attack in ATTACKS[kind] if not any(attack in name for name in refused)] == []


@pytest.mark.parametrize("name", GOOD)
def test_a_kept_envelope_that_was_touched_is_noticed(name: str) -> None:
    frame = next(c["input"]["frame"] for c in DOCUMENTS["envelopes"]["cases"] if c["name"] == name)
    content = contents()[name]
    assert still_holds(name, content, frame)
    exchanged = {**frame, "parts": [frame["parts"][0], *reversed(frame["parts"][1:])]}
    assert not still_holds(name, content, exchanged)
    assert not still_holds(name, (content[0], content[1][::-1], *content[2:]), frame)
    assert not still_holds("another secret", content, frame)


def _labeled(shared_secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of RFC 9180 section 5.1, base mode, from the shared secret of the KEM."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(salt: bytes, label: bytes, data: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + data, "sha256")

    def expand(key: bytes, label: bytes, data: bytes, length: int) -> bytes:
        given = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + data
        return hmac.digest(key, given + b"\x01", "sha256")[:length]

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


@pytest.mark.parametrize("name", GOOD)
def test_a_wrap_opens_by_the_words_of_the_protocol_page_alone(name: str) -> None:
    frame = next(c["input"]["frame"] for c in DOCUMENTS["envelopes"]["cases"] if c["name"] == name)
    wrap, header_hash = b64.decode(frame["wrap"]), hashlib.sha256(b64.decode(frame["header"])).digest()
    x25519 = X25519PrivateKey.from_private_bytes(ENCRYPTION.seeds[64:])
    mlkem_secret = MLKEM768PrivateKey.from_seed_bytes(ENCRYPTION.seeds[:64]).decapsulate(wrap[:1088])
    x25519_secret = x25519.exchange(X25519PublicKey.from_public_bytes(wrap[1088:1120]))
    pieces = mlkem_secret, x25519_secret, wrap[1088:1120], x25519.public_key().public_bytes_raw(), b"\\.//^\\"
    info = b"\x00\x0ekelisim/1/wrap" + b"\x00\x06ru/mia" + b"\x00\x20" + header_hash
    key, nonce = _labeled(hashlib.sha3_256(b"".join(pieces)).digest(), info)
    assert AESGCM(key).decrypt(nonce, wrap[1120:], b"") == stream_of(f"secret/{name}")(32)


def test_nothing_is_sealed_anew_without_being_asked(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        documents(Kept(tmp_path / "none.json", may_seal=False))


def test_the_check_fails_on_a_file_that_differs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in FOLDER.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr("tests.vectors.generate.FOLDER", tmp_path)
    monkeypatch.setattr("tests.vectors.generate.KEPT", tmp_path / KEPT.name)
    assert main(["--check"]) == 0
    changed = tmp_path / "leaves.json"
    changed.write_text(changed.read_text().replace('"accept"', '"refuse"', 1))
    (tmp_path / "extra.json").write_text("{}\n")
    assert main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "leaves.json" in told
    assert "extra.json" in told


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_schemas_are_those_of_the_code(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == schema_text(name)


def test_the_readme_names_every_file_with_its_number_of_cases() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)\.json` \|.*\| (\d+) \| (\d+) \|$", readme, re.MULTILINE)
    counted = {
        kind: tuple(
            str(sum(case["expect"] == outcome for case in document["cases"]))
            for outcome in ("accept", "refuse")
        )
        for kind, document in DOCUMENTS.items()
    }
    assert {name: (accepted, refused) for name, accepted, refused in rows} == counted
