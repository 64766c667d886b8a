"""Steps K1 and K5: what follows a message or a piece of evidence, written in the same transaction as it."""

from audit.bundle import Evidence
from audit.events import Event
from gateway.exchange.clocks import Told, follow, revoke, settle
from gateway.exchange.facts import CasePosition, Verified
from gateway.exchange.hooks import hook_rows
from gateway.exchange.moments import moments_of
from gateway.exchange.node import Node
from gateway.ports.rows import Write

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
    manifest = verified.manifest
    writes: list[Write] = [*_clock_rows(node, verified, counterpart, position, now, item)]
    told = {"case": manifest.case, "message": manifest.id}
    if item is not None:
        writes += hook_rows(node, "message.received", told | {"item": item}, manifest.level, now)
    writes += hook_rows(node, "case.changed", told, manifest.level, now)
    return writes


def _clock_rows(
    node: Node, verified: Verified, counterpart: str, position: CasePosition, now: int, item: str | None
) -> list[Write]:
    manifest, case = verified.manifest, position.case
    pack = node.agreements.pack(manifest.agreement)
    if pack is None or not pack.clocks:
        return []
    recipient = counterpart if manifest.sender == node.authority else node.authority
    told = Told(
        message=manifest.id,
        case_id=manifest.case,
        counterpart=counterpart,
        sender=manifest.sender,
        requester=manifest.sender if case is None else case.requester,
        executor=recipient if case is None else case.executor,
        moments=moments_of(verified, position.role),
        created_ms=manifest.created_ms,
        now_ms=now,
        receipt_ms=None if item is None else now,
    )
    rows = [] if case is None else node.store.clocks(manifest.case, counterpart)
    return [*follow(rows, pack, told, node.settings.clocks.at_once_grace_s * 1000)]


def follow_evidence(node: Node, peer: str, evidence: Evidence, now: int) -> list[Write]:
    """What a peer's evidence about a message of ours changes: its receipt is proven, or it was refused."""
    event, message_id = evidence.record.event, str(evidence.record.fields["message"])
    message = node.store.message("out", message_id)
    if message is None:
        return []
    told = {"case": message.case_id, "message": message_id}
    writes: list[Write] = [
        *hook_rows(node, "evidence.received", told, message.level, now, only=message.client)
    ]
    if event is Event.RELAY_ACCEPTANCE:
        pack = node.agreements.pack(message.agreement)
        if pack is not None:
            writes += settle(node.store.clocks(message.case_id, peer), pack, message_id, evidence.record.at)
    elif event in _REFUSED:
        writes += revoke(node.store.clocks(message.case_id, peer), message_id)
    return writes


def follow_refusal(node: Node, peer: str, message_id: str) -> list[Write]:
    """Undo what a message of ours did to clocks: the peer did not take it, and gave no evidence."""
    message = node.store.message("out", message_id)
    return [] if message is None else [*revoke(node.store.clocks(message.case_id, peer), message_id)]
