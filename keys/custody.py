"""Custody: where this node's private keys live.

The file store keeps one file per key, encrypted with AES-256-GCM under a store key and bound to its name, so
that files cannot be exchanged for one another. The store key is a 32-byte file of its own (on another disk or
a mounted secret) or is stretched from a passphrase.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from keys import b64, canonical, locked
from keys.encryption import SEEDS_BYTES, EncryptionPrivateKey
from keys.errors import CanonicalError, CustodyError, KeyRefused
from keys.jwk import Signer, SigningKey
from keys.private_file import destroy_private, finish_destruction, read_private, write_private

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_SUFFIX = ".key"
_EPOCH = "epoch."
_SIGNING = "signing."
_SECRET = "secret."  # noqa: S105  (a file name, not a secret)
_SALT_FILE = "store.salt"


class Custody(Protocol):
    """What a node asks of the place its keys live in."""

    def store_signing_key(self, name: str, key: SigningKey) -> None:
        """Keep a signing key under a name that is not taken."""

    def signing_key(self, name: str) -> Signer:
        """Return what signs with the key of this name."""

    def store_encryption_key(self, key: EncryptionPrivateKey, destroy_after: int) -> None:
        """Keep an epoch's private key, to be destroyed from an instant (Unix milliseconds) on."""

    def encryption_key(self, kid: str) -> EncryptionPrivateKey | None:
        """Return an epoch's private key by its id, or None if there is none or none any more."""

    def encryption_kids(self) -> tuple[str, ...]:
        """Return the ids of the epochs' keys that are kept, sorted."""

    def destroy_encryption_keys(self, now: int) -> tuple[str, ...]:
        """Destroy the keys whose time has come by now (Unix milliseconds) and return their ids."""

    def store_secret(self, name: str, secret: bytes) -> None:
        """Keep a 32-byte secret, such as the master of the cases' keys, under a name that is not taken."""

    def secret(self, name: str) -> bytes:
        """Return the 32-byte secret of this name."""


class _EpochFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    seeds: str
    destroy_after: int


class FileCustody:
    """The encrypted file key store.

    Args:
        folder: of mode 0700; made if it is missing.
        store_key: 32 bytes.
        random: random(n) returns n random bytes.

    Raises:
        CustodyError: the folder is open to others, or the store key has another length.

    """

    def __init__(self, folder: Path, store_key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        if len(store_key) != locked.KEY_BYTES:
            raise CustodyError(f"a store key of {locked.KEY_BYTES} bytes is needed")
        _secure_folder(folder)
        finish_destruction(folder)
        self._folder = folder
        self._store_key = store_key
        self._random = random
        self._signers: dict[str, SigningKey] = {}
        self._epochs: dict[str, tuple[EncryptionPrivateKey, int]] = {}

    @classmethod
    def with_key_file(cls, folder: Path, key_file: Path) -> "FileCustody":
        """Open a store whose key is a file of exactly 32 bytes, mode 0600."""
        return cls(folder, read_private(key_file))

    @classmethod
    def with_passphrase(
        cls, folder: Path, passphrase: str, random: Callable[[int], bytes] = os.urandom
    ) -> "FileCustody":
        """Open a store whose key is stretched from a passphrase; the salt lies in the folder."""
        _secure_folder(folder)
        salt_file = folder / _SALT_FILE
        if not salt_file.exists():
            write_private(salt_file, random(locked.SALT_BYTES))
        return cls(folder, locked.stretch(passphrase, read_private(salt_file)), random)

    def store_signing_key(self, name: str, key: SigningKey) -> None:
        """Keep a signing key.

        Raises:
            CustodyError: the name is taken or not a name.

        """
        self._store(_SIGNING + name, canonical.encode(key.to_private_jwk()))

    def signing_key(self, name: str) -> SigningKey:
        """Return a signing key; read once, then held in memory.

        Raises:
            CustodyError: none of this name, damaged, or under another store key.

        """
        key = self._signers.get(name)
        if key is None:
            key = self._signers[name] = self._read_signing_key(_SIGNING + name)
        return key

    def store_encryption_key(self, key: EncryptionPrivateKey, destroy_after: int) -> None:
        """Keep an epoch's private key until destroy_after (Unix milliseconds).

        Raises:
            CustodyError: it is kept already.

        """
        text = canonical.encode({"seeds": b64.encode(key.seeds), "destroy_after": destroy_after})
        self._store(_EPOCH + key.kid, text)

    def encryption_key(self, kid: str) -> EncryptionPrivateKey | None:
        """Return an epoch's private key, or None if there is none or none any more.

        Raises:
            CustodyError: it is there but damaged or under another store key.

        """
        held = self._epoch(kid)
        return held[0] if held else None

    def encryption_kids(self) -> tuple[str, ...]:
        """Return the ids of the epochs' keys that are kept, sorted."""
        names = (path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"{_EPOCH}*{_SUFFIX}"))
        return tuple(sorted(name.removeprefix(_EPOCH) for name in names))

    def destroy_encryption_keys(self, now: int) -> tuple[str, ...]:
        """Destroy every epoch's key whose destroy_after has come, and return their ids.

        Raises:
            CustodyError: a file cannot be read or destroyed; the others before it are gone.

        """
        destroyed = []
        for kid in self.encryption_kids():
            held = self._epoch(kid)
            if held and held[1] <= now:
                destroy_private(self._path(_EPOCH + kid))
                del self._epochs[kid]
                destroyed.append(kid)
        return tuple(destroyed)

    def store_secret(self, name: str, secret: bytes) -> None:
        """Keep a 32-byte secret.

        Raises:
            CustodyError: the name is taken, or another length.

        """
        if len(secret) != locked.KEY_BYTES:
            raise CustodyError(f"a secret of {locked.KEY_BYTES} bytes is needed")
        self._store(_SECRET + name, secret)

    def secret(self, name: str) -> bytes:
        """Return a 32-byte secret.

        Raises:
            CustodyError: none of this name, damaged, or under another store key.

        """
        return self._load(_SECRET + name)

    def _epoch(self, kid: str) -> tuple[EncryptionPrivateKey, int] | None:
        held = self._epochs.get(kid)
        if held is None and self._path(_EPOCH + kid).exists():
            held = self._epochs[kid] = self._read_epoch(_EPOCH + kid)
        return held

    def _read_signing_key(self, name: str) -> SigningKey:
        try:
            jwk = canonical.decode(self._load(name))
            if isinstance(jwk, dict):
                return SigningKey.from_private_jwk(jwk)
        except (CanonicalError, KeyRefused) as error:
            raise CustodyError(f"{name} is not a signing key") from error
        raise CustodyError(f"{name} is not a signing key")

    def _read_epoch(self, name: str) -> tuple[EncryptionPrivateKey, int]:
        try:
            kept = msgspec.json.decode(self._load(name), type=_EpochFile)
            return EncryptionPrivateKey(b64.decode(kept.seeds, SEEDS_BYTES)), kept.destroy_after
        except (msgspec.DecodeError, CanonicalError, KeyRefused) as error:
            raise CustodyError(f"{name} is not an encryption key") from error

    def _store(self, name: str, secret: bytes) -> None:
        write_private(self._path(name), locked.lock(self._store_key, name, secret, self._random))

    def _load(self, name: str) -> bytes:
        return locked.unlock(self._store_key, name, read_private(self._path(name)))

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise CustodyError("not a key's name")
        return self._folder / (name + _SUFFIX)


def create_key_file(path: Path, random: Callable[[int], bytes] = os.urandom) -> None:
    """Write a new 32-byte store key file (mode 0600).

    Raises:
        CustodyError: the file exists.

    """
    write_private(path, random(locked.KEY_BYTES))


def _secure_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise CustodyError(f"{folder.name} is open to others than its owner (chmod 700)")
