"""Envelopes: one message for one recipient (design section 3, suite from the clear header).

One wrap carries the message secret; every part has a key derived from it. The wrap is bound to the recipient
and the header, a part to the header and its index, so an envelope cannot be re-addressed and its parts cannot
be exchanged. Who sent it is not a matter of the envelope: the signatures inside part 0 say so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.utils import Buffer

from keys.encryption import EncryptionPrivateKey, EncryptionPublicKey
from keys.errors import KeysError, OpenFailed, SealError
from keys.header import Header, read_header, write_header
from keys.streams import PartDecryptor, PartEncryptor, part_context, part_decryptor
from keys.suites import SUITE_1, Suite

_WRAP_LABEL = b"kelisim/1/wrap"


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """An envelope whose parts are being sealed: its header, its wrap and, in memory only, its secret."""

    clear: Header
    wrap: bytes = field(repr=False)
    _secret: bytes = field(repr=False)
    _part_keys: dict[int, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def header(self) -> bytes:
        """The clear header's bytes, as they travel."""
        return self.clear.data

    def part_key(self, index: int) -> bytes:
        """Return the 32-byte key of a part.

        Raises:
            SealError: the header has no such part.

        """
        if not 0 <= index < len(self.clear.part_sizes):
            raise SealError("the header has no such part")
        return _derived(self._part_keys, self.clear, self._secret, index)


@dataclass(frozen=True, slots=True)
class OpenedHeader:
    """An envelope that is addressed to this authority and whose secret was unwrapped."""

    clear: Header
    _secret: bytes = field(repr=False)
    _part_keys: dict[int, bytes] = field(default_factory=dict, repr=False, compare=False)

    def part_key(self, index: int) -> bytes:
        """Return the 32-byte key of a part, to open it now or to keep it re-wrapped.

        Raises:
            OpenFailed: the header has no such part.

        """
        if not 0 <= index < len(self.clear.part_sizes):
            raise OpenFailed("the header has no such part")
        return _derived(self._part_keys, self.clear, self._secret, index)


def begin_seal(
    recipient: str,
    recipient_key: EncryptionPublicKey,
    envelope_id: str,
    part_sizes: Sequence[int],
    random: Callable[[int], bytes],
    suite: Suite = SUITE_1,
) -> SealedHeader:
    """Write the clear header and wrap a fresh message secret for one recipient.

    Args:
        recipient: the recipient authority's id, such as `ru/mvd`.
        recipient_key: its encryption key of the current epoch.
        envelope_id: a random UUID in lower case.
        part_sizes: bytes of each part before encryption, salts included; part 0 is the signature block.
        random: random(n) returns n random bytes.
        suite: the suite to seal with.

    Raises:
        SealError: values the header cannot hold, or a key that cannot be used.

    """
    clear = write_header(suite, envelope_id, recipient_key.kid, part_sizes)
    secret = random(suite.secret_bytes)
    return SealedHeader(clear, suite.wrap(secret, recipient_key, _wrap_info(recipient, clear)), secret)


def part_encryptor(sealed: SealedHeader, index: int) -> PartEncryptor:
    """Begin to seal one part as a stream; the ciphertext's length is known beforehand.

    Raises:
        SealError: the header has no such part.

    """
    clear = sealed.clear
    stream = clear.suite.encryptor(sealed.part_key(index), part_context(clear.digest, index))
    return PartEncryptor(stream, clear.part_sizes[index])


def seal_part(sealed: SealedHeader, index: int, data: Buffer) -> bytes:
    """Seal one whole part.

    Raises:
        SealError: no such part, or another size than the header states.

    """
    stream = part_encryptor(sealed, index)
    return stream.update(data) + stream.finalize()


def begin_open(
    header: bytes,
    wrap: bytes,
    recipient: str,
    private_key: Callable[[str], EncryptionPrivateKey | None],
) -> OpenedHeader:
    """Read an envelope's clear header and unwrap its secret.

    Args:
        header: the clear header's bytes as they came.
        wrap: the HPKE wrap as it came.
        recipient: this authority's id.
        private_key: finds this authority's private key by id; None when there is none (any more).

    Raises:
        OpenFailed: for every reason alike.

    """
    clear = read_header(header)
    try:
        private = private_key(clear.recipient_key)
    except KeysError as error:
        raise OpenFailed("the private key cannot be had") from error
    if private is None:
        raise OpenFailed("no private key of this id")
    return OpenedHeader(clear, clear.suite.unwrap(wrap, private, _wrap_info(recipient, clear)))


def stream_part(opened: OpenedHeader, index: int) -> PartDecryptor:
    """Begin to open one part as a stream, checked against the size its header states.

    Raises:
        OpenFailed: the header has no such part.

    """
    clear, key = opened.clear, opened.part_key(index)
    return part_decryptor(clear.suite, key, clear.digest, index, clear.part_sizes[index])


def open_part(opened: OpenedHeader, index: int, ciphertext: Buffer) -> bytes:
    """Open one whole part.

    Raises:
        OpenFailed: no such part, damaged, another part's, or of another length than the header states.

    """
    stream = stream_part(opened, index)
    clear = opened.clear
    # Before any work: the header, which is authentic by now, says how long the ciphertext must be.
    if memoryview(ciphertext).nbytes != clear.suite.ciphertext_length(clear.part_sizes[index]):
        raise OpenFailed("a part of another length than its header states")
    return stream.update(ciphertext) + stream.finalize()


def _derived(known: dict[int, bytes], clear: Header, secret: bytes, index: int) -> bytes:
    """A part's key, derived once: it is needed for the content and again to be kept wrapped."""
    key = known.get(index)
    if key is None:
        key = known[index] = clear.suite.part_key(secret, clear.digest, index)
    return key


def _wrap_info(recipient: str, clear: Header) -> bytes:
    pieces = (_WRAP_LABEL, recipient.encode(), clear.digest)
    return b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces)
