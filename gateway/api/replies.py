"""Answers, ready to be sent: bytes at once, or a stream of them."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
OCTETS = b"application/octet-stream"
# Answers hold case data and tokens: nothing may keep them or guess another type for them.
_ALWAYS: Headers = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_encode = msgspec.json.Encoder().encode


class Reply:
    """A whole answer.

    Args:
        status: HTTP status.
        body: its bytes.
        media_type: their media type.
        headers: further headers, names in lower case.
    """

    __slots__ = ("body", "headers", "media_type", "status")

    def __init__(self, status: int, body: bytes, media_type: bytes = JSON, headers: Headers = ()) -> None:
        self.status = status
        self.body = body
        self.media_type = media_type
        self.headers = headers

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        headers = [
            (b"content-type", self.media_type),
            (b"content-length", b"%d" % len(self.body)),
            *_ALWAYS,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_reply(content: Any, status: int = 200, headers: Headers = ()) -> Reply:
    """An answer whose body is a value's JSON."""
    return Reply(status, _encode(content), JSON, headers)


class Stream:
    """An answer sent chunk by chunk. A failure half-way cuts the connection, so no part passes for a whole.

    Args:
        chunks: the body.
        size: its length in bytes.
        idle_s: how long the caller may take over one chunk.
    """

    __slots__ = ("chunks", "idle_s", "size")

    def __init__(self, chunks: Iterable[bytes], size: int, idle_s: float) -> None:
        self.chunks = chunks
        self.size = size
        self.idle_s = idle_s

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        headers = [
            (b"content-type", OCTETS),
            (b"content-length", b"%d" % self.size),
            (b"content-disposition", b"attachment"),
            *_ALWAYS,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in self.chunks:
            async with asyncio.timeout(self.idle_s):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def first_ready(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, the first one made already: what cannot be opened fails before anything is sent."""
    head = next(chunks, b"")

    def resumed() -> Iterator[bytes]:
        yield head
        yield from chunks

    return resumed()


class Sent(Response):
    """An answer as Starlette wants it."""

    def __init__(self, answer: Reply | Stream) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await self._answer.send(send)
