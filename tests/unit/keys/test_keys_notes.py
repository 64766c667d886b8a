import base64
from collections.abc import Callable

import pytest

from keys.errors import KeyRefused, OpenFailed
from keys.jwk import SigningKey, Usage, VerifyKey
from keys.notes import NoteSigner, NoteVerifier

MakeKey = Callable[..., SigningKey]
# The example of the signed-note package of Go's module sum database.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_a_published_note_verifies() -> None:
    verifier, signed = NoteVerifier.from_vkey(VKEY), base64.b64decode(SIGNATURE)
    assert (verifier.name, verifier.key_id) == ("PeterNeumann", signed[:4])
    assert verifier.vkey == VKEY
    verifier.verify(signed[4:], TEXT)
    with pytest.raises(OpenFailed):
        verifier.verify(signed[4:], TEXT + b"\n")
    with pytest.raises(OpenFailed):
        verifier.verify(signed, TEXT)


def test_a_signers_notes_verify_under_its_published_key(make_key: MakeKey) -> None:
    signer = NoteSigner("gateway.kz.example/audit/2025", make_key(Usage.CHECKPOINT))
    verifier = NoteVerifier.from_vkey(signer.vkey)
    assert verifier == signer.verifier
    assert signer.key_id == verifier.key_id
    verifier.verify(signer.sign(b"text\n"), b"text\n")


def test_a_key_id_depends_on_the_name(make_key: MakeKey) -> None:
    key = make_key(Usage.CHECKPOINT)
    assert NoteSigner("a.example", key).key_id != NoteSigner("b.example", key).key_id


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u00a0b"])
def test_names_a_note_cannot_hold_are_refused(make_key: MakeKey, name: str) -> None:
    with pytest.raises(KeyRefused):
        NoteSigner(name, make_key(Usage.CHECKPOINT))
    with pytest.raises(KeyRefused):
        NoteVerifier(name, make_key(Usage.CHECKPOINT).public)


@pytest.mark.parametrize("usage", [usage for usage in Usage if usage is not Usage.CHECKPOINT])
def test_a_key_of_another_usage_is_refused(make_key: MakeKey, usage: Usage) -> None:
    with pytest.raises(KeyRefused):
        NoteSigner("a.example", make_key(usage))
    with pytest.raises(KeyRefused):
        NoteVerifier("a.example", make_key(usage).public)


def _vkey_of(data: bytes, key_id: str = "00000000") -> str:
    return f"a.example+{key_id}+{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "+c74f20a3+",
        VKEY.replace("c74f20a3", "c74f20a4"),
        VKEY.replace("c74f20a3", "C74F20A3"),
        VKEY.replace("c74f20a3", "c74f20"),
        VKEY.replace("PeterNeumann", "PeterNewmann"),
        VKEY + "\n",
        VKEY + "=",
        VKEY[:-1],
        VKEY[:-4],
        VKEY.replace("ARpc", "BRpc"),
        " " + VKEY,
        _vkey_of(b""),
        _vkey_of(b"\x05" + bytes(range(32))),
        _vkey_of(b"\x01" + bytes(32)),
    ],
)
def test_malformed_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(KeyRefused):
        NoteVerifier.from_vkey(vkey)


def test_a_verifier_key_with_stray_bits_is_refused(make_key: MakeKey) -> None:
    verifier = NoteVerifier("a.example", VerifyKey(make_key(Usage.CHECKPOINT).public.raw, Usage.CHECKPOINT))
    assert NoteVerifier.from_vkey(verifier.vkey) == verifier
    with pytest.raises(KeyRefused):
        NoteVerifier.from_vkey(verifier.vkey + "A===")
