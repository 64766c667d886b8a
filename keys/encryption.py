"""Encryption keys of authorities: X-Wing, that is ML-KEM-768 (FIPS 203) beside X25519 (RFC 7748).

Both halves must fall before a wrapped secret does. The public key is ML-KEM's 1,184 bytes followed by
X25519's 32; the private key is kept as the seeds of both, 64 and 32 bytes.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from keys import b64
from keys.errors import KeyRefused

MLKEM_PUBLIC_BYTES = 1184
MLKEM_SEED_BYTES = 64
X25519_BYTES = 32
PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + X25519_BYTES
SEEDS_BYTES = MLKEM_SEED_BYTES + X25519_BYTES
KID_CHARACTERS = 22


@dataclass(frozen=True, slots=True)
class EncryptionPublicKey:
    """The 1,216 public bytes of an authority's encryption key; its id is taken from their SHA-256.

    Raises:
        KeyRefused: another length, or not a valid ML-KEM key.

    """

    raw: bytes = field(repr=False)
    kid: str = field(init=False, compare=False)
    hpke: MLKEM768X25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_BYTES:
            raise KeyRefused(f"an encryption key has {PUBLIC_BYTES} bytes")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(self.raw[:MLKEM_PUBLIC_BYTES])
            x25519 = X25519PublicKey.from_public_bytes(self.raw[MLKEM_PUBLIC_BYTES:])
        except ValueError as error:
            raise KeyRefused("not an encryption key") from error
        object.__setattr__(self, "hpke", MLKEM768X25519PublicKey(mlkem, x25519))
        object.__setattr__(self, "kid", b64.encode(hashlib.sha256(self.raw).digest())[:KID_CHARACTERS])


@dataclass(frozen=True, slots=True)
class EncryptionPrivateKey:
    """An authority's private encryption key, from its 96 seed bytes.

    Raises:
        KeyRefused: another length.

    """

    seeds: bytes = field(repr=False)
    public: EncryptionPublicKey = field(init=False, compare=False)
    hpke: MLKEM768X25519PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seeds) != SEEDS_BYTES:
            raise KeyRefused(f"{SEEDS_BYTES} bytes of seeds are needed")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self.seeds[:MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(self.seeds[MLKEM_SEED_BYTES:])
        raw = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        object.__setattr__(self, "public", EncryptionPublicKey(raw))
        object.__setattr__(self, "hpke", MLKEM768X25519PrivateKey(mlkem, x25519))

    @classmethod
    def generate(cls, random: Callable[[int], bytes] = os.urandom) -> "EncryptionPrivateKey":
        """Make a new key; random(n) returns n random bytes."""
        return cls(random(SEEDS_BYTES))

    @property
    def kid(self) -> str:
        """The id of the public half."""
        return self.public.kid
