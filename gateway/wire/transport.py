"""Peers by the authority they serve: `gateway.ports.peer.PeerTransport` over mutual TLS 1.3."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import h11
import msgspec

from gateway.errors import ConfigError, PeerUnreachable, StoreUnavailable
from gateway.exchange.frames import MEDIA_TYPE
from gateway.exchange.quarantine import PartOffset
from gateway.ports.peer import Operation
from gateway.settings import PeerSection
from gateway.wire.line import PeerLine, client_context
from keys.trust_entries import Gateway

PART_MEDIA_TYPE = "application/json"
MAX_PART_ANSWER_BYTES = 1024
_FAILURES = (h11.ProtocolError, OSError)


class HttpPeerTransport:
    """Calls peers over HTTPS.

    The trust list is asked on every call, on every new connection and between the chunks of a part: what it
    says now is what counts. When a peer's address, pins or authorities change, its connections are dropped.

    Args:
        trust: the gateway that serves an authority now, per the trust list; None if it is not listed.
        section: our client certificate, time limit and the most bytes of an answer.
        folder: the node's folder, from which relative paths are taken.

    Raises:
        ConfigError: the client certificate or its key cannot be used.
    """

    def __init__(self, trust: Callable[[str], Gateway | None], section: PeerSection, folder: Path) -> None:
        self._trust = trust
        self._timeout_s = section.request_timeout_s
        self._limit_bytes = section.max_request_bytes
        self._certificate = str(folder / section.client_certificate)
        self._private_key = str(folder / section.client_private_key)
        self._lines: dict[str, PeerLine] = {}
        try:
            client_context((), self._certificate, self._private_key)
        except OSError as error:
            raise ConfigError(f"peer.client_certificate {self._certificate}: {error}") from error

    async def call(self, authority: str, operation: Operation, frame: bytes) -> bytes:
        """See `gateway.ports.peer.PeerTransport.call`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._line(authority)
                return await line.exchange(
                    "POST",
                    f"/peer/v1/{operation}",
                    media_type=MEDIA_TYPE,
                    limit_bytes=self._limit_bytes,
                    headers={"content-type": MEDIA_TYPE},
                    content=frame,
                )
        except _FAILURES as error:
            raise _unreachable(authority, error) from error

    async def part_offset(self, authority: str, envelope_id: str, position: int) -> int:
        """See `gateway.ports.peer.PeerTransport.part_offset`."""
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._line(authority)
                answer = await line.exchange(
                    "GET",
                    _part_path(envelope_id, position),
                    media_type=PART_MEDIA_TYPE,
                    limit_bytes=MAX_PART_ANSWER_BYTES,
                )
        except _FAILURES as error:
            raise _unreachable(authority, error) from error
        return _offset(answer)

    async def send_part(
        self,
        authority: str,
        envelope_id: str,
        position: int,
        offset: int,
        total: int,
        chunks: Iterator[bytes],
    ) -> None:
        """See `gateway.ports.peer.PeerTransport.send_part`; the time limit is for each step, not for all.

        Raises:
            StoreUnavailable: the chunks are not what is left of the part; the peer is not to blame.
        """
        headers = {
            "content-type": "application/octet-stream",
            "content-length": str(total - offset),
            "content-range": f"bytes {offset}-{total - 1}/{total}",
        }
        try:
            line = await self._line(authority)
            answer = await line.exchange(
                "PUT",
                _part_path(envelope_id, position),
                media_type=PART_MEDIA_TYPE,
                limit_bytes=MAX_PART_ANSWER_BYTES,
                headers=headers,
                content=_streamed(line, chunks, total - offset),
            )
        except _FAILURES as error:
            raise _unreachable(authority, error) from error
        if _offset(answer) != total:
            raise PeerUnreachable(f"{authority} has not the whole part")

    async def close(self) -> None:
        """Drop every connection."""
        lines = list(self._lines.values())
        self._lines.clear()
        for line in lines:
            await line.aclose()

    async def _line(self, authority: str) -> PeerLine:
        """The line to a peer as the trust list describes it now."""
        gateway = self._trust(authority)
        line = self._lines.get(authority)
        if line is not None and line.gateway == gateway and not line.closed:
            return line
        if line is not None:
            del self._lines[authority]
            await line.aclose()
        if gateway is None:
            raise PeerUnreachable(f"{authority} is not listed")
        return self._lines.get(authority) or self._open(authority, gateway)

    def _open(self, authority: str, gateway: Gateway) -> PeerLine:
        context = client_context(gateway.ca, self._certificate, self._private_key)
        line = PeerLine(gateway, context, self._timeout_s, lambda: self._trust(authority) == gateway)
        self._lines[authority] = line
        return line


async def _streamed(line: PeerLine, chunks: Iterator[bytes], length: int) -> AsyncIterator[bytes]:
    """Read chunk by chunk, beside the loop because disks stall; stop once the peer is no longer trusted."""
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        line.require_current()
        length -= len(chunk)
        if length < 0:
            break
        yield chunk
    if length != 0:
        raise StoreUnavailable("a part is not as long as it was")


def _part_path(envelope_id: str, position: int) -> str:
    return f"/peer/v1/parts/{envelope_id}/{position}"


def _offset(answer: bytes) -> int:
    try:
        return msgspec.json.decode(answer, type=PartOffset).offset
    except msgspec.DecodeError as error:
        raise PeerUnreachable("the peer's answer about a part is not one") from error


def _unreachable(authority: str, error: Exception) -> PeerUnreachable:
    return PeerUnreachable(f"{authority}: {type(error).__name__}: {error}")
