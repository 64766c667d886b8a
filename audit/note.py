"""Signed notes (C2SP signed-note): a text, an empty line, and signature lines of named keys."""

import re
from collections.abc import Sequence

import msgspec

from audit import b64
from audit.errors import AuditError, MalformedNote, NoTrustedSignature, SignatureInvalid
from audit.ports import Signer, Verifier

KEY_ID_BYTES = 4
MAX_NOTE_BYTES = 1 << 20
MAX_SIGNATURES = 100

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: key name, 4-byte key id, signature bytes."""

    name: str
    key_id: bytes
    signature: bytes


class UnverifiedNote(msgspec.Struct, frozen=True):
    """A well-formed note of which no signature has been checked."""

    text: str
    signatures: tuple[NoteSignature, ...]


class Note(msgspec.Struct, frozen=True):
    """A note that a trusted key has signed; `unverified` are the lines of keys nobody asked for."""

    text: str
    verified: tuple[NoteSignature, ...]
    unverified: tuple[NoteSignature, ...]

    @property
    def verified_names(self) -> tuple[str, ...]:
        """Names of the keys whose signatures were verified, in the note's order."""
        return tuple(signature.name for signature in self.verified)


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no Unicode space, control character or plus."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """Sign a text that ends in a newline; one signature line per signer, in the order given.

    Raises `MalformedNote` for a text, name or number of signers that no reader would accept.
    """
    message = _require_text(text)
    if not 0 < len(signers) <= MAX_SIGNATURES:
        raise MalformedNote(f"a note has 1 to {MAX_SIGNATURES} signatures, not {len(signers)}")
    lines = [_signature_line(signer, message) for signer in signers]
    return message + b"\n" + "".join(lines).encode()


def _signature_line(signer: Signer, message: bytes) -> str:
    if not is_key_name(signer.name) or len(signer.key_id) != KEY_ID_BYTES:
        raise MalformedNote(f"no note can carry a signature of {signer.name!r}")
    return f"{_DASH}{signer.name} {b64.encode(signer.key_id + signer.sign(message))}\n"


def _require_text(text: str) -> bytes:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise MalformedNote("a note's text ends in a newline and has no other control character")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MalformedNote("a note's text is valid Unicode") from error


def parse_note(data: bytes) -> UnverifiedNote:
    """Take a note apart without believing it; raises `MalformedNote`."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"the note is longer than {MAX_NOTE_BYTES} bytes")
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote("the note is not UTF-8") from error
    text, separator, block = content.rpartition("\n\n")
    if not separator or not block.endswith("\n") or _CONTROL.search(content):
        raise MalformedNote("the note is not a text, an empty line and signature lines")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(f"the note has more than {MAX_SIGNATURES} signatures")
    return UnverifiedNote(text + "\n", tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not is_key_name(name):
        raise MalformedNote("a signature line is not a dash, a key name and a signature")
    try:
        raw = b64.decode(encoded)
    except ValueError as error:
        raise MalformedNote(f"the signature of {name} is not base64") from error
    if len(raw) <= KEY_ID_BYTES:
        raise MalformedNote(f"the signature of {name} is empty")
    return NoteSignature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> Note:
    """Verify a note by the keys given.

    Every distinct signature of a known key must verify (`SignatureInvalid`), and at least one must be there
    (`NoTrustedSignature`). Lines of unknown keys are kept apart. Raises `MalformedNote` for other bytes.
    """
    known = _by_key(verifiers)
    note = parse_note(data)
    message = note.text.encode()
    verified: dict[tuple[str, bytes], NoteSignature] = {}
    unverified: list[NoteSignature] = []
    for signature in dict.fromkeys(note.signatures):
        key = (signature.name, signature.key_id)
        if key not in known:
            unverified.append(signature)
            continue
        _verify(known[key], signature, message)
        verified.setdefault(key, signature)
    if not verified:
        raise NoTrustedSignature("no trusted key has signed the note")
    return Note(note.text, tuple(verified.values()), tuple(unverified))


def _verify(verifier: Verifier, signature: NoteSignature, message: bytes) -> None:
    try:
        verifier.verify(signature.signature, message)
    except Exception as error:
        raise SignatureInvalid(f"the signature of {signature.name} does not verify") from error


def _by_key(verifiers: Sequence[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    if len(known) != len(verifiers):
        raise AuditError("two of the trusted keys share name and key id")
    return known
