"""The way in: who calls, how much and how often, before any route. Hot routes go straight to their handlers.

The order is fixed: size announced, rate, token, then the route; nothing is logged for what a limit refuses.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.access import Caller
from gateway.api.call import Api, Call, address_of, header_of
from gateway.api.problems import problem_of
from gateway.api.refusals import ClientGone, InvalidToken, Malformed, TimeLimitPassed
from gateway.api.replies import Reply, Stream
from gateway.errors import TooLarge, Unauthenticated

CALL = "kelisim.call"
UPLOADS = "/v1/uploads"
Handler = Callable[[Call], Awaitable[Reply | Stream]]
# Streams take as long as their content; each piece of them has its own time limit.
_STREAMED = re.compile(rf"{UPLOADS}|/v1/inbox/[^/]+/parts/[^/]+")


async def answered(call: Call, handler: Handler, scope: str | None) -> Reply | Stream:
    """Run a handler, with its errors as problems.

    Args:
        scope: the scope its caller needs; None for a route that is open.

    Raises:
        ClientGone: nobody is there to be answered.
    """
    try:
        if scope is not None:
            call.require(scope)
        return await handler(call)
    except ClientGone:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem, never a trace
        return refusal(call.api, error, call.caller)


def refusal(api: Api, error: Exception, caller: Caller | None) -> Reply:
    """The answer to an error; failed authentications are counted."""
    if isinstance(error, Unauthenticated):
        api.minutes.refused("bad_token" if isinstance(error, InvalidToken) else "no_token")
    return problem_of(api.node, error, None if caller is None else caller.client.client_id)


class Gate:
    """The API's outermost ASGI application.

    Args:
        api: what all requests share.
        routed: the application with all routes.
        hot: handlers, with the scope they need, that are called without going through `routed`.
    """

    def __init__(
        self, api: Api, routed: ASGIApp, hot: Mapping[tuple[str, str], tuple[Handler, str | None]]
    ) -> None:
        self._api = api
        self._routed = routed
        self._hot = hot
        section = api.node.settings.api
        self._time_limit_s = section.request_timeout_s + section.long_poll_max_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event (ASGI 3)."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def close(self) -> None:
        """Write what is still only counted. To be called before the node's log is closed."""
        await self._api.minutes.flush()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = _Watched(send)
        limit_s = None if _STREAMED.fullmatch(scope["path"]) else self._time_limit_s
        try:
            async with asyncio.timeout(limit_s):
                await self._answer(scope, receive, watched)
        except ClientGone:
            return
        except TimeoutError:
            if watched.started:
                raise
            await refusal(self._api, TimeLimitPassed("the answer was not ready in time"), None).send(send)
        except Exception as error:
            # Once an answer has begun, only cutting it off shows that it is not whole.
            if watched.started:
                raise
            await refusal(self._api, error, None).send(send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(self._api, scope, receive, self._admit(scope))
        hot = self._hot.get((scope["method"], scope["path"]))
        if hot is not None:
            reply = await answered(call, *hot)
            await reply.send(send)
            return
        scope[CALL] = call
        await self._routed(scope, receive, send)

    def _admit(self, scope: Scope) -> Caller | None:
        """Who calls, if the limits let them; None for a call without a token.

        Raises:
            TooLarge, RateLimited, InvalidToken, Malformed: it ends here.
        """
        self._check_size(scope)
        api, now = self._api, self._api.node.clock.now_ms()
        authorization = header_of(scope, b"authorization")
        caller = None if authorization is None else api.access.known(authorization, now)
        if caller is None:
            address = address_of(scope)
            api.strangers.take(address, now)
            if authorization is None:
                return None
            caller = api.access.verify(authorization, now)
            api.strangers.give_back(address)
        api.callers.take(caller.client.client_id, now)
        return caller

    def _check_size(self, scope: Scope) -> None:
        announced = header_of(scope, b"content-length")
        if announced is None:
            return
        if not (announced.isascii() and announced.isdigit()):
            raise Malformed("Content-Length is no number")
        settings = self._api.node.settings
        name, limit = "max_request_bytes", settings.api.max_request_bytes
        if scope["path"] == UPLOADS:
            name, limit = "max_attachment_bytes", settings.exchange.max_attachment_bytes
        if len(announced) > len(str(limit)) or int(announced) > limit:
            raise TooLarge(f"at most {name} = {limit}")


class _Watched:
    """An ASGI `send` that remembers whether an answer has begun."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        await self._send(message)
