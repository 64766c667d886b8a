"""Steps R1-R13: envelopes from a peer, each opened, verified, decided by our own pack, and logged.

An envelope is idempotent by (sealing authority, message id, manifest digest): what was accepted or refused
once is answered with the stored evidence, byte for byte. Ids are recorded only after the seal verified.
"""

import asyncio

from msgspec import Struct

from audit.errors import EventRefused
from audit.events import Event, FieldValue
from gateway.errors import Conflict, EnvelopeRejected, StoreUnavailable
from gateway.exchange.entries import codes, entry, given, keyed, message_fields, provisions
from gateway.exchange.facts import message_facts
from gateway.exchange.following import follow_message
from gateway.exchange.frames import DeliverResult, EnvelopeFrame
from gateway.exchange.message_row import message_row
from gateway.exchange.node import Node
from gateway.exchange.opening import Opened, PartsMissing, Unverified, open_envelope
from gateway.exchange.position import case_rows, moves, position_of, succession
from gateway.exchange.verified import CasePosition
from gateway.ports.rows import CaseRow, EnvelopeRow, EvidenceRow, Write
from gateway.ports.store import Change, Entry, VaultCase, VaultKeys, vault_id
from keys.wrapping import wrap_key
from policies.decision import Decision
from policies.errors import FactsError, PackError

ACCEPTED, REJECTED, CONFLICT = "accepted", "rejected", "conflict"
UNPROCESSABLE, AGAIN, PARTS_MISSING = "unprocessable", "again", "parts_missing"
_ANSWERED = (
    Event.RELAY_ACCEPTANCE,
    Event.RELAY_REJECTION,
    Event.CONTENT_CONSIGNMENT,
    Event.CONTENT_CONSIGNMENT_FAILURE,
    Event.CONTENT_HANDOVER,
)


class Refusal(Struct, frozen=True):
    """Why a verified message is refused: a coarse reason for the peer, the decision for our own log."""

    reason: str
    decision: Decision | None


async def receive(
    node: Node, senders: tuple[str, ...], frames: list[EnvelopeFrame], extra: list[Write]
) -> list[DeliverResult]:
    """Take a batch of envelopes, in order.

    Args:
        senders: the authorities of the connection's certificate (R1, R2).
        frames: the envelopes.
        extra: rows to store along with the first change, such as the peer's new head.

    Returns:
        One result per envelope; each is durable and under a checkpoint when this returns.
    """
    results: list[DeliverResult | asyncio.Task[DeliverResult]] = []
    touched: set[str] = set()
    batch = [await _opened(node, frame, senders) for frame in frames]
    known = _known(node, batch)
    for opened in batch:
        if isinstance(opened, DeliverResult):
            results.append(opened)
            continue
        case = opened.verified.manifest.case
        if case in touched:
            # A later message of a case is judged on the state the earlier one leaves behind.
            await asyncio.wait([r for r in results if isinstance(r, asyncio.Task)])
            touched.clear()
        touched.add(case)
        rows, extra = extra, []
        is_known = opened.verified.manifest.id in known
        known.add(opened.verified.manifest.id)
        results.append(asyncio.ensure_future(_take(node, opened, rows, is_known=is_known)))
    return [await r if isinstance(r, asyncio.Task) else r for r in results]


async def _opened(node: Node, frame: EnvelopeFrame, senders: tuple[str, ...]) -> Opened | DeliverResult:
    now = node.clock.now_ms()
    try:
        if None in frame.parts:
            return await asyncio.to_thread(open_envelope, node, frame, senders, now)
        return open_envelope(node, frame, senders, now)
    except PartsMissing:
        return DeliverResult(PARTS_MISSING, [])
    except EnvelopeRejected as error:
        if isinstance(error, Unverified):
            # A key revoked since does not undo what was accepted: the same manifest gets its evidence.
            known = _stored_answer(node, *error.identity)
            if known is not None:
                return known
        node.log.warning("peer.rejected", peer=senders[0], cause=str(error))
        content = keyed(node, frame.header + frame.wrap)
        fields: dict[str, FieldValue] = {"peer": senders[0], "content": content}
        await node.journal.record(Change((), (entry(node, Event.PEER_REJECTED, now, fields),)))
        return DeliverResult(UNPROCESSABLE, [])


def _known(node: Node, batch: list[Opened | DeliverResult]) -> set[str]:
    """Ids in the batch that there is evidence about: they may be replays. One look-up for all."""
    ids: dict[str, list[str]] = {}
    for opened in batch:
        if isinstance(opened, Opened):
            ids.setdefault(opened.verified.manifest.sender, []).append(opened.verified.manifest.id)
    return {found for sender, some in ids.items() for found in node.store.evidenced(sender, some)}


async def _take(node: Node, opened: Opened, extra: list[Write], *, is_known: bool) -> DeliverResult:
    try:
        look = False
        for _ in range(3):
            known = await _replayed(node, opened) if is_known else None  # R7
            if known is not None:
                return known
            is_known = True
            try:
                return await _decide_and_store(node, opened, extra, look=look)
            except Conflict:
                look = True
                # The same message, or another one of its case, was committed meanwhile: look again.
                extra = []
    except (EventRefused, PackError, FactsError) as error:
        # A verified message that our own log or rules cannot express: its sender's fault, and final.
        node.log.warning("receive.inexpressible", cause=str(error))
        fields: dict[str, FieldValue] = {
            "peer": opened.verified.manifest.sender,
            "content": keyed(node, opened.header),
        }
        rejected = entry(node, Event.PEER_REJECTED, node.clock.now_ms(), fields)
        await node.journal.record(Change((), (rejected,)))
        return DeliverResult(UNPROCESSABLE, [])
    except StoreUnavailable as error:
        node.log.warning("receive.store_unavailable", cause=str(error))
    return DeliverResult(AGAIN, [])


async def _replayed(node: Node, opened: Opened) -> DeliverResult | None:
    """Step R7. An accepted or refused message comes again: its stored evidence, even after expiry."""
    verified = opened.verified
    manifest = verified.manifest
    known = _stored_answer(node, manifest.sender, manifest.id, verified.digest)
    if known is not None:
        return known
    others = node.store.messages("in", manifest.sender, [manifest.id])
    if not others:
        return None
    now = node.clock.now_ms()
    fields: dict[str, FieldValue] = {
        "authority": manifest.sender,
        "message": manifest.id,
        "manifest": others[0].manifest_digest,
        "offered": verified.digest,
        "peer": manifest.sender,
    }
    node.log.error("conflict.detected", peer=manifest.sender, message=manifest.id)
    await node.journal.record(Change((), (entry(node, Event.CONFLICT_DETECTED, now, fields, manifest.id),)))
    return DeliverResult(CONFLICT, [])


def _stored_answer(node: Node, sender: str, message_id: str, digest: str) -> DeliverResult | None:
    stored = node.store.evidence(sender, message_id, digest)
    bundles = [row.bundle for row in stored if _is_answer(node, row) and row.bundle is not None]
    if not bundles:
        return None
    rejected = any(row.event == Event.RELAY_REJECTION for row in stored)
    return DeliverResult(REJECTED if rejected else ACCEPTED, bundles)


def _is_answer(node: Node, row: EvidenceRow) -> bool:
    return row.giver == node.authority and row.event in _ANSWERED


async def _decide_and_store(node: Node, opened: Opened, extra: list[Write], *, look: bool) -> DeliverResult:
    node.crash_point("receive.opened")
    now = node.clock.now_ms()
    manifest = opened.verified.manifest
    position = position_of(node, opened.verified, manifest.sender, look=look)
    act = "transfer_request" if manifest.kind == "transfer" else "receive"
    facts = message_facts(node, act, opened.verified, node.authority, position, now)
    decision = node.agreements.packs.decide(facts)  # R9: our pack, whatever version the peer names
    refusal = _refusal(node, opened, decision, now)
    if refusal is not None:
        return await _refuse(node, opened, refusal, extra, now)
    rows = case_rows(node.authority, manifest, manifest.sender, position, now)
    case_key, new_case = (
        node.case_keys.new(manifest.case, manifest.sender)
        if position.case is None
        else (node.case_keys.get(manifest.case, manifest.sender), None)
    )
    wrapped = b"".join(wrap_key(case_key, key) for key in opened.part_keys)
    keys: tuple[VaultKeys | VaultCase, ...] = (
        VaultKeys(opened.item_id, vault_id(manifest.case, manifest.sender), wrapped),
    )
    if new_case is not None:
        keys = (new_case, *keys)
    beside = succession(node, opened.verified, position, now)
    keys = (
        *(node.case_keys.new(r.case_id, r.counterpart)[1] for r in beside if isinstance(r, CaseRow)),
        *keys,
    )
    writes = (
        *extra,
        message_row(opened.verified, "in", "", decision, now),
        *rows,
        *follow_message(node, opened.verified, manifest.sender, position, now, opened.item_id),
        *beside,
        *_envelope_rows(opened, now),
    )
    entries = _accepting(node, opened, decision, position, now)
    node.crash_point("receive.decided")
    recorded = await node.journal.record(Change(writes, entries, keys))
    node.crash_point("receive.committed")
    node.log.info("message.received", message=manifest.id, peer=manifest.sender, kind=manifest.kind)
    return DeliverResult(ACCEPTED, list(recorded.bundles))


def _refusal(node: Node, opened: Opened, decision: Decision, now: int) -> Refusal | None:
    """The first reason not to take a verified message: its times, then the decision."""
    manifest, limits = opened.verified.manifest, node.settings.exchange
    if manifest.created_ms > now + limits.max_clock_skew_s * 1000:
        return Refusal("created_in_future", None)
    if manifest.expires_ms < now:
        return Refusal("expired", None)
    if manifest.expires_ms - manifest.created_ms > limits.max_validity_s * 1000:
        return Refusal("validity_too_long", None)
    if decision.outcome == "deny":
        return Refusal("not_permitted", decision)
    return None


async def _refuse(
    node: Node, opened: Opened, refusal: Refusal, extra: list[Write], now: int
) -> DeliverResult:
    """Log and prove a refusal. The content is not kept: neither parts nor keys are stored."""
    verified = opened.verified
    manifest = verified.manifest
    evidence = given(
        node,
        Event.RELAY_REJECTION,
        now,
        authority=manifest.sender,
        message_id=manifest.id,
        manifest_digest=verified.digest,
        receiver=manifest.sender,
        pushed=True,
        reason=refusal.reason,
    )
    fields = message_fields(node, manifest, verified.digest)
    fields |= {"peer": manifest.sender, "reason": refusal.reason, "envelope": opened.envelope_id}
    if refusal.decision is not None:
        fields["provisions"] = provisions(refusal.decision)
        if refusal.decision.missing:
            fields["missing"] = codes(refusal.decision.missing)
    entries = (evidence, entry(node, Event.MESSAGE_REFUSED, now, fields, manifest.id))
    recorded = await node.journal.record(Change(tuple(extra), entries))
    blobs = [part.blob for part in opened.parts if part.blob is not None]
    for blob in set(blobs) - node.store.blobs_in_use(blobs):
        node.blobs.remove(blob)
    node.log.warning("message.refused", message=manifest.id, reason=refusal.reason)
    return DeliverResult(REJECTED, list(recorded.bundles))


def _envelope_rows(opened: Opened, now: int) -> tuple[Write, ...]:
    manifest = opened.verified.manifest
    envelope = EnvelopeRow(
        envelope_id=opened.item_id,
        direction="in",
        authority=manifest.sender,
        message_id=manifest.id,
        peer=manifest.sender,
        header=opened.header,
        wrap=None,
        state="consigned",
        expires_ms=manifest.expires_ms,
        updated_ms=now,
    )
    return (envelope, *opened.parts)


def _accepting(
    node: Node, opened: Opened, decision: Decision, position: CasePosition, now: int
) -> tuple[Entry, ...]:
    """Steps R10: custody and consignment as evidence for the sender, and our own record of both."""
    verified = opened.verified
    manifest = verified.manifest
    evidence = [
        given(
            node,
            event,
            now,
            authority=manifest.sender,
            message_id=manifest.id,
            manifest_digest=verified.digest,
            receiver=manifest.sender,
            pushed=True,
        )
        for event in (Event.RELAY_ACCEPTANCE, Event.CONTENT_CONSIGNMENT)
    ]
    before, after = moves(manifest, position)
    fields = message_fields(node, manifest, verified.digest)
    fields |= {
        "peer": manifest.sender,
        "envelope": opened.envelope_id,
        "provisions": provisions(decision),
        "from_state": before or "none",
        "to_state": after,
    }
    entries = [*evidence, entry(node, Event.MESSAGE_RECEIVED, now, fields, manifest.id)]
    if manifest.pack != node.agreements.reference(manifest.agreement):
        entries.append(_pack_mismatch(node, opened, now))
    return tuple(entries)


def _pack_mismatch(node: Node, opened: Opened, now: int) -> Entry:
    """The peer decided by another version of the pack: an event, not a rule (design section 4)."""
    manifest = opened.verified.manifest
    fields: dict[str, FieldValue] = {
        "peer": manifest.sender,
        "message": manifest.id,
        "agreement": manifest.agreement,
        "pack": node.agreements.logged(manifest.agreement),
        "pack_named": f"{manifest.pack}#unverified",
    }
    return entry(node, Event.PACK_MISMATCH, now, fields, manifest.id)
