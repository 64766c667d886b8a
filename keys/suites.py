"""The numbered suites. A number means the same for ever; what is not listed is refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from cryptography.utils import Buffer

from keys.encryption import EncryptionPrivateKey, EncryptionPublicKey
from keys.errors import OpenFailed
from keys.suite1 import Suite1


class Stream(Protocol):
    """One direction of an encrypted stream."""

    def update(self, data: Buffer) -> bytes:
        """Take more input and return what is ready."""

    def update_into(self, data: Buffer, buf: Buffer) -> int:
        """Take more input, write what is ready into buf and return its length."""

    def finalize(self) -> bytes:
        """End the input and return the rest."""


class Suite(Protocol):
    """What an envelope needs from a suite; see `Suite1` for the meaning of each operation."""

    @property
    def number(self) -> int:
        """The number in the clear header."""

    @property
    def secret_bytes(self) -> int:
        """The length of a message secret."""

    def wrap(self, secret: bytes, public: EncryptionPublicKey, info: bytes) -> bytes:
        """Encrypt a message secret to a recipient's key."""

    def unwrap(self, wrap: bytes, private: EncryptionPrivateKey, info: bytes) -> bytes:
        """Return the message secret, or raise OpenFailed."""

    def part_key(self, secret: bytes, header_hash: bytes, index: int) -> bytes:
        """Derive the key of one part."""

    def encryptor(self, part_key: bytes, context: bytes) -> Stream:
        """Begin to encrypt a stream."""

    def decryptor(self, part_key: bytes, context: bytes) -> Stream:
        """Begin to decrypt a stream, or raise OpenFailed."""

    def ciphertext_length(self, plain: int) -> int:
        """Return the encrypted length of `plain` bytes."""


SUITE_1: Suite = Suite1()
SUITES: Mapping[int, Suite] = MappingProxyType({suite.number: suite for suite in (SUITE_1,)})


def suite_of(number: object) -> Suite:
    """Return the suite of a number out of a clear header.

    Raises:
        OpenFailed: not a number of a known suite.

    """
    suite = SUITES.get(number) if type(number) is int else None
    if suite is None:
        raise OpenFailed("unknown suite")
    return suite
