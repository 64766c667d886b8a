"""One request as the routes see it: who calls, and the parts of it that are read on demand."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from gateway.api.access import Access, Caller
from gateway.api.identity import ApiClient, ApiIdentity
from gateway.api.languages import preferred_language
from gateway.api.limits import Buckets
from gateway.api.minutes import Minutes
from gateway.api.refusals import ClientGone, InsufficientScope, Malformed, SlowRequest, UnsupportedMediaType
from gateway.errors import Invalid, NotFound, TooLarge, Unauthenticated
from gateway.exchange.node import Node

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAX_QUERY_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Api:
    """What all requests share."""

    node: Node
    identity: ApiIdentity
    access: Access
    minutes: Minutes
    callers: Buckets
    strangers: Buckets


class Call:
    """One request.

    Args:
        api: what all requests share.
        scope: the ASGI scope.
        receive: the ASGI channel the body comes from.
        caller: whose token came with it; None if none did.
    """

    __slots__ = ("api", "caller", "node", "params", "receive", "scope")

    def __init__(self, api: Api, scope: Scope, receive: Receive, caller: Caller | None) -> None:
        self.api = api
        self.node = api.node
        self.scope = scope
        self.receive = receive
        self.caller = caller
        self.params: Mapping[str, str] = {}

    @property
    def address(self) -> str:
        """Where the request comes from, for limits only."""
        return address_of(self.scope)

    @property
    def client(self) -> ApiClient:
        """The authenticated client; raises `Unauthenticated` if there is none."""
        if self.caller is None:
            raise Unauthenticated("a token is needed")
        return self.caller.client

    def require(self, scope: str) -> None:
        """Ask for a scope of the token; raises `Unauthenticated` or `InsufficientScope`."""
        if self.caller is None:
            raise Unauthenticated("a token is needed")
        if scope not in self.caller.scopes:
            raise InsufficientScope(scope)

    def header(self, name: bytes) -> str | None:
        """The one header of that name (lower case); raises `Malformed` if there are several."""
        return header_of(self.scope, name)

    def require_media_type(self, media_type: str) -> None:
        """Refuse a body of another media type; parameters such as `charset` are of no matter."""
        given = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
        if given != media_type:
            raise UnsupportedMediaType(f"send {media_type}")

    def query(self, *names: str) -> dict[str, str]:
        """The query's parameters; raises `Invalid` for an unknown or repeated one."""
        raw: bytes = self.scope["query_string"]
        if len(raw) > _MAX_QUERY_BYTES:
            raise Malformed("the query is too long")
        found: dict[str, str] = {}
        for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
            if name not in names or name in found:
                raise Invalid([(f"/{name[:40]}", "is no parameter of this route, or is given twice")])
            found[name] = value
        return found

    @property
    def language(self) -> str | None:
        """The language that the caller prefers of those that reasons are given in (RFC 9110 section 12.5.4).

        None if it states none, so that English comes first.
        """
        return preferred_language(self.header(b"accept-language"))

    def uuid(self, name: str = "id") -> str:
        """A path parameter that is an id; anything else is as unknown as a foreign one."""
        value = self.params[name]
        if _UUID.fullmatch(value) is None:
            raise NotFound("no such thing")
        return value

    async def body(self) -> bytes:
        """The whole body, within the size and time limits.

        Raises:
            TooLarge, SlowRequest, ClientGone: it is too large, too slow, or breaks off.
        """
        section = self.node.settings.api
        try:
            async with asyncio.timeout(section.request_timeout_s):
                chunks = [chunk async for chunk in self._chunks(section.max_request_bytes)]
        except TimeoutError as error:
            raise SlowRequest(f"longer than request_timeout_s = {section.request_timeout_s}") from error
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, without a limit on its size but one on the time between two pieces."""
        idle_s = self.node.settings.api.request_timeout_s
        stream = self._chunks(None)
        while True:
            try:
                # The limit is on the wait for the caller; what the consumer then does is not its time.
                async with asyncio.timeout(idle_s):
                    chunk = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise SlowRequest(f"nothing came for request_timeout_s = {idle_s}") from error
            yield chunk

    async def _chunks(self, limit: int | None) -> AsyncIterator[bytes]:
        size = 0
        while True:
            message: Mapping[str, Any] = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone("the caller hung up")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if limit is not None and size > limit:
                raise TooLarge(f"a request has at most max_request_bytes = {limit}")
            if chunk:
                yield chunk
            if not message.get("more_body", False):
                return


def header_of(scope: Scope, name: bytes) -> str | None:
    """The one header of that name (lower case); raises `Malformed` if there are several."""
    found: str | None = None
    for key, value in scope["headers"]:
        if key == name:
            if found is not None:
                raise Malformed(f"the header {name.decode()} is given twice")
            found = value.decode("latin-1")
    return found


def address_of(scope: Scope) -> str:
    """The address a request comes from."""
    peer = scope.get("client")
    return str(peer[0]) if peer else ""
