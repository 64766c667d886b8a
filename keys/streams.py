"""Parts as streams: what the suite's streams do not check by themselves is checked here.

An encryptor must be fed exactly the size its header states; a decryptor, once it failed, stays failed. What a
decryptor gives out before `finalize` returned is not yet proven complete: it stays in quarantine until then.
"""

from cryptography.exceptions import AlreadyFinalized, InvalidTag
from cryptography.utils import Buffer

from keys.errors import OpenFailed, SealError
from keys.suites import Stream, Suite

_PART = b"kelisim/1/part"


def part_context(header_hash: bytes, index: int) -> bytes:
    """Return a part's context: label, header hash (32 bytes), index (uint32, big endian)."""
    return _PART + header_hash + index.to_bytes(4, "big")


class PartEncryptor:
    """Encrypts one part of a known size."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def update(self, data: Buffer) -> bytes:
        """Take more plaintext and return the ciphertext that is ready.

        Raises:
            SealError: more than the header states.

        """
        self._count(data)
        return self._stream.update(data)

    def update_into(self, data: Buffer, buf: Buffer) -> int:
        """Take more plaintext, write the ciphertext that is ready into buf and return its length.

        Raises:
            SealError: more than the header states.

        """
        self._count(data)
        return self._stream.update_into(data, buf)

    def finalize(self) -> bytes:
        """End the part and return the rest of the ciphertext.

        Raises:
            SealError: less than the header states.

        """
        if self._left:
            raise SealError("a part is shorter than its header states")
        return self._stream.finalize()

    def _count(self, data: Buffer) -> None:
        self._left -= memoryview(data).nbytes
        if self._left < 0:
            raise SealError("a part is longer than its header states")


class PartDecryptor:
    """Decrypts one part; with a size, also checks that it is what the header states."""

    def __init__(self, stream: Stream, size: int | None) -> None:
        self._stream = stream
        self._size = size
        self._given = 0
        self._failed = False

    def update(self, data: Buffer) -> bytes:
        """Take more ciphertext and return what of the plaintext is ready; unproven until `finalize`.

        Raises:
            OpenFailed: damaged, or longer than the header states.

        """
        self._begin()
        try:
            plain = self._stream.update(data)
        except (InvalidTag, AlreadyFinalized, ValueError) as error:
            raise OpenFailed("a part is damaged") from error
        self._end(len(plain))
        return plain

    def update_into(self, data: Buffer, buf: Buffer) -> int:
        """Take more ciphertext, write what is ready into buf, return its length; unproven until `finalize`.

        Raises:
            OpenFailed: damaged, or longer than the header states.

        """
        self._begin()
        try:
            length = self._stream.update_into(data, buf)
        except (InvalidTag, AlreadyFinalized, ValueError) as error:
            raise OpenFailed("a part is damaged") from error
        self._end(length)
        return length

    def finalize(self) -> bytes:
        """End the part and return the rest; from here on all that was given out is proven whole.

        Raises:
            OpenFailed: damaged, truncated, or of another length than the header states.

        """
        self._begin()
        try:
            plain = self._stream.finalize()
        except (InvalidTag, AlreadyFinalized, ValueError) as error:
            raise OpenFailed("a part is damaged or truncated") from error
        self._given += len(plain)
        if self._size is not None and self._given != self._size:
            raise OpenFailed("a part of another length than its header states")
        return plain

    def _begin(self) -> None:
        if self._failed:
            raise OpenFailed("a part is damaged")
        self._failed = True

    def _end(self, given: int) -> None:
        self._given += given
        if self._size is not None and self._given > self._size:
            raise OpenFailed("a part of another length than its header states")
        self._failed = False


def part_decryptor(
    suite: Suite, part_key: bytes, header_hash: bytes, index: int, size: int | None = None
) -> PartDecryptor:
    """Begin to decrypt one part as a stream.

    Args:
        suite: the suite of its envelope.
        part_key: 32 bytes.
        header_hash: SHA-256 of the envelope's clear header.
        index: the part's index.
        size: the plaintext bytes the header states, if still known; checked at the end.

    Raises:
        OpenFailed: the key has another length.

    """
    return PartDecryptor(suite.decryptor(part_key, part_context(header_hash, index)), size)


def open_stored_part(
    suite: Suite, part_key: bytes, header_hash: bytes, index: int, ciphertext: Buffer
) -> bytes:
    """Open one part at rest: its ciphertext as it came, its key re-wrapped meanwhile, the wrap long gone.

    Raises:
        OpenFailed: another key, header or index, or damaged.

    """
    stream = part_decryptor(suite, part_key, header_hash, index)
    return stream.update(ciphertext) + stream.finalize()
