"""Errors and denials as problem details (RFC 9457). Nothing else in the node knows HTTP statuses."""

import math
from typing import Any

import msgspec
from msgspec import Struct

from gateway.api import refusals
from gateway.api.problem_pages.catalogue import PROBLEM_TYPES
from gateway.api.replies import Headers, Reply
from gateway.errors import (
    Conflict,
    EnvelopeRejected,
    Forbidden,
    GatewayError,
    Invalid,
    LogBehindHead,
    NotFound,
    PeerFrozen,
    PeerUnreachable,
    RateLimited,
    StoreUnavailable,
    TooLarge,
    Unauthenticated,
)
from gateway.exchange.node import Node
from policies.cure import Cure
from policies.decision import Decision, Reason, Remedy

PROBLEM_JSON = b"application/problem+json"
PAGES = "/problems/"
_RETRY_S = 5
_REALM = 'Bearer realm="kelisim"'
# The first class that fits names the problem; an error of no class here is `internal`.
_NAMES: tuple[tuple[type[GatewayError], str], ...] = (
    (Invalid, "invalid"),
    (refusals.Malformed, "malformed"),
    (refusals.IdempotencyKeyMissing, "idempotency-key-missing"),
    (refusals.UnsupportedMediaType, "unsupported-media-type"),
    (refusals.SlowRequest, "slow-request"),
    (refusals.TimeLimitPassed, "time-limit"),
    (refusals.InsufficientScope, "insufficient-scope"),
    (refusals.NoSuchRoute, "not-found"),
    (refusals.MethodNotAllowed, "method-not-allowed"),
    (refusals.IdempotencyKeyReused, "idempotency-key-reused"),
    (Conflict, "conflict"),
    (Unauthenticated, "unauthenticated"),
    (Forbidden, "forbidden"),
    (NotFound, "not-found"),
    (TooLarge, "too-large"),
    (RateLimited, "too-many-requests"),
    (StoreUnavailable, "log-unavailable"),
    (LogBehindHead, "log-unavailable"),
    (PeerUnreachable, "peer-unreachable"),
    (PeerFrozen, "peer-frozen"),
    (EnvelopeRejected, "invalid"),
)
# What these say is about the node and its peers, not about the request: it stays in the operators' log.
_KEPT_BACK = (StoreUnavailable, LogBehindHead, PeerUnreachable, PeerFrozen, EnvelopeRejected)


class Defect(Struct, frozen=True):
    """One defect of a request: a JSON pointer to its place, and what is wrong there."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Problem details. The members from `recipient` on come with denials only."""

    type: str
    title: str
    status: int
    instance: str
    detail: str = ""
    provisions: tuple[str, ...] = ()
    problems: tuple[Defect, ...] = ()
    recipient: str = ""
    message: str = ""
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    cure: Cure | None = None


def problem_of(node: Node, error: Exception, client: str | None = None) -> Reply:
    """The answer to an error. An unexpected one is logged with its trace and answered without any detail."""
    instance = _instance(node)
    name = next((name for kind, name in _NAMES if isinstance(error, kind)), "internal")
    if name == "internal":
        node.log.error("request.failed", instance=instance, client=client, exc_info=error)
    else:
        node.log.info("request.refused", instance=instance, client=client, problem=name)
    detail = "" if name == "internal" or isinstance(error, _KEPT_BACK) else _said(error)
    defects: tuple[Defect, ...] = ()
    if isinstance(error, Invalid):
        detail = ""
        defects = tuple(Defect(place, what) for place, what in error.problems)
    return _reply(name, _headers(error), instance=instance, detail=detail, problems=defects)


def denial(
    node: Node,
    decision: Decision,
    recipient: str = "",
    message: str = "",
    *,
    cure: Cure | None = None,
    language: str | None = None,
) -> Reply:
    """The answer to a denied act: what it rests on, why, and what would make it lawful.

    Args:
        cure: the smallest change that would, where it was looked for.
        language: the only language wanted, ISO 639; None gives English and the others beside it.
    """
    if language is not None:
        decision, cure = decision.in_language(language), cure and cure.in_language(language)
    return _reply(
        "denied",
        (),
        cure=cure,
        instance=_instance(node),
        provisions=decision.provisions,
        recipient=recipient,
        message=message,
        reasons=decision.reasons,
        missing=decision.missing,
        remedies=decision.remedies,
    )


def _reply(name: str, headers: Headers, **members: Any) -> Reply:
    kind = PROBLEM_TYPES[name]
    problem = Problem(type=PAGES + name, title=kind.title, status=kind.status, **members)
    return Reply(kind.status, msgspec.json.encode(problem), PROBLEM_JSON, headers)


def _said(error: Exception) -> str:
    # A conflict met by a write carries a table's name, which tells a client nothing.
    return "" if isinstance(error, Conflict) and " " not in error.what else str(error)


def _instance(node: Node) -> str:
    return f"urn:uuid:{node.entropy.uuid7(node.clock.now_ms())}"


def _headers(error: Exception) -> Headers:
    if isinstance(error, refusals.InvalidToken):
        return ((b"www-authenticate", f'{_REALM}, error="invalid_token"'.encode()),)
    if isinstance(error, Unauthenticated):
        return ((b"www-authenticate", _REALM.encode()),)
    if isinstance(error, refusals.InsufficientScope):
        challenge = f'{_REALM}, error="insufficient_scope", scope="{error.scope}"'
        return ((b"www-authenticate", challenge.encode()),)
    if isinstance(error, RateLimited):
        return ((b"retry-after", b"%d" % math.ceil(error.retry_after_s)),)
    if isinstance(error, StoreUnavailable):
        return ((b"retry-after", b"%d" % _RETRY_S),)
    if isinstance(error, refusals.MethodNotAllowed):
        return ((b"allow", ", ".join(error.allowed).encode()),)
    return ()
