"""What the log needs from outside: keys to sign and verify with, and a place to read from."""

from collections.abc import Iterable
from typing import Protocol


class Signer(Protocol):
    """A key that signs notes under a name (C2SP signed-note)."""

    @property
    def name(self) -> str:
        """Key name; for a log's own key the origin of its checkpoints."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell this key from others of the same name."""

    def sign(self, message: bytes) -> bytes:
        """Sign the note's text; returns the signature without the key id."""


class Verifier(Protocol):
    """The public half of a `Signer`."""

    @property
    def name(self) -> str:
        """Key name as in the signature line."""

    @property
    def key_id(self) -> bytes:
        """The 4 bytes before the signature."""

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature is the key's over the message; raise anything otherwise."""


class LogStore(Protocol):
    """Read side of one log (one origin). Level L, node i covers leaves [i * 2**L, (i + 1) * 2**L)."""

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """Up to `count` consecutive 32-byte node hashes of a level (0, 8, 16, ...).

        Only complete nodes exist. The list ends at the first one that is not stored.
        """

    def leaves(self, start: int, count: int) -> Iterable[bytes]:
        """Up to `count` leaves verbatim, from index `start`; ends at the first index not stored."""

    def checkpoints(self, after_size: int) -> Iterable[bytes]:
        """The signed checkpoints of sizes above `after_size`, as signed, in order of size."""
