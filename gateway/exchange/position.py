"""Where a message stands in its case. Unknown, foreign and forbidden cases all look alike to the caller."""

import msgspec

from gateway.exchange.case import ANSWERED_KIND, role_of
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
    if not look and manifest.in_reply_to is None and manifest.kind in OPENING_KINDS:
        return _opening(node, verified)
    case = node.store.case(manifest.case, counterpart)
    if case is None:
        return _opening(node, verified)
    role = role_of(manifest.sender, case.requester)
    answered = _answered(node, manifest, case)
    memory = read_memory(case.memory)
    known = None if answered is None or answered.authority == manifest.sender else answered.kind
    step = step_of(manifest, verified.body, role, known)
    move = move_of(manifest, verified.body, role, step, received=manifest.sender != node.authority)
    demanded = ANSWERED_KIND.get(step)
    after = None if demanded not in (None, known) else advance(Standing(case.state, memory), move)
    return CasePosition(case, role, after is not None, answered is not None, memory, answered, move, after)


def _opening(node: Node, verified: Verified) -> CasePosition:
    manifest, body = verified.manifest, verified.body
    step = opening_step(manifest, body)
    move = move_of(manifest, body, "requester", step, received=manifest.sender != node.authority)
    after = opened(move)
    return CasePosition(None, "requester", after is not None, reply_known=False, move=move, after=after)


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
        move=msgspec.json.encode(move).decode("utf-8"),
    )
