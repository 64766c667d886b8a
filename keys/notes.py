"""Keys of signed notes (C2SP signed-note): the log's checkpoints are signed with Ed25519 under a name.

The shapes fit the log's own `Signer` and `Verifier` without either package knowing the other.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from keys.errors import KeyRefused
from keys.jwk import KEY_BYTES, Signer, Usage, VerifyKey

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_NAME = re.compile(r"[^\s+]+")
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """Verifies the lines of a signed note that were made under one name and key.

    Args:
        name: the key's name: not empty, without white space or plus signs.
        key: a checkpoint key.

    Raises:
        KeyRefused: the name is not one, or the key is for something else.

    """

    name: str
    key: VerifyKey
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        _check_name(self.name, self.key.usage)
        object.__setattr__(self, "key_id", _key_id(self.name, self.key.raw))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check the 64-byte signature over the note's text.

        Raises:
            OpenFailed: it is not this key's signature over this text.

        """
        self.key.verify(signature, message)

    @property
    def vkey(self) -> str:
        """The verifier key as published: name, key id in hex, base64 of algorithm and key."""
        encoded = base64.b64encode(_ED25519 + self.key.raw).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def from_vkey(cls, vkey: str) -> "NoteVerifier":
        """Read a published verifier key.

        Raises:
            KeyRefused: malformed, another algorithm than Ed25519, or a key id that does not fit.

        """
        found = _VKEY.fullmatch(vkey)
        if found is None:
            raise KeyRefused("not a verifier key")
        name, key_id, encoded = found.groups()
        try:
            data = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise KeyRefused("not a verifier key") from error
        if base64.b64encode(data).decode("ascii") != encoded:
            raise KeyRefused("a verifier key is not canonical base64")
        if data[:1] != _ED25519 or len(data) != 1 + KEY_BYTES:
            raise KeyRefused("not an Ed25519 verifier key")
        verifier = cls(name, VerifyKey(data[1:], Usage.CHECKPOINT))
        if verifier.key_id.hex() != key_id:
            raise KeyRefused("a verifier key's id does not fit")
        return verifier


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """Signs notes under one name.

    Args:
        name: the key's name: not empty, without white space or plus signs.
        key: a checkpoint key.

    Raises:
        KeyRefused: the name is not one, or the key is for something else.

    """

    name: str
    key: Signer
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        _check_name(self.name, self.key.usage)
        object.__setattr__(self, "key_id", _key_id(self.name, self.key.public.raw))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over a note's text."""
        return self.key.sign(message)

    @property
    def verifier(self) -> NoteVerifier:
        """The verifier of what this signs."""
        return NoteVerifier(self.name, self.key.public)

    @property
    def vkey(self) -> str:
        """The verifier key as published."""
        return self.verifier.vkey


def _check_name(name: str, usage: Usage) -> None:
    if _NAME.fullmatch(name) is None:
        raise KeyRefused("not a note key's name")
    if usage is not Usage.CHECKPOINT:
        raise KeyRefused(f"a {usage} key does not sign checkpoints")


def _key_id(name: str, raw: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:_KEY_ID_BYTES]
