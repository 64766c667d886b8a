"""One connection to a peer: HTTP/1.1 over mutual TLS 1.3, one request after another.

What the bytes of HTTP mean is h11's matter (RFC 9112); this module moves them over asyncio's streams. There
is nothing to switch off: no redirect is followed, no cookie kept, no proxy or certificate read from the
environment, no content decoded.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Self

import h11

from gateway.errors import PeerUnreachable
from keys.tls import fingerprint

READ_BYTES = 1 << 20
CLOSING_S = 1.0
Answer = tuple[h11.Response, bytes]


class PeerConnection:
    """An open connection.

    Args:
        reader, writer: its streams; the handshake is done.
        timeout_s: the longest wait for any progress.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout_s = timeout_s
        self._http = h11.Connection(h11.CLIENT)
        ssl_object = writer.get_extra_info("ssl_object")
        der = None if ssl_object is None else ssl_object.getpeercert(binary_form=True)
        self.pin = None if der is None else fingerprint(der)
        self.idle_since = 0.0

    @classmethod
    async def open(cls, host: str, port: int, context: ssl.SSLContext, timeout_s: float) -> Self:
        """Connect and shake hands.

        Raises:
            OSError: nobody answers there, or not with a certificate of the context's authorities.
        """
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=READ_BYTES)
        return cls(reader, writer, timeout_s)

    @property
    def usable(self) -> bool:
        """Whether another request may be made: the last answer is whole, and nobody hung up."""
        idle = self._http.our_state is h11.IDLE and self._http.their_state is h11.IDLE
        return idle and not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        content: bytes | AsyncIterator[bytes],
        limit_bytes: int,
    ) -> Answer:
        """Make a request and read its answer.

        Args:
            headers: all of them, `host` and `content-length` too.
            content: of the length that the headers state.
            limit_bytes: how long the answer's body may be.

        Raises:
            PeerUnreachable: the body is longer, or the peer hung up.
            h11.ProtocolError, OSError: there was no answer, or none in HTTP/1.1.
        """
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        head = self._http.send(request) or b""
        if isinstance(content, bytes):
            self._writer.write(head + self._framed(content) + self._end())
            await self._drain()
            answer = await self._receive(limit_bytes)
        else:
            self._writer.write(head)
            answer = await self._streamed(content, limit_bytes)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return answer

    async def _streamed(self, content: AsyncIterator[bytes], limit_bytes: int) -> Answer:
        """Send piece by piece, and listen meanwhile: a peer that refuses answers early and hangs up."""
        receiving = asyncio.ensure_future(self._receive(limit_bytes, patient=True))
        try:
            try:
                await self._send_pieces(content, receiving)
            except ConnectionError:
                if not receiving.done():
                    await asyncio.wait((receiving,), timeout=self._timeout_s)
                if not receiving.done() or receiving.exception() is not None:
                    raise
            async with asyncio.timeout(self._timeout_s):
                return await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _send_pieces(self, content: AsyncIterator[bytes], receiving: asyncio.Future[Answer]) -> None:
        async for chunk in content:
            if receiving.done():
                return
            self._writer.write(self._framed(chunk))
            await self._drain()
        self._writer.write(self._end())
        await self._drain()

    def _framed(self, data: bytes) -> bytes:
        return self._http.send(h11.Data(data=data)) or b""

    def _end(self) -> bytes:
        return self._http.send(h11.EndOfMessage()) or b""

    async def _drain(self) -> None:
        async with asyncio.timeout(self._timeout_s):
            await self._writer.drain()

    async def _receive(self, limit_bytes: int, *, patient: bool = False) -> Answer:
        """Read an answer. Who is patient has not asked in full yet, so that no time limit runs."""
        response: h11.Response | None = None
        chunks: list[bytes] = []
        size = 0
        while True:
            event = await self._next_event(None if patient else self._timeout_s)
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                chunks.append(bytes(event.data))
                size += len(event.data)
                if size > limit_bytes:
                    raise PeerUnreachable(f"the peer's answer is longer than {limit_bytes} bytes")
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return response, b"".join(chunks)
            elif not isinstance(event, h11.InformationalResponse):
                raise PeerUnreachable("the peer hung up")

    async def _next_event(self, timeout_s: float | None) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            async with asyncio.timeout(timeout_s):
                self._http.receive_data(await self._reader.read(READ_BYTES))
        return event

    def abort(self) -> None:
        """Drop the connection at once."""
        self._writer.transport.abort()

    async def aclose(self) -> None:
        """Close the connection; a peer that takes no leave is not waited for."""
        self._writer.close()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._writer.wait_closed()
        except OSError:
            self.abort()
