"""Agreements and trust: what is in force, and the signed statements of admins and parties that change it.

Statements prove themselves: the signature is the authentication, whoever carries it here. These routes are
therefore limited like other unauthenticated ones, before anything is verified or logged.
"""

from datetime import date

import msgspec
from msgspec import Struct

from gateway.api.call import Call
from gateway.api.clocked import clock_view
from gateway.api.documents import JsonReader
from gateway.api.replies import Reply, json_reply
from gateway.api.submitting import JSON_TYPE
from gateway.api.views import AgreementClocks, AgreementList, Health, ImportedView
from gateway.errors import Invalid
from gateway.exchange.activation import activate
from gateway.exchange.agreement_moments import AgreementMomentRecord, record_agreement_moment
from gateway.exchange.leaving import record_leaving
from gateway.exchange.standings import listed
from gateway.exchange.trustupdate import import_list
from keys import b64
from keys.errors import CanonicalError

_UNAVAILABLE, _OK = 503, 200


class ActivationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An admin's statement: compact JWS of type `kelisim-admin+jws`."""

    statement: str


class _Named(Struct):
    agreement: str


_request = JsonReader(ActivationRequest)
_record = JsonReader(AgreementMomentRecord)


async def health(call: Call) -> Reply:
    """Whether the node takes requests, and nothing else about it."""
    if call.node.journal.broken is not None:
        return json_reply(Health("failing"), _UNAVAILABLE)
    return json_reply(Health("ok"), _OK)


async def list_agreements(call: Call) -> Reply:
    """Every agreement with its pack and where it stands, today or as of the civil date `on`."""
    text, node = call.query("on").get("on"), call.node
    try:
        on_date = None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Invalid([("/on", "is a civil date, YYYY-MM-DD")]) from error
    return json_reply(AgreementList(listed(node.agreements, node.authority, node.clock.now_ms(), on_date)))


async def activate_agreement(call: Call) -> Reply:
    """Take one admin's statement that an agreement is in force; the second one that says the same counts.

    Raises:
        Forbidden: not signed by an admin of this node.
        Invalid: the statement is malformed, stale or about something else.
        Conflict: this admin has signed it already.
    """
    return json_reply(await activate(call.node, await _statement(call)))


async def leave_agreement(call: Call) -> Reply:
    """Take one admin's statement that a notice of leaving was received; a second one like it counts.

    Raises:
        Forbidden, Invalid, Conflict: as for an activation.
    """
    return json_reply(await record_leaving(call.node, await _statement(call)))


async def record_moment(call: Call) -> Reply:
    """Take a client's record of what happened to an agreement; the same one twice is harmless.

    Raises:
        NotFound: no such agreement.
        Invalid: it concerns no time limit of the agreement, or its date cannot be.
    """
    call.require_media_type(JSON_TYPE)
    node, agreement = call.node, call.params["id"]
    asked = _record.read(await call.body())
    rows = await record_agreement_moment(node, call.client.client_id, agreement, asked)
    return json_reply(AgreementClocks(agreement, [clock_view(node, row) for row in rows]))


async def _statement(call: Call) -> str:
    """The statement in the body, if it is about the agreement that the path names."""
    call.require_media_type(JSON_TYPE)
    statement = _request.read(await call.body()).statement
    if _agreement_named(statement) not in (None, call.params["id"]):
        raise Invalid([("/statement/agreement", "is another agreement than the path names")])
    return statement


def _agreement_named(statement: str) -> str | None:
    """The agreement a statement names, before its signature is verified; None if it cannot be read."""
    try:
        payload = b64.decode(statement.split(".")[1])
        return msgspec.json.decode(payload, type=_Named).agreement
    except (IndexError, CanonicalError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


async def import_trust(call: Call) -> Reply:
    """Take over a new version of a party's trust list.

    Raises:
        NotFound: the party has no pinned key here.
        Invalid: the list does not verify, is stale or not newer.
    """
    party, identity = call.params["party"], call.api.identity
    data = await call.body()
    version = await import_list(call.node, party, data, identity.anchors.get(party), identity.keep_list)
    return json_reply(ImportedView(party, version))
