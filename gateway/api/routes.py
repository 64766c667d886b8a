"""All routes of the API: path, handler, the scope a token needs, and what goes in and out."""

from typing import Any

from msgspec import Struct

from gateway.api import (
    cases,
    decisions,
    governing,
    noticing,
    receiving,
    sending,
    submitting,
    tokens,
    uploading,
    views,
)
from gateway.api.gate import UPLOADS, Handler
from gateway.exchange.activation import ActivationResult
from gateway.exchange.agreement_moments import AgreementMomentRecord
from gateway.exchange.leaving import LeavingResult
from gateway.exchange.prepare import Draft
from gateway.exchange.recording import MomentRecord
from policies.facts import Facts

PLAIN, OCTETS = "text/plain", "application/octet-stream"


class Parameter(Struct, frozen=True):
    """A parameter of the query or a header, for the documentation."""

    name: str
    place: str
    text: str
    kind: str = "string"
    required: bool = False


class Route(Struct, frozen=True, kw_only=True):
    """One route.

    Args:
        method, path: as in HTTP; `{name}` is a path parameter.
        handler: what serves it.
        scope: scope its caller needs; None if it takes no token.
        summary: one line.
        takes: type of the JSON body, or a media type; None for no body.
        gives: type of the JSON answer, or a media type; None for no body.
        status: status of success.
        also: other statuses of success.
        problems: names of the problems it may answer with beside those of every route.
        parameters: parameters of query and headers.
        hot: served without going through the application's routing.
    """

    method: str
    path: str
    handler: Handler
    scope: str | None
    summary: str
    takes: Any = None
    gives: Any = None
    status: int = 200
    also: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    hot: bool = False


_CURSOR = Parameter("cursor", "query", "Where to go on: the `cursor` of the page before.")
_LIMIT = Parameter("limit", "query", "Items a page, 1 to 200; 50 by default.", "integer")
_WAIT = Parameter("wait", "query", "Keep an empty page open for up to this many seconds.", "integer")
_ON = Parameter("on", "query", "As of this civil date, YYYY-MM-DD; today by default.")
_AS_OF = Parameter(
    "as_of", "query", "Civil date or instant whose status and lists fill in the facts that are left out."
)
_GIVER = Parameter("giver", "query", "Authority that gave the evidence, if several gave the event.")
_PREFER = Parameter("Prefer", "header", "`wait=N`: answer when the first evidence is there, or after N s.")
_KEY = Parameter("Idempotency-Key", "header", "1 to 255 visible ASCII characters.", required=True)
_BODY = ("malformed", "invalid", "too-large", "slow-request")
_JSON = (*_BODY, "unsupported-media-type")

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/v1/token",
        handler=tokens.token,
        scope=None,
        summary="Get an access token (OAuth 2.0 client credentials, private_key_jwt).",
        takes=tokens.FORM,
        gives=tokens.TokenAnswer,
        problems=("log-unavailable",),
    ),
    Route(
        method="POST",
        path="/v1/messages:prepare",
        handler=submitting.prepare_message,
        scope="send",
        summary="Turn a draft into the manifest that the official signs. Nothing is stored.",
        takes=Draft,
        gives=views.PreparedView,
        problems=_JSON,
    ),
    Route(
        method="POST",
        path="/v1/messages",
        handler=submitting.submit_message,
        scope="send",
        summary="Submit a message: decide, seal, queue for every recipient, and prove it.",
        takes=submitting.SubmitRequest,
        gives=views.SubmittedView,
        status=202,
        also=(200,),
        problems=(
            *_JSON,
            "idempotency-key-missing",
            "idempotency-key-reused",
            "denied",
            "conflict",
            "log-unavailable",
        ),
        parameters=(_KEY, _PREFER),
        hot=True,
    ),
    Route(
        method="GET",
        path="/v1/messages",
        handler=sending.list_messages,
        scope="read",
        summary="Messages this client sent, oldest first.",
        gives=views.MessagePage,
        problems=("invalid",),
        parameters=(_CURSOR, _LIMIT),
    ),
    Route(
        method="GET",
        path="/v1/messages/{id}",
        handler=sending.message_status,
        scope="read",
        summary="A message: state of every recipient's copy, decision and evidence.",
        gives=views.MessageStatus,
        problems=("not-found",),
    ),
    Route(
        method="GET",
        path="/v1/messages/{id}/evidence/{event}",
        handler=sending.message_evidence,
        scope="read",
        summary="One piece of evidence, a C2SP tlog-proof, byte for byte.",
        gives=PLAIN,
        problems=("not-found", "invalid"),
        parameters=(_GIVER,),
    ),
    Route(
        method="POST",
        path=UPLOADS,
        handler=uploading.upload,
        scope="send",
        summary="Upload an attachment, to be named in a draft.",
        takes=OCTETS,
        gives=views.UploadView,
        status=201,
        problems=("too-large", "slow-request", "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/inbox",
        handler=receiving.list_inbox,
        scope="read",
        summary="Received messages that this client is cleared for, oldest first.",
        gives=views.InboxPage,
        problems=("invalid",),
        parameters=(_CURSOR, _LIMIT, _WAIT),
    ),
    Route(
        method="POST",
        path="/v1/inbox/{id}:collect",
        handler=receiving.collect_item,
        scope="collect",
        summary="Collect a message. The first collection is proven to the sender.",
        takes=receiving.CollectRequest,
        gives=views.CollectedView,
        problems=(*_BODY, "denied", "not-found", "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/inbox/{id}/parts/{position}",
        handler=receiving.collect_part,
        scope="collect",
        summary="The content of an attachment of a message this client has collected.",
        gives=OCTETS,
        problems=("not-found",),
    ),
    Route(
        method="POST",
        path="/v1/inbox/{id}:acknowledge",
        handler=receiving.acknowledge_item,
        scope="collect",
        summary="Confirm that the content is in the client's hands.",
        status=204,
        problems=("not-found", "conflict", "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/notices",
        handler=noticing.list_notices,
        scope="read",
        summary="Time limits that come near or were overrun, for clients that may know of the case.",
        gives=views.NoticePage,
        problems=("invalid",),
        parameters=(_CURSOR, _LIMIT, _WAIT),
    ),
    Route(
        method="POST",
        path="/v1/notices/{id}:acknowledge",
        handler=noticing.acknowledge,
        scope="read",
        summary="Confirm that a notice was seen.",
        status=204,
        problems=("not-found", "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/cases/{id}",
        handler=cases.case,
        scope="read",
        summary="A case: state, role, events and time limits.",
        gives=views.CaseView,
        problems=("not-found",),
    ),
    Route(
        method="POST",
        path="/v1/cases/{id}/moments",
        handler=cases.record_in_case,
        scope="send",
        summary="Record what no message shows, such as a known obstacle, and start its time limit.",
        takes=MomentRecord,
        gives=views.MomentView,
        problems=(*_JSON, "not-found", "conflict", "log-unavailable"),
    ),
    Route(
        method="POST",
        path="/v1/decisions:simulate",
        handler=decisions.simulate,
        scope="simulate",
        summary="What would be decided on these facts. Nothing changes.",
        takes=Facts,
        gives=views.SimulatedView,
        parameters=(_AS_OF,),
        problems=(*_JSON, "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/agreements",
        handler=governing.list_agreements,
        scope="read",
        summary="The agreements of this gateway and where they stand, each with its ground.",
        gives=views.AgreementList,
        problems=("invalid",),
        parameters=(_ON,),
    ),
    Route(
        method="POST",
        path="/v1/agreements/{id}/activations",
        handler=governing.activate_agreement,
        scope=None,
        summary="Hand in an admin's signed statement that an agreement is in force.",
        takes=governing.ActivationRequest,
        gives=ActivationResult,
        problems=(*_JSON, "forbidden", "conflict", "log-unavailable"),
    ),
    Route(
        method="POST",
        path="/v1/agreements/{id}/withdrawals",
        handler=governing.leave_agreement,
        scope=None,
        summary="Hand in an admin's signed statement that a notice of leaving was received.",
        takes=governing.ActivationRequest,
        gives=LeavingResult,
        problems=(*_JSON, "forbidden", "conflict", "log-unavailable"),
    ),
    Route(
        method="POST",
        path="/v1/agreements/{id}/moments",
        handler=governing.record_moment,
        scope="send",
        summary="Record a change of this side's list of authorities, or a forwarded notice of leaving.",
        takes=AgreementMomentRecord,
        gives=views.AgreementClocks,
        problems=(*_JSON, "not-found", "conflict", "log-unavailable"),
    ),
    Route(
        method="POST",
        path="/v1/trust/{party}",
        handler=governing.import_trust,
        scope=None,
        summary="Hand in a new version of a party's signed trust list.",
        takes="application/jose",
        gives=views.ImportedView,
        problems=("not-found", *_BODY, "log-unavailable"),
    ),
    Route(
        method="GET",
        path="/v1/health",
        handler=governing.health,
        scope=None,
        summary="Whether the node takes requests.",
        gives=views.Health,
    ),
)
