"""Steps K1 and K5: what follows a message or a piece of evidence, written in the same transaction as it."""

import msgspec

from audit.bundle import Evidence
from audit.events import Event
from gateway.exchange.amending import NOTICE, follow_amendment
from gateway.exchange.clocks import Told, follow, revoke, settle
from gateway.exchange.hooks import hook_rows, hooked
from gateway.exchange.moments import Moment, moments_of
from gateway.exchange.node import Node
from gateway.exchange.verified import CasePosition, Verified
from gateway.ports.rows import Write
from policies.packs import Pack

HANDED_ON = "transfer"
_REFUSED = (Event.RELAY_REJECTION, Event.CONTENT_CONSIGNMENT_FAILURE)


def follow_message(
    node: Node, verified: Verified, counterpart: str, position: CasePosition, now: int, item: str | None
) -> list[Write]:
    """The clocks that a permitted message works on, and the webhooks that tell of it.

    Args:
        counterpart: the other authority of the exchange.
        now: when it was taken (Unix milliseconds).
        item: the inbox item's id; None if the message is ours.
    """
    manifest, pack = verified.manifest, node.agreements.pack(verified.manifest.agreement)
    writes: list[Write] = []
    if pack is not None and pack.clocks:
        tellings = [_told(node, pack, verified, counterpart, position, now, received=item is not None)]
        if item is not None:
            tellings += _succeeding(node, position, tellings[0])
        for told in tellings:
            rows = [] if position.case is None else node.store.clocks(told.case_id, told.counterpart)
            writes += follow(rows, pack, told, node.settings.clocks.at_once_grace_s * 1000)
    if pack is not None and manifest.kind == NOTICE and (item or counterpart == manifest.recipients[0]):
        writes += follow_amendment(node, pack, manifest, verified.body.amendment, now)
    ids = {"case": manifest.case, "message": manifest.id}
    if item is not None:
        writes += hook_rows(node, "message.received", ids | {"item": item}, manifest.level, now)
    writes += hook_rows(node, "case.changed", ids, manifest.level, now)
    return writes


def _told(
    node: Node,
    pack: Pack,
    verified: Verified,
    counterpart: str,
    position: CasePosition,
    now: int,
    *,
    received: bool,
) -> Told:
    manifest, case = verified.manifest, position.case
    recipient = node.authority if received else counterpart
    step = manifest.kind if position.move is None else position.move.step
    zone = "UTC" if pack.in_force is None else pack.in_force.zone
    depositary = node.agreements.role(pack, manifest.sender) == "depositary"
    moments = moments_of(manifest, verified.body, step, zone, depositary=depositary)
    return Told(
        message=manifest.id,
        case_id=manifest.case,
        counterpart=counterpart,
        sender=manifest.sender,
        requester=manifest.sender if case is None else case.requester,
        executor=recipient if case is None else case.executor,
        # What is handed on inside one state is owed to the requester, in the case that goes on with it.
        moments=tuple(moment for moment in moments if moment.name != HANDED_ON),
        created_ms=manifest.created_ms,
        now_ms=now,
        receipt_ms=now if received else None,
    )


def _succeeding(node: Node, position: CasePosition, told: Told) -> list[Told]:
    """The same for the case that a received transfer, or the notice of one, lets go on with a new executor.

    The new executor counts from the transfer, the requester from the notice of it: neither knows the other's.
    """
    if position.carried is not None:
        request = position.carried.request
        requester, executor, counterpart = request.sender, node.authority, request.sender
    elif position.move is not None and position.move.step == "transferred":
        requester, executor, counterpart = told.requester, position.move.authority, position.move.authority
        if node.store.clocks(told.case_id, counterpart):
            return []
    else:
        return []
    return [
        msgspec.structs.replace(
            told,
            counterpart=counterpart,
            sender=requester,
            requester=requester,
            executor=executor,
            moments=(Moment(HANDED_ON),),
        )
    ]


def follow_evidence(node: Node, peer: str, evidence: Evidence, now: int) -> list[Write]:
    """What a peer's evidence about a message of ours changes: its receipt is proven, or it was refused."""
    event, message_id = evidence.record.event, str(evidence.record.fields["message"])
    writes: list[Write] = []
    if hooked(node, "evidence.received"):
        message = node.store.message("out", message_id)
        if message is not None:
            told = {"case": message.case_id, "message": message_id}
            writes += hook_rows(node, "evidence.received", told, message.level, now, only=message.client)
    if event is Event.RELAY_ACCEPTANCE:
        rows = node.store.clocks_about(message_id, peer)
        pack = node.agreements.pack(rows[0].agreement) if rows else None
        if pack is not None:
            writes += settle(rows, pack, message_id, evidence.record.at)
    elif event in _REFUSED:
        writes += follow_refusal(node, peer, message_id)
    return writes


def follow_refusal(node: Node, peer: str, message_id: str) -> list[Write]:
    """Undo what a message of ours did to clocks: the peer did not take it, and gave no evidence."""
    return [*revoke(node.store.clocks_about(message_id, peer), message_id)]
