"""What peers reach of us: frames and streamed parts, as plain ASGI (the hot path has no framework).

Step R1: every request is judged by the pin of its connection's certificate and the trust list of this moment.
A peer learns little: 403 it is not listed, 422 one answer for everything that proves nothing, 423 the
exchange is stopped, 500 try again. Media types, sizes, methods and offsets have their usual codes.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.errors import EnvelopeRejected, PeerFrozen, TooLarge
from gateway.exchange.frames import MEDIA_TYPE
from gateway.exchange.ingress import on_deliver, on_evidence, on_query
from gateway.exchange.node import Node
from gateway.exchange.quarantine import Misplaced, PartOffset, Quarantine
from keys.trust_entries import Authority

Handler: TypeAlias = Callable[[Node, tuple[str, ...], bytes], Awaitable[bytes]]
HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {"deliver": on_deliver, "evidence": on_evidence, "query": on_query}
)

_FRAME = re.compile(r"/peer/v1/([a-z]+)")
# Parts 0 and 1 travel inside the envelope; an envelope has at most 64 parts.
_PART = re.compile(r"/peer/v1/parts/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([2-9]|[1-5][0-9]|6[0-3])")
_RANGE = re.compile(rb"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_NUMBER = re.compile(rb"[0-9]{1,15}")
_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a peer."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    allow: str | None = None


class Refused(Exception):
    """The request is answered now, whatever of it is still to come."""

    def __init__(self, status: int, allow: str | None = None) -> None:
        super().__init__(str(status))
        self.answer = Answer(status, allow=allow)


class Disconnected(Exception):
    """The peer is gone; nobody waits for an answer."""


class Incoming:
    """A request being read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.pin: str | None = scope.get("extensions", {}).get("tls", {}).get("client_pin")
        self._receive = receive
        # Only then may the connection serve another request.
        self.complete = (
            self.headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in self.headers
        )

    @property
    def length(self) -> int | None:
        """The announced length of the body; None if there is none or it is not a number."""
        text = self.headers.get(b"content-length", b"")
        return int(text) if _NUMBER.fullmatch(text) else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; raises `Disconnected`."""
        while not self.complete:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Disconnected
            self.complete = not message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def body(self, limit_bytes: int) -> bytes:
        """The whole body; raises `Refused` (413) as soon as it is known to be too long."""
        if (self.length or 0) > limit_bytes:
            raise Refused(413)
        received: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > limit_bytes:
                raise Refused(413)
            received.append(chunk)
        return b"".join(received)


def build_peer_app(node: Node, handlers: Mapping[str, Handler] = HANDLERS) -> ASGIApp:
    """The application behind the peers' listener.

    Args:
        node: this gateway.
        handlers: what answers each operation's frames; the use cases of `exchange.ingress` by default.
    """
    return PeerApp(node, handlers)


class PeerApp:
    """See `build_peer_app`."""

    def __init__(self, node: Node, handlers: Mapping[str, Handler]) -> None:
        self._node = node
        self._handlers = handlers
        self._quarantine = Quarantine(node)
        self._late: set[asyncio.Future[bytes]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong in here, the peer gets an answer."""
        if scope["type"] != "http":
            return
        request = Incoming(scope, receive)
        try:
            answer = await self._guarded(request)
        except Disconnected:
            return
        await _send(answer, send, keep_open=request.complete)

    async def _guarded(self, request: Incoming) -> Answer:
        try:
            return await self._answer(request)
        except Disconnected:
            raise
        except Refused as refused:
            return refused.answer
        except Misplaced as error:
            return _offset(409, error.offset)
        except TooLarge as error:
            self._node.log.warning("peer.too_large", limit=str(error))
            return Answer(413)
        except PeerFrozen:
            return Answer(423)
        except EnvelopeRejected as error:
            self._node.log.warning("peer.request_rejected", cause=str(error))
            return Answer(422)
        except Exception as error:  # noqa: BLE001 - the peer must not learn what went wrong in here
            self._report("peer.request_failed", error)
            return Answer(500)

    async def _answer(self, request: Incoming) -> Answer:
        senders = self._senders(request.pin)
        part = _PART.fullmatch(request.path)
        if part is not None:
            return await self._part(request, senders[0], part[1], int(part[2]))
        frame = _FRAME.fullmatch(request.path)
        handler = None if frame is None else self._handlers.get(frame[1])
        if handler is None:
            raise Refused(404)
        return await self._frame(request, handler, tuple(sender.id for sender in senders))

    def _report(self, event: str, error: BaseException) -> None:
        self._node.log.error(event, exc_info=error)

    def _senders(self, pin: str | None) -> tuple[Authority, ...]:
        """Step R1: the authorities that the trust list of this moment knows under the certificate."""
        trust = self._node.trust.current
        senders = () if pin is None else trust.by_client_pin(pin, self._node.clock.now_ms())
        if not senders:
            self._node.log.warning("peer.not_listed", pin=pin)
            raise Refused(403)
        return senders

    async def _frame(self, request: Incoming, handler: Handler, senders: tuple[str, ...]) -> Answer:
        if request.method != "POST":
            raise Refused(405, allow="POST")
        if request.headers.get(b"content-type") != MEDIA_TYPE.encode():
            raise Refused(415)
        limits = self._node.settings.peer
        deadline = asyncio.get_running_loop().time() + limits.request_timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                data = await request.body(limits.max_request_bytes)
        except TimeoutError:
            raise Refused(408) from None
        return Answer(200, await self._in_time(handler(self._node, senders, data), deadline), MEDIA_TYPE)

    async def _in_time(self, work: Awaitable[bytes], deadline: float) -> bytes:
        """Wait for a step until the deadline. It is never cancelled: what it has begun to commit, it ends."""
        task = asyncio.ensure_future(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        await asyncio.wait([task], timeout=deadline - asyncio.get_running_loop().time())
        if task.done():
            return task.result()
        task.add_done_callback(self._ended_late)
        raise Refused(503)

    def _ended_late(self, task: asyncio.Future[bytes]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._node.log.warning("peer.answered_late")
        else:
            self._report("peer.failed_late", error)

    async def _part(self, request: Incoming, sender: Authority, envelope_id: str, position: int) -> Answer:
        self._node.peers.of(sender.origin)
        if request.method in _READING:
            return _offset(200, self._quarantine.offset(sender.id, envelope_id, position))
        if request.method != "PUT":
            raise Refused(405, allow="GET, HEAD, PUT")
        start, total = _content_range(request)
        stream = await self._quarantine.begin(sender.id, envelope_id, position, start, total)
        try:
            # Each step has the time limit; a long part may take as long as it keeps coming.
            chunks = request.chunks()
            while (chunk := await self._next(chunks)) is not None:
                await stream.write(chunk)
                self._senders(request.pin)
            await stream.finish()
        finally:
            await stream.aclose()
        return _offset(200, total)

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(self._node.settings.peer.request_timeout_s):
                return await anext(chunks, None)
        except TimeoutError:
            raise Refused(408) from None


def _content_range(request: Incoming) -> tuple[int, int]:
    """First byte and total of a part that comes to its end (RFC 9110 section 14.4)."""
    if request.length is None:
        raise Refused(411)
    match = _RANGE.fullmatch(request.headers.get(b"content-range", b""))
    if match is None:
        raise Refused(400)
    start, last, total = (int(number) for number in match.groups())
    if last != total - 1 or start > last or request.length != total - start:
        raise Refused(400)
    return start, total


def _offset(status: int, offset: int) -> Answer:
    return Answer(status, msgspec.json.encode(PartOffset(offset)), "application/json")


async def _send(answer: Answer, send: Send, *, keep_open: bool) -> None:
    headers = [(b"content-length", str(len(answer.body)).encode())]
    if answer.media_type is not None:
        headers.append((b"content-type", answer.media_type.encode()))
    if answer.allow is not None:
        headers.append((b"allow", answer.allow.encode()))
    if not keep_open:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
