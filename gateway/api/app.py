"""The API for agency systems: all routes in one ASGI application. Making it opens nothing."""

from collections.abc import Awaitable, Callable
from functools import cache, partial

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.api import openapi
from gateway.api.access import Access
from gateway.api.call import Api, Call
from gateway.api.gate import CALL, Gate, answered
from gateway.api.identity import ApiIdentity
from gateway.api.limits import Buckets
from gateway.api.minutes import Minutes
from gateway.api.problem_pages.catalogue import PROBLEM_TYPES
from gateway.api.problem_pages.printing import page
from gateway.api.problems import PAGES, problem_of
from gateway.api.refusals import MethodNotAllowed, NoSuchRoute
from gateway.api.replies import TEXT, Reply, Sent, json_reply
from gateway.api.routes import ROUTES, Route
from gateway.errors import NotFound
from gateway.exchange.node import Node

TITLE = "Kelisim"
DOCUMENT = "/v1/openapi.json"
_METHOD_NOT_ALLOWED = 405


def build_app(node: Node, identity: ApiIdentity) -> Gate:
    """Make the application; call its `close` (or let the server's lifespan do so) before closing the node.

    Args:
        node: the authority's gateway.
        identity: issuer, token key, clients and trust anchors.

    Returns:
        An ASGI 3 application.
    """
    section = node.settings.api
    api = Api(
        node,
        identity,
        Access(identity),
        Minutes(node),
        callers=Buckets(section.requests_per_minute),
        strangers=Buckets(section.unauthenticated_per_minute),
    )
    hot = {(one.method, one.path): (one.handler, one.scope) for one in ROUTES if one.hot}
    return Gate(api, _routed(), hot)


@cache
def _routed() -> FastAPI:
    """The routes; they know no node (a call brings its own), so all nodes of a process share them."""
    app = FastAPI(
        title=TITLE,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _not_routed},
    )
    for route in ROUTES:
        app.add_api_route(
            route.path,
            _endpoint(route),
            methods=[route.method],
            name=route.handler.__name__,
            operation_id=route.handler.__name__,
            summary=route.summary,
            status_code=route.status,
            response_model=None,
            response_class=Response,
            responses=openapi.answers(route),
            openapi_extra=openapi.operation(route),
        )
    document = openapi.complete(
        get_openapi(title=TITLE, version="1", openapi_version=openapi.VERSION, routes=app.routes)
    )
    app.add_api_route(DOCUMENT, _open(partial(_constant, json_reply(document))), methods=["GET"])
    app.add_api_route(PAGES + "{name}", _open(_problem_page), methods=["GET"])
    return app


def _endpoint(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def run(request: Request) -> Response:
        call: Call = request.scope[CALL]
        call.params = request.path_params
        return Sent(await answered(call, route.handler, route.scope))

    return run


def _open(handler: Callable[[Call], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for everybody that is no part of the document."""

    async def run(request: Request) -> Response:
        call: Call = request.scope[CALL]
        call.params = request.path_params
        return Sent(await answered(call, handler, None))

    return run


async def _constant(reply: Reply, _call: Call) -> Reply:
    return reply


async def _problem_page(call: Call) -> Reply:
    problem = PROBLEM_TYPES.get(call.params["name"])
    if problem is None:
        raise NotFound("no such problem type")
    return Reply(200, page(problem).encode(), TEXT)


async def _not_routed(request: Request, error: Exception) -> Response:
    """What the router itself refuses: an unknown path, or a method the path does not take."""
    call: Call = request.scope[CALL]
    known = isinstance(error, HTTPException) and error.status_code == _METHOD_NOT_ALLOWED
    refused = MethodNotAllowed(_allowed(request)) if known else NoSuchRoute("no such path")
    return Sent(problem_of(call.node, refused))


def _allowed(request: Request) -> list[str]:
    routes = [one for one in request.app.routes if isinstance(one, APIRoute)]
    path = request.scope["path"]
    return sorted({method for one in routes if one.path_regex.match(path) for method in one.methods or ()})
