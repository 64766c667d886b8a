"""The OpenAPI 3.1 document: schemas from the very types that read and write the bodies."""

import re
from typing import Any

import msgspec

from gateway.api.problem_pages.catalogue import PROBLEM_TYPES
from gateway.api.problems import PAGES, Problem
from gateway.api.routes import ROUTES, Route
from gateway.api.tokens import TokenRefusal
from gateway.exchange.body import Body
from gateway.exchange.manifest import Manifest

VERSION = "3.1.0"
_REF = "#/components/schemas/{name}"
_EVERYWHERE = ("too-many-requests", "time-limit", "internal")
_PATH_PARAMETER = re.compile(r"{(\w+)}")
# What is carried verbatim has its own schema.
_VERBATIM = {"manifest": Manifest, "body": Body}
_SCOPES = {
    "send": "send messages",
    "read": "see what was sent, the inbox and cases",
    "collect": "collect content",
    "simulate": "ask what would be decided",
}


def operation(route: Route) -> dict[str, Any]:
    """What the document says of a route, beside its answers."""
    extra: dict[str, Any] = {"parameters": _parameters(route)}
    if route.takes is not None:
        extra["requestBody"] = {"required": True, "content": _content(route.takes)}
    if route.scope is not None:
        extra["security"] = [{"oauth2": [route.scope]}]
    return extra


def answers(route: Route) -> dict[int | str, dict[str, Any]]:
    """The answers of a route by status."""
    given: dict[int | str, dict[str, Any]] = {}
    for status in (route.status, *route.also):
        given[status] = {"description": "Repeated: as before." if status in route.also else "Done."}
        if route.gives is not None:
            given[status]["content"] = _content(route.gives)
    names = [*route.problems, *_EVERYWHERE]
    if route.scope is not None:
        names += ["unauthenticated", "insufficient-scope"]
    for status in sorted({PROBLEM_TYPES[name].status for name in names}):
        texts = [f"`{name}`" for name in names if PROBLEM_TYPES[name].status == status]
        given[status] = {
            "description": " or ".join(texts),
            "content": {"application/problem+json": {"schema": _ref(Problem)}},
        }
    if route.path == "/v1/token":
        for status in (400, 401):
            given[status] = {"description": "RFC 6749 section 5.2", "content": _content(TokenRefusal)}
    return given


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add schemas and the security scheme to the document that was made of the routes."""
    types = {id(kind): kind for route in ROUTES for kind in (route.takes, route.gives) if _is_type(kind)}
    kinds = [*types.values(), Problem, TokenRefusal, *_VERBATIM.values()]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    for name, kind in _VERBATIM.items():
        schemas["CollectedView"]["properties"][name] = _ref(kind)
    flow = {"tokenUrl": "/v1/token", "scopes": _SCOPES}
    document["components"] = {
        "schemas": dict(sorted(schemas.items())),
        "securitySchemes": {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
    }
    document["externalDocs"] = {"description": "Problem types", "url": PAGES}
    return document


def _parameters(route: Route) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PARAMETER.findall(route.path)
    ]
    others = [
        {
            "name": one.name,
            "in": one.place,
            "required": one.required,
            "description": one.text,
            "schema": {"type": one.kind},
        }
        for one in route.parameters
    ]
    return [*in_path, *others]


def _content(kind: Any) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(kind)}} if _is_type(kind) else {kind: {}}


def _is_type(kind: Any) -> bool:
    return isinstance(kind, type)


def _ref(kind: Any) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}
