"""Verifier keys: the text `<name>+<key id>+<base64 of type and key>` of C2SP signed-note."""

import hashlib
import re
from enum import IntEnum

import msgspec

from audit import b64
from audit.errors import MalformedKey
from audit.note import KEY_ID_BYTES, is_key_name

_ED25519_KEY_BYTES = 32
_HEX_ID = re.compile(r"[0-9a-f]{8}")


class Algorithm(IntEnum):
    """Signature types that may stand in a verifier key, and why."""

    ED25519 = 0x01
    """Signs checkpoints at once; the only type Kelisim's own logs use so far."""
    RFC6962_TREE_HEAD = 0x05
    """Certificate Transparency logs (C2SP static-ct-api); shows that parsing does not depend on Ed25519."""


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key under its name. `public` is encoded as its algorithm demands (Ed25519: 32 bytes)."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise MalformedKey("a key's name is not empty and has no space and no plus")
        if not self.public or (
            self.algorithm is Algorithm.ED25519 and len(self.public) != _ED25519_KEY_BYTES
        ):
            raise MalformedKey(f"the key of {self.name} has {len(self.public)} bytes")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in signature lines (C2SP signed-note and static-ct-api)."""
        hashed = self.public
        if self.algorithm is Algorithm.RFC6962_TREE_HEAD:
            hashed = hashlib.sha256(self.public).digest()
        return key_id(self.name, self.algorithm, hashed)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64.encode(bytes([self.algorithm]) + self.public)}"


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """SHA-256(name ‖ newline ‖ algorithm byte ‖ key), cut to 4 bytes."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID_BYTES]


def ed25519_key_id(name: str, public: bytes) -> bytes:
    """Key id of a raw 32-byte Ed25519 public key."""
    return VerifierKey(name, Algorithm.ED25519, public).key_id


def parse_verifier_key(text: str) -> VerifierKey:
    """Read a verifier key; raises `MalformedKey`, also for an unknown algorithm or a foreign key id."""
    name, _, rest = text.partition("+")
    hex_id, _, encoded = rest.partition("+")
    if not _HEX_ID.fullmatch(hex_id):
        raise MalformedKey("a verifier key is a name, a key id of 8 hex digits and a key")
    try:
        raw = b64.decode(encoded)
        algorithm = Algorithm(raw[0])
    except (ValueError, IndexError) as error:
        raise MalformedKey(f"the key of {name!r} is not base64 of a known algorithm's key") from error
    key = VerifierKey(name, algorithm, raw[1:])
    if key.key_id.hex() != hex_id:
        raise MalformedKey(f"the key id of {name} belongs to another key")
    return key
