"""Parts that come as streams, ahead of their envelope: they lie in quarantine until an envelope claims them.

A part's blob is named by the peer that sends it, so no peer can touch another's. Nothing here is trusted or
even readable yet: an envelope that opens and verifies makes the blob its own (step R6), by name. What no
envelope claims counts against the peer's quota and is swept in the end.
"""

import asyncio
import re
from collections.abc import Callable
from functools import partial

from msgspec import Struct

from gateway.errors import GatewayError, TooLarge
from gateway.exchange.manifest import SALT_BYTES
from gateway.exchange.node import Node
from gateway.exchange.opening import quarantined
from gateway.ports.blobs import BlobWriter
from keys.suites import SUITES

PREFIX = "in-"
FLUSH_BYTES = 1 << 20
RECOUNT_MS = 60_000
_NAME = re.compile(
    rf"{PREFIX}([a-z]{{2}}_[a-z0-9-]+(?:_[a-z0-9-]+)?)-[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\.[0-9]+"
)


class PartOffset(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a part is here: the answer about a streamed part (docs/PROTOCOL.md)."""

    offset: int


class Misplaced(GatewayError):
    """A stream does not go on exactly where the part ends that is here; `offset` is where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the part goes on at byte {offset}")
        self.offset = offset


class PartStream:
    """One part arriving. Whatever ends it, `aclose` keeps what arrived, so that it can go on from there."""

    def __init__(self, writer: BlobWriter, total: int, ended: Callable[[int], None]) -> None:
        self._writer: BlobWriter | None = writer
        self._total = total
        self._ended = ended
        self._offset = writer.offset
        self._gathered = bytearray()
        self._pending: asyncio.Future[None] | None = None

    async def write(self, chunk: bytes) -> None:
        """Take some more bytes; raises `TooLarge` beyond the total and `StoreUnavailable`."""
        if self._offset + len(self._gathered) + len(chunk) > self._total:
            raise TooLarge("more bytes than the part's total")
        self._gathered += chunk
        if len(self._gathered) >= FLUSH_BYTES:
            await self._flush()

    async def finish(self) -> None:
        """Publish the complete part, durably; raises `Misplaced` if bytes are missing."""
        await self._flush()
        if self._offset != self._total:
            raise Misplaced(self._offset)
        if self._writer is not None:
            await self._aside(self._writer.commit)
            self._writer = None

    async def aclose(self) -> None:
        """Keep what arrived and let another stream go on."""
        try:
            if self._pending is not None:
                await asyncio.wait([self._pending])
            if self._writer is not None and self._gathered:
                self._writer.write(bytes(self._gathered))
        finally:
            self._gathered.clear()
            self._ended(self._offset if self._writer is None else self._writer.offset)
            self._writer = None

    async def _flush(self) -> None:
        if self._writer is not None and self._gathered:
            chunk = bytes(self._gathered)
            self._gathered.clear()
            await self._aside(partial(self._writer.write, chunk))
            self._offset = self._writer.offset

    async def _aside(self, step: Callable[[], None]) -> None:
        # Disks stall, so beside the loop. A cancelled request must not leave a write under way behind it.
        self._pending = asyncio.ensure_future(asyncio.to_thread(step))
        await asyncio.shield(self._pending)
        self._pending = None


class Quarantine:
    """The streamed parts of all peers. One per process; it counts in memory what each peer has lying here."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._writing: dict[str, int] = {}
        self._held: dict[str, dict[str, int]] = {}
        self._counted_ms: int | None = None
        limit = node.settings.exchange.max_attachment_bytes + SALT_BYTES
        self._largest = max(suite.ciphertext_length(limit) for suite in SUITES.values())

    def offset(self, peer: str, envelope_id: str, position: int) -> int:
        """How many bytes of a peer's part are here; its size once it is complete."""
        return self._offset(quarantined(peer, envelope_id, position))

    async def begin(self, peer: str, envelope_id: str, position: int, start: int, total: int) -> PartStream:
        """Let a peer send a part, or go on with it.

        Args:
            peer: the authority of the connection's certificate.
            start: the first byte that comes, counted in the part's ciphertext.
            total: bytes of the whole ciphertext.

        Raises:
            Misplaced: another offset is due, the part is complete, or another stream is writing it.
            TooLarge: the part passes `max_attachment_bytes` or the peer `max_quarantine_bytes_per_peer`.
            StoreUnavailable: the part cannot be written.
        """
        if total > self._largest:
            raise TooLarge("max_attachment_bytes")
        name, blobs = quarantined(peer, envelope_id, position), self._node.blobs
        # A complete part is never written again: it may belong to a message that was accepted.
        if name in self._writing or blobs.exists(name) or start != blobs.partial_size(name):
            raise Misplaced(self._offset(name))
        self._writing[name] = total
        try:
            await self._require_room(peer, name, total)
            writer = blobs.resume(name, start) if start else blobs.create(name)
        except BaseException:
            self._end(peer, name, start)
            raise
        return PartStream(writer, total, lambda offset: self._end(peer, name, offset))

    def _offset(self, name: str) -> int:
        blobs = self._node.blobs
        return blobs.size(name) if blobs.exists(name) else blobs.partial_size(name)

    def _end(self, peer: str, name: str, offset: int) -> None:
        del self._writing[name]
        if offset:
            self._of(peer)[name] = offset
        else:
            self._of(peer).pop(name, None)

    def _of(self, peer: str) -> dict[str, int]:
        return self._held.setdefault(peer.replace("/", "_"), {})

    async def _require_room(self, peer: str, name: str, total: int) -> None:
        """Reserve the whole part, so that streams side by side cannot pass the quota together."""
        if self._counted_ms is None:
            await self._count()
        if (
            not self._fits(peer, name, total)
            and self._node.clock.now_ms() >= (self._counted_ms or 0) + RECOUNT_MS
        ):
            await self._count()
        if not self._fits(peer, name, total):
            raise TooLarge("max_quarantine_bytes_per_peer")
        self._of(peer)[name] = total

    def _fits(self, peer: str, name: str, total: int) -> bool:
        others = sum(size for held, size in self._of(peer).items() if held != name)
        return others + total <= self._node.settings.exchange.max_quarantine_bytes_per_peer

    async def _count(self) -> None:
        """Look again at what lies here: envelopes have claimed parts since, and others were dropped."""
        stored = await asyncio.to_thread(_quarantined, self._node)
        used = self._node.store.blobs_in_use([name for name, _, finished, _ in stored if finished])
        held: dict[str, dict[str, int]] = {}
        for name, size, _, _ in stored:
            if name not in used:
                held.setdefault(_peer_of(name), {})[name] = size
        for name, total in self._writing.items():
            held.setdefault(_peer_of(name), {})[name] = total
        self._held, self._counted_ms = held, self._node.clock.now_ms()


def sweep_quarantine(node: Node, older_than_ms: int) -> int:
    """Drop streamed parts that were abandoned.

    A complete part stays until no message that could claim it is valid any more, however long ago
    `older_than_ms` is: a peer may have streamed it and still be retrying the envelope.

    Args:
        older_than_ms: Unix milliseconds; parts that changed since are left alone.

    Returns:
        How many were dropped.
    """
    limits = node.settings.exchange
    claimable_ms = (limits.max_validity_s + limits.max_clock_skew_s) * 1000
    oldest_ms = min(older_than_ms, node.clock.now_ms() - claimable_ms)
    stored = _quarantined(node)
    abandoned = [name for name, _, done, changed in stored if not done and changed < older_than_ms]
    complete = [name for name, _, done, changed in stored if done and changed < oldest_ms]
    used = node.store.blobs_in_use(complete)
    abandoned += [name for name in complete if name not in used]
    for name in abandoned:
        node.blobs.remove(name)
    if abandoned:
        node.log.info("quarantine.swept", parts=len(abandoned))
    return len(abandoned)


def _peer_of(name: str) -> str:
    match = _NAME.fullmatch(name)
    return "" if match is None else match[1]


def _quarantined(node: Node) -> list[tuple[str, int, bool, int]]:
    return [blob for blob in node.blobs.stored(PREFIX) if _NAME.fullmatch(blob[0])]
