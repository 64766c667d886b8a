"""Where a message stands in its case. Unknown, foreign and forbidden cases all look alike to the caller."""

import msgspec

from gateway.exchange.case import ANSWERED_KINDS, role_of
from gateway.exchange.manifest import OPENING_KINDS, Manifest
from gateway.exchange.node import Node
from gateway.exchange.standing import (
    Move,
    Standing,
    advance,
    opened,
    read_memory,
    write_memory,
)
from gateway.exchange.steps import move_of, opening_step, step_of
from gateway.exchange.transfer import carried, inherited, is_handed_on, may_hand_on, taken_over
from gateway.exchange.verified import CasePosition, Verified
from gateway.ports.rows import CaseEventRow, CaseMoved, CaseRow, Row, Shift
from policies.errors import PackError


def position_of(node: Node, verified: Verified, counterpart: str, *, look: bool = False) -> CasePosition:
    """Find the message's place.

    Args:
        verified: sent by us or by the counterpart.
        counterpart: the other authority of this exchange.
        look: also look whether the case that the message would open is there already.

    Returns:
        Its case, if both authorities are its parties. A case of others is treated as one there is not.
    """
    manifest = verified.manifest
    blind = not look and manifest.in_reply_to is None and manifest.kind in OPENING_KINDS
    case = None if blind else node.store.case(manifest.case, counterpart)
    if case is None:
        return _opening(node, verified)
    return _within(node, verified, case)


def _within(node: Node, verified: Verified, case: CaseRow) -> CasePosition:
    manifest = verified.manifest
    role = role_of(manifest.sender, case.requester)
    answered = _answered(node, manifest, case)
    memory = read_memory(case.memory)
    known = None if answered is None or answered.authority == manifest.sender else answered.kind
    step = step_of(manifest, verified.body, role, known)
    move = move_of(manifest, verified.body, role, step, received=manifest.sender != node.authority)
    answers = known in ANSWERED_KINDS.get(step, (known,))
    after = advance(Standing(case.state, memory), move) if answers else None
    if step == "transferred" and manifest.sender == node.authority:
        # Told as done only once it is.
        after = after if is_handed_on(node, manifest.case, move.authority) else None
    return CasePosition(case, role, after is not None, answered is not None, memory, answered, move, after)


def _opening(node: Node, verified: Verified) -> CasePosition:
    manifest, body = verified.manifest, verified.body
    step = opening_step(manifest, body)
    move = move_of(manifest, body, "requester", step, received=manifest.sender != node.authority)
    after = opened(move)
    found = carried(node, verified) if manifest.kind == "transfer" else None
    if manifest.kind == "transfer" and (found is None or not may_hand_on(node, manifest, found.request)):
        after = None
    allowed = after is not None
    return CasePosition(None, "requester", allowed, reply_known=False, move=move, after=after, carried=found)


def _answered(node: Node, manifest: Manifest, case: CaseRow) -> CaseEventRow | None:
    if manifest.in_reply_to is None:
        return None
    events = node.store.case_events(case.case_id, case.counterpart)
    return next((event for event in events if event.message_id == manifest.in_reply_to), None)


def moves(manifest: Manifest, position: CasePosition) -> tuple[str | None, str]:
    """The case's state before a permitted message (None if it opens the case) and after it."""
    before = None if position.case is None else position.case.state
    return before, _moved(manifest, position)[1].state


def _moved(manifest: Manifest, position: CasePosition) -> tuple[Move, Standing]:
    if position.move is None or position.after is None:
        # The baseline's rule on the order of a case forbids it; a pack set without it forbids it here.
        raise PackError(manifest.agreement, f"permits a {manifest.kind} that its case does not admit")
    return position.move, position.after


def case_rows(
    authority: str, manifest: Manifest, counterpart: str, position: CasePosition, now: int
) -> list[Row | Shift]:
    """The rows that move the case on by a permitted message.

    Args:
        authority: this node's authority.
        counterpart: the other authority of the exchange.
        now: when it was accepted (Unix milliseconds).
    """
    move, after = _moved(manifest, position)
    memory = write_memory(after.memory)
    if position.case is None:
        other = counterpart if counterpart != manifest.sender else authority
        return opened_rows(manifest, counterpart, other, move, after, now)
    version = position.case.version + 1
    moved = CaseMoved(
        case_id=manifest.case,
        counterpart=counterpart,
        expected=position.case.version,
        state=after.state,
        version=version,
        updated_ms=now,
        memory=memory,
    )
    return [moved, event_row(manifest, counterpart, move, after.state, version, now)]


def opened_rows(
    opening: Manifest,
    counterpart: str,
    executor: str,
    move: Move,
    after: Standing,
    now: int,
    opened_ms: int | None = None,
) -> list[Row | Shift]:
    """The rows of a case that a message opens.

    Args:
        opening: that message.
        counterpart: the other authority, seen from this node.
        executor: the authority that did not send it.
        move, after: the message, and where the case stands, as the case machine sees it.
        now: when it was accepted here.
        opened_ms: when the case was opened elsewhere, if it was.
    """
    row = CaseRow(
        case_id=opening.case,
        counterpart=counterpart,
        agreement=opening.agreement,
        requester=opening.sender,
        executor=executor,
        state=after.state,
        version=1,
        opened_ms=now if opened_ms is None else opened_ms,
        updated_ms=now,
        memory=write_memory(after.memory),
    )
    return [row, event_row(opening, counterpart, move, after.state, 1, now)]


def succession(node: Node, verified: Verified, position: CasePosition, now: int) -> list[Row | Shift]:
    """The rows of the case that a received transfer, or the notice of one, opens beside its own.

    The new executor holds the requester's case; the requester holds it with the new executor. Twice is
    harmless.
    """
    move = position.move
    if position.carried is not None:
        request = position.carried.request
        taken = taken_over(verified, request)
        return opened_rows(request, request.sender, node.authority, *taken, now, request.created_ms)
    if move is None or move.step != "transferred" or position.case is None:
        return []
    case = position.case
    if node.store.case(case.case_id, move.authority) is not None:
        return []
    opening = node.store.case_events(case.case_id, case.counterpart)[0]
    request_move, standing = inherited(opening.message_id, case)
    row = msgspec.structs.replace(
        case,
        counterpart=move.authority,
        executor=move.authority,
        state=standing.state,
        version=1,
        updated_ms=now,
        memory=write_memory(standing.memory),
    )
    event = msgspec.structs.replace(
        opening,
        counterpart=move.authority,
        state=standing.state,
        step=request_move.step,
        move=_encoded(request_move),
    )
    return [row, event]


def event_row(
    manifest: Manifest, counterpart: str, move: Move, state: str, version: int, now: int
) -> CaseEventRow:
    """The row of one message of a case."""
    return CaseEventRow(
        case_id=manifest.case,
        counterpart=counterpart,
        version=version,
        authority=manifest.sender,
        message_id=manifest.id,
        kind=manifest.kind,
        role=move.role,
        state=state,
        at_ms=now,
        step=move.step,
        move=_encoded(move),
    )


def _encoded(move: Move) -> str:
    return msgspec.json.encode(move).decode("utf-8")
