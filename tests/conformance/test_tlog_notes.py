"""Signed notes of golang/mod, C2SP and transparency-dev/formats.

The package takes no cryptography, so the keys are made here. The Certificate Transparency note is signed with
ECDSA over a TreeHeadSignature (algorithm byte 0x05), which Kelisim itself never does: it shows that parsing,
key ids and verification do not depend on Ed25519.
"""

import json
import struct

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from audit.checkpoint import open_checkpoint, parse_checkpoint
from audit.errors import AuditError, MalformedKey, MalformedNote, NoTrustedSignature, SignatureInvalid
from audit.note import open_note, parse_note
from audit.vkey import Algorithm, parse_verifier_key

pytestmark = pytest.mark.conformance


class NoteKey:
    """A `Verifier` of the kind its verifier key says."""

    def __init__(self, vkey: str) -> None:
        self._key = parse_verifier_key(vkey)
        self.name = self._key.name
        self.key_id = self._key.key_id

    def verify(self, signature: bytes, message: bytes) -> None:
        if self._key.algorithm is Algorithm.ED25519:
            Ed25519PublicKey.from_public_bytes(self._key.public).verify(signature, message)
        else:
            self._verify_tree_head(signature, message)

    def _verify_tree_head(self, signature: bytes, message: bytes) -> None:
        """RFC 6962 section 3.5: timestamp, then hash and signature algorithm, length and DER signature."""
        timestamp, algorithms, length = struct.unpack(">Q2sH", signature[:12])
        head = parse_checkpoint(message.decode())
        if algorithms != b"\x04\x03" or len(signature) != 12 + length or head.extensions:
            raise InvalidSignature
        signed = struct.pack(">BBQQ", 0, 1, timestamp, head.size) + head.root
        public = load_der_public_key(self._key.public)
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature[12:], signed, ec.ECDSA(SHA256()))


def load(vectors, name):
    return json.loads((vectors / "tlog/inline" / name).read_text())


def test_every_signed_note_is_judged_as_the_vectors_demand(vectors) -> None:
    cases = load(vectors, "signed_note_cases.json")["cases"]
    valid = 0
    for case in cases:
        keys = [NoteKey(vkey) for vkey in case["vkeys"]]
        if case["valid"]:
            note = open_note(case["note"].encode(), keys)
            assert list(note.verified_names) == case["verified_names"], case["desc"]
            valid += 1
        else:
            with pytest.raises(AuditError):
                open_note(case["note"].encode(), keys)
    assert (valid, len(cases)) == (3, 15)


@pytest.mark.parametrize(
    ("desc", "error"),
    [
        ("no known verifier", NoTrustedSignature),
        ("101 signatures must be refused as malformed", MalformedNote),
        ("known key with invalid signature rejects whole note", SignatureInvalid),
        ("no signature block", MalformedNote),
        ("blank line but no signature", MalformedNote),
        ("missing final newline", MalformedNote),
        ("ASCII control character in text", MalformedNote),
        ("space in key name", MalformedNote),
        ("unexpected line after signature", MalformedNote),
        ("renamed signer", NoTrustedSignature),
        ("changed key hash", NoTrustedSignature),
        ("tampered text", SignatureInvalid),
    ],
)
def test_each_hostile_note_is_refused_for_its_own_reason(vectors, desc, error) -> None:
    (case,) = [case for case in load(vectors, "signed_note_cases.json")["cases"] if case["desc"] == desc]
    with pytest.raises(error):
        open_note(case["note"].encode(), [NoteKey(vkey) for vkey in case["vkeys"]])


def test_every_bad_verifier_key_is_refused(vectors) -> None:
    bad = load(vectors, "signed_note_cases.json")["bad_vkeys"]
    assert len(bad) == 6
    for vkey in bad:
        with pytest.raises(MalformedKey):
            parse_verifier_key(vkey)


def test_the_c2sp_example_opens(vectors) -> None:
    case = load(vectors, "c2sp_signed_note_example.json")
    note = open_note(case["note"].encode(), [NoteKey(case["vkey"])])
    assert note.text == "This is an example message.\n"
    assert note.verified_names == ("example.com/foo",)
    assert str(parse_verifier_key(case["vkey"])) == case["vkey"]


@pytest.fixture(scope="module")
def rome(vectors):
    return load(vectors, "rfc6962_note_signature_rome2024h1.json")


def test_a_certificate_transparency_checkpoint_opens_with_its_key(rome) -> None:
    head = open_checkpoint(rome["checkpoint"].encode(), [NoteKey(rome["vkey"])])
    assert (head.origin, head.size) == ("rome.ct.filippo.io/2024h1", 115474666)


def test_its_verifier_key_and_key_id_follow_from_the_public_key(rome) -> None:
    key = parse_verifier_key(rome["vkey"])
    assert key.algorithm is Algorithm.RFC6962_TREE_HEAD
    assert str(key) == rome["vkey"]
    assert parse_note(rome["checkpoint"].encode()).signatures[0].key_id == key.key_id
    with pytest.raises(MalformedKey):
        parse_verifier_key(rome["vkey"].replace("+78f4abae+", "+78f4abaf+"))


@pytest.mark.parametrize(("old", "new"), [("115474666", "115474667"), ("2q1K", "2q1L"), ("AAAY5", "AAAY6")])
def test_a_changed_size_root_or_timestamp_breaks_its_signature(rome, old, new) -> None:
    assert old in rome["checkpoint"]
    with pytest.raises(SignatureInvalid):
        open_checkpoint(rome["checkpoint"].replace(old, new).encode(), [NoteKey(rome["vkey"])])
