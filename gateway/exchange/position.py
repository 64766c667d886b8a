"""Where a message stands in its case. Unknown, foreign and forbidden cases all look alike to the caller."""

from gateway.exchange.case import OPENING, next_state, role_of
from gateway.exchange.facts import CasePosition
from gateway.exchange.manifest import Manifest
from gateway.exchange.node import Node
from gateway.ports.rows import CaseEventRow, CaseMoved, CaseRow, Row, Shift


def position_of(node: Node, manifest: Manifest, counterpart: str, *, look: bool = False) -> CasePosition:
    """Find the message's place.

    Args:
        manifest: sent by us or by the counterpart.
        counterpart: the other authority of this exchange.
        look: also look whether the case that a request would open is there already.

    Returns:
        Its case, if both authorities are its parties. A case of others is treated as one there is not.
    """
    if not look and manifest.kind in OPENING and manifest.in_reply_to is None:
        return CasePosition(None, "requester", allowed=True, reply_known=False)
    case = node.store.case(manifest.case, counterpart)
    if case is None:
        return CasePosition(None, "requester", allowed=manifest.kind in OPENING, reply_known=False)
    role = role_of(manifest.sender, case.requester)
    allowed = next_state(case.state, manifest.kind, role) is not None
    return CasePosition(case, role, allowed, _answers_known(node, manifest, case))


def _answers_known(node: Node, manifest: Manifest, case: CaseRow) -> bool:
    if manifest.in_reply_to is None:
        return False
    events = node.store.case_events(case.case_id, case.counterpart)
    return any(event.message_id == manifest.in_reply_to for event in events)


def moves(manifest: Manifest, position: CasePosition) -> tuple[str | None, str]:
    """The case's state before a permitted message (None if it opens the case) and after it."""
    before = None if position.case is None else position.case.state
    after = next_state(before, manifest.kind, position.role)
    if after is None:
        raise ValueError(f"a permitted {manifest.kind} does not move a case from {before}")
    return before, after


def case_rows(
    authority: str, manifest: Manifest, counterpart: str, position: CasePosition, now: int
) -> list[Row | Shift]:
    """The rows that move the case on by a permitted message.

    Args:
        authority: this node's authority.
        counterpart: the other authority of the exchange.

    """
    _, after = moves(manifest, position)
    version = 1 if position.case is None else position.case.version + 1
    moved: Row | Shift
    if position.case is None:
        moved = CaseRow(
            case_id=manifest.case,
            counterpart=counterpart,
            agreement=manifest.agreement,
            requester=manifest.sender,
            executor=counterpart if counterpart != manifest.sender else authority,
            state=after,
            version=version,
            opened_ms=now,
            updated_ms=now,
        )
    else:
        moved = CaseMoved(
            case_id=manifest.case,
            counterpart=counterpart,
            expected=position.case.version,
            state=after,
            version=version,
            updated_ms=now,
        )
    event = CaseEventRow(
        case_id=manifest.case,
        counterpart=counterpart,
        version=version,
        authority=manifest.sender,
        message_id=manifest.id,
        kind=manifest.kind,
        role=position.role,
        state=after,
        at_ms=now,
    )
    return [moved, event]
