"""`POST /v1/messages:prepare` and `POST /v1/messages`: the hot route, msgspec only (steps S0-S8)."""

import asyncio
import re
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gateway.api.call import Call
from gateway.api.documents import JsonReader
from gateway.api.problems import denial
from gateway.api.refusals import IdempotencyKeyMissing, IdempotencyKeyReused
from gateway.api.repeats import same_message
from gateway.api.replies import Headers, Reply, json_reply
from gateway.api.views import PreparedView, SubmittedView, decision_view, stored_decision
from gateway.errors import Conflict, Invalid
from gateway.exchange.manifest import Uuid
from gateway.exchange.prepare import Draft, Prepared, prepare
from gateway.exchange.reading import common_state, sent
from gateway.exchange.submission import Submission
from gateway.exchange.submit import Accepted, Denied, submit
from keys import b64
from keys.errors import CanonicalError

JSON_TYPE = "application/json"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:$|[,;])", re.ASCII)
_ACCEPTED, _OK = 202, 200
_ACCEPTANCE = "SubmissionAcceptance"
Position = Annotated[str, Meta(pattern=r"^[1-9][0-9]?$")]


class SubmitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A prepared message to send, or a draft to prepare and send at once (without an official's signature).

    Args:
        manifest, body: base64url, as `messages:prepare` gave them.
        official_signature: the official's detached JWS over the manifest.
        uploads: upload id of each attachment, by its part's position.
        draft: instead of all of these.
    """

    manifest: str | None = None
    body: str | None = None
    official_signature: str | None = None
    uploads: dict[Position, Uuid] = {}
    draft: Draft | None = None


class _Id(Struct):
    id: Uuid


_request = JsonReader(SubmitRequest)
_draft = JsonReader(Draft)
_id = msgspec.json.Decoder(_Id)


async def prepare_message(call: Call) -> Reply:
    """Step S0 for a client: the manifest to sign."""
    call.require_media_type(JSON_TYPE)
    prepared = prepare(call.node, call.client.client_id, _draft.read(await call.body()))
    return json_reply(
        PreparedView(
            b64.encode(prepared.manifest),
            prepared.digest,
            prepared.message,
            b64.encode(prepared.body),
            {str(position): upload for position, upload in prepared.uploads.items()},
        )
    )


async def submit_message(call: Call) -> Reply:
    """Steps S1-S8 for a client; with `Prefer: wait=N` also the first evidence that comes back."""
    call.require("send")
    call.require_media_type(JSON_TYPE)
    key = call.header(b"idempotency-key")
    if key is None or _KEY.fullmatch(key) is None:
        raise IdempotencyKeyMissing("1 to 255 visible ASCII characters are needed")
    wait_s = _wait_s(call)
    request = _request.read(await call.body())
    if request.draft is not None:
        return await _send_draft(call, request, key, wait_s)
    return await _send(call, _submission(request, key), wait_s)


def _wait_s(call: Call) -> float:
    """`Prefer: wait=N` (RFC 7240), at most `long_poll_max_s`; preferences not understood are ignored."""
    header = call.header(b"prefer")
    found = None if header is None else _WAIT.search(header.lower())
    return 0 if found is None else min(int(found[1]), call.node.settings.api.long_poll_max_s)


def _submission(request: SubmitRequest, key: str) -> Submission:
    if request.manifest is None or request.body is None:
        missing = "manifest" if request.manifest is None else "body"
        raise Invalid([(f"/{missing}", "is missing; send manifest and body, or a draft")])
    return Submission(
        _bytes_of(request.manifest, "/manifest"),
        _bytes_of(request.body, "/body"),
        request.official_signature,
        {int(position): upload for position, upload in request.uploads.items()},
        key,
    )


def _bytes_of(text: str, place: str) -> bytes:
    try:
        return b64.decode(text)
    except CanonicalError as error:
        raise Invalid([(place, f"is not unpadded base64url: {error}")]) from error


async def _send(call: Call, submission: Submission, wait_s: float) -> Reply:
    if not wait_s:
        return await _submitted(call, submission)
    try:
        message_id = _id.decode(submission.manifest).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return await _submitted(call, submission)  # which says what is wrong with the manifest
    # Registered first: evidence may come back before `submit` returns.
    waiting = call.node.waiters.register(message_id)
    try:
        return await _submitted(call, submission, waiting, wait_s)
    finally:
        call.node.waiters.forget(message_id, waiting)


async def _submitted(
    call: Call,
    submission: Submission,
    waiting: asyncio.Future[str | None] | None = None,
    wait_s: float = 0,
) -> Reply:
    client = call.client.client_id
    try:
        result = await submit(call.node, client, submission)
    except Conflict as conflict:
        if conflict.what == "idempotency_key":
            raise IdempotencyKeyReused from conflict
        raise
    if isinstance(result, Denied):
        return denial(
            call.node,
            result.decision,
            result.recipient,
            result.message,
            cure=result.cure,
            language=call.language,
        )
    if waiting is None:
        return _answer(call, result, (), None if result.repeated else "queued")
    if not result.repeated:
        await asyncio.wait((waiting,), timeout=wait_s)
    # What is told of one recipient's copy is the whole message's state only if there is no other.
    known = waiting.result() if waiting.done() and result.recipients == 1 else None
    return _answer(call, result, ((b"preference-applied", b"wait=%d" % wait_s),), known)


def _answer(call: Call, result: Accepted, headers: Headers, state: str | None) -> Reply:
    """The answer to an accepted message. `state`: where it stands, if that is known without looking."""
    decision = result.decision
    if state is None:
        # The message is this client's: `submit` has just accepted it, or found it under the client's name.
        node = call.node
        state = common_state(node.store.envelopes("out", node.authority, result.message))
    if decision is None:
        view = stored_decision(sent(call.node, call.client.client_id, result.message).message)
    else:
        view = decision_view(decision)
    content = SubmittedView(
        result.message, result.digest, result.case, state, result.evidence.decode("utf-8"), view
    )
    location = (b"location", f"/v1/messages/{result.message}".encode())
    return json_reply(content, _OK if result.repeated else _ACCEPTED, (location, *headers))


async def _send_draft(call: Call, request: SubmitRequest, key: str, wait_s: float) -> Reply:
    """Prepare and submit in one. A repetition is found by its key before a second manifest is made."""
    draft = request.draft
    if draft is None or request != SubmitRequest(draft=draft):
        raise Invalid([("/draft", "stands alone: no manifest, body, signature or uploads beside it")])
    known = _known(call, draft, key)
    if known is not None:
        return known
    prepared = prepare(call.node, call.client.client_id, draft)
    try:
        return await _send(call, _of_prepared(prepared, key), wait_s)
    except IdempotencyKeyReused:
        # The same request may have been committed in between.
        known = _known(call, draft, key)
        if known is None:
            raise
        return known


def _of_prepared(prepared: Prepared, key: str) -> Submission:
    return Submission(prepared.manifest, prepared.body, None, prepared.uploads, key)


def _known(call: Call, draft: Draft, key: str) -> Reply | None:
    """The stored acceptance, if this draft was sent with this key before; raises if another one was."""
    client = call.client.client_id
    row = call.node.store.idempotency(client, key)
    if row is None:
        return None
    stored = sent(call.node, client, row.message_id)
    if not same_message(call.node, client, stored, draft):
        raise IdempotencyKeyReused
    message = stored.message
    bundle = next(one.bundle for one in stored.evidence if one.event == _ACCEPTANCE and one.bundle)
    accepted = Accepted(
        message.message_id,
        message.manifest_digest,
        message.case_id,
        bundle,
        None,
        len(message.recipients.split(" ")),
        repeated=True,
    )
    return _answer(call, accepted, (), None)
