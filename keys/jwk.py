"""Signing keys as JSON Web Keys (RFC 7517, RFC 8037): Ed25519 only, and one purpose for each key.

A key's id is its RFC 7638 thumbprint, so an id cannot be chosen. The purpose travels in the member
`kelisim_usage`; a key listed for one purpose verifies nothing of another.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from keys import b64, canonical, locked
from keys.errors import CanonicalError, CustodyError, KeyRefused, OpenFailed
from keys.private_file import read_private, write_private

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_LOCKED_NAME = "private-jwk"
_PUBLIC_MEMBERS = frozenset({"kty", "crv", "alg", "use", "key_ops", "x", "kid", "kelisim_usage"})
_PRIVATE_MEMBERS = _PUBLIC_MEMBERS | {"d"}
_FIXED_MEMBERS = {"kty": "OKP", "crv": "Ed25519", "use": "sig"}
_ALGORITHMS = ("EdDSA", "Ed25519")  # RFC 8037 and RFC 9864 names of the same algorithm

# The points of order 1, 2, 4 and 8, also in their unreduced writings. Under such a "key" somebody who holds
# no private key can make one signature fit many messages.
_P = 2**255 - 19
_Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset(
    (y | sign << 255).to_bytes(KEY_BYTES, "little")
    for y in (0, 1, _P - 1, _Y8, _P - _Y8, _P, _P + 1)
    for sign in (0, 1)
)


class Usage(StrEnum):
    """What a signing key is for; the list is closed."""

    SEAL = "seal"
    OFFICIAL = "official"
    CLIENT = "client"
    ADMIN = "admin"
    CHECKPOINT = "checkpoint"
    TRUST = "trust"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """The public half of a signing key: 32 raw bytes (RFC 8032) and what the key is for.

    Raises:
        KeyRefused: not 32 bytes, or a point of small order.

    """

    raw: bytes
    usage: Usage
    kid: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES or self.raw in _SMALL_ORDER:
            raise KeyRefused("not an Ed25519 public key")
        object.__setattr__(self, "kid", _thumbprint(self.raw))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check an Ed25519 signature of 64 bytes (RFC 8032 section 5.1.7).

        Raises:
            OpenFailed: it is not this key's signature over this message.

        """
        if len(signature) != SIGNATURE_BYTES:
            raise OpenFailed("not a signature")
        # libsodium takes half the time of OpenSSL here, and refuses encodings that are not canonical.
        try:
            crypto_sign_open(signature + message, self.raw)
        except CryptoError as error:
            raise OpenFailed("wrong signature") from error

    def to_jwk(self) -> dict[str, object]:
        """Return the public key as a JWK with all its members."""
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "key_ops": ["verify"],
            "x": b64.encode(self.raw),
            "kid": self.kid,
            "kelisim_usage": self.usage.value,
        }

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> "VerifyKey":
        """Read a public JWK that has exactly the members `to_jwk` writes.

        Raises:
            KeyRefused: a missing or unknown member, another algorithm or use, a wrong length or key id.

        """
        _check_members(jwk, _PUBLIC_MEMBERS, "verify")
        key = cls(_bytes_of(jwk, "x"), _usage_of(jwk))
        if jwk["kid"] != key.kid:
            raise KeyRefused("the key id is not the key's thumbprint")
        return key


class Signer(Protocol):
    """A private signing key, in this process or in a token."""

    @property
    def usage(self) -> Usage:
        """What the key is for."""

    @property
    def kid(self) -> str:
        """The thumbprint of its public half."""

    @property
    def public(self) -> VerifyKey:
        """Its public half."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over message."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private signing key held in memory: a 32-byte seed (RFC 8032 section 5.1.5) and its usage.

    Raises:
        KeyRefused: the seed is not 32 bytes.

    """

    seed: bytes = field(repr=False)
    usage: Usage
    public: VerifyKey = field(init=False, compare=False)
    _private: Ed25519PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != KEY_BYTES:
            raise KeyRefused(f"a seed of {KEY_BYTES} bytes is needed")
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        object.__setattr__(self, "_private", private)
        object.__setattr__(self, "public", VerifyKey(private.public_key().public_bytes_raw(), self.usage))

    @classmethod
    def generate(cls, usage: Usage, random: Callable[[int], bytes] = os.urandom) -> "SigningKey":
        """Make a new key; random(n) returns n random bytes."""
        return cls(random(KEY_BYTES), usage)

    @property
    def kid(self) -> str:
        """The thumbprint of the public half."""
        return self.public.kid

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over message."""
        return self._private.sign(message)

    def to_private_jwk(self) -> dict[str, object]:
        """Return the key with its private member `d` (RFC 8037 section 2)."""
        return self.public.to_jwk() | {"key_ops": ["sign"], "d": b64.encode(self.seed)}

    @classmethod
    def from_private_jwk(cls, jwk: Mapping[str, object]) -> "SigningKey":
        """Read a private JWK that has exactly the members `to_private_jwk` writes.

        Raises:
            KeyRefused: as for public keys, or the two halves do not belong together.

        """
        _check_members(jwk, _PRIVATE_MEMBERS, "sign")
        key = cls(_bytes_of(jwk, "d"), _usage_of(jwk))
        if _bytes_of(jwk, "x") != key.public.raw or jwk["kid"] != key.kid:
            raise KeyRefused("the public half is not this key's")
        return key


def save_private(
    path: Path, key: SigningKey, passphrase: str | None, random: Callable[[int], bytes] = os.urandom
) -> None:
    """Write a private JWK file (mode 0600, never over another file), under a passphrase if one is given.

    Raises:
        CustodyError: the file exists or cannot be written.

    """
    text = canonical.encode(key.to_private_jwk())
    if passphrase is not None:
        text = locked.lock_with_passphrase(passphrase, _LOCKED_NAME, text, random)
    write_private(path, text)


def load_private(path: Path, passphrase: str | None) -> SigningKey:
    """Read a private JWK file.

    Raises:
        CustodyError: missing, open to others, damaged, or the passphrase is wrong, missing or not needed.
        KeyRefused: it holds something else than one signing key.

    """
    data = read_private(path)
    if passphrase is not None:
        data = locked.unlock_with_passphrase(passphrase, _LOCKED_NAME, data)
    elif locked.is_passphrase_box(data):
        raise CustodyError(f"{path.name} needs its passphrase")
    try:
        jwk = canonical.decode(data.rstrip(b"\n"))
    except CanonicalError as error:
        raise KeyRefused(f"{path.name} is not a private JWK") from error
    if not isinstance(jwk, dict):
        raise KeyRefused(f"{path.name} is not a private JWK")
    return SigningKey.from_private_jwk(jwk)


def _thumbprint(raw: bytes) -> str:
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{b64.encode(raw)}"}}'
    return b64.encode(hashlib.sha256(text.encode()).digest())


def _check_members(jwk: Mapping[str, object], members: frozenset[str], operation: str) -> None:
    if jwk.keys() != members:
        raise KeyRefused("a JWK has other members than it must have")
    if any(jwk[name] != value for name, value in _FIXED_MEMBERS.items()):
        raise KeyRefused("not an Ed25519 signing key")
    if jwk["alg"] not in _ALGORITHMS or jwk["key_ops"] != [operation]:
        raise KeyRefused("another algorithm or operation")


def _bytes_of(jwk: Mapping[str, object], member: str) -> bytes:
    text = jwk[member]
    if not isinstance(text, str):
        raise KeyRefused(f"{member} is not text")
    try:
        return b64.decode(text, KEY_BYTES)
    except CanonicalError as error:
        raise KeyRefused(f"{member} is not {KEY_BYTES} bytes of base64url") from error


def _usage_of(jwk: Mapping[str, object]) -> Usage:
    try:
        return Usage(str(jwk["kelisim_usage"]))
    except ValueError as error:
        raise KeyRefused("unknown usage of a key") from error
