"""The last checkpoint ever signed, kept apart from the database."""

from typing import Protocol


class HeadStore(Protocol):
    """A small durable cell. A database restored from a backup is found out by comparing with it."""

    def load(self) -> bytes | None:
        """The last checkpoint stored, or None on a new node."""

    def advance(self, checkpoint: bytes) -> None:
        """Replace it durably. Survives a crash at any moment with the old or the new value, never a mix."""
