"""The way to other gateways. Adapters authenticate both ends; frames are opaque bytes here."""

from collections.abc import Iterator
from typing import Literal, Protocol, TypeAlias

Operation: TypeAlias = Literal["deliver", "evidence", "query"]


class PeerTransport(Protocol):
    """Calls peers by the authority they serve; the address and pins come from the trust list."""

    async def call(self, authority: str, operation: Operation, frame: bytes) -> bytes:
        """Send one frame and return the answering one.

        Raises:
            PeerUnreachable: no usable answer; the same frame may be sent again.
        """

    async def part_offset(self, authority: str, envelope_id: str, position: int) -> int:
        """Bytes of a streamed part that the peer holds already; raises `PeerUnreachable`."""

    async def send_part(
        self,
        authority: str,
        envelope_id: str,
        position: int,
        offset: int,
        total: int,
        chunks: Iterator[bytes],
    ) -> None:
        """Stream a part's ciphertext from byte `offset` of `total`; raises `PeerUnreachable`."""
