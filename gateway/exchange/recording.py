"""Step K1 for what no message shows: a client records that something became known or was decided.

The clock runs at this side alone, which has the duty; the message it asks for stops it like any other.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, Invalid, NotFound
from gateway.exchange.case import VOID, admitted, role_of
from gateway.exchange.clocks import OPEN, STOPPED, Told, follow
from gateway.exchange.collect import Reader
from gateway.exchange.entries import entry
from gateway.exchange.moments import Moment, named
from gateway.exchange.node import Node
from gateway.exchange.reading import case_file
from gateway.ports.clock_rows import ClockRow
from gateway.ports.rows import CaseEventRow, CaseMoved, CaseRow
from gateway.ports.store import Change
from keys import instants
from keys.errors import CanonicalError
from policies.packs import Pack

CaseMoment = Literal[
    "obstacle_known",
    "competence_lacking",
    "refusal_decided",
    "executed",
    "data_error_proven",
    "data_not_needed",
    "disclosure_intended",
]
"""Moments of a case that a client may record; `deletion_due` comes with a message, `agreement_ended` by
itself."""
CASE_MOMENTS: tuple[str, ...] = get_args(CaseMoment)
_TRIES = 4
_MOVED_ON = ("case_file", "case_clock")


class MomentRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened in a case.

    Args:
        moment: of the closed vocabulary of clocks.
        at: when this side came to know of it (RFC 3339, UTC, no trailing zeros); None for now.
        counterpart: the other authority; needed where the case has several.
    """

    moment: CaseMoment
    at: Annotated[str, Meta(max_length=32)] | None = None
    counterpart: Annotated[str, Meta(max_length=160)] | None = None


class Occurred(Struct, frozen=True):
    """The moment as it is on record, with the clocks that run from it."""

    case: CaseRow
    moment: str
    at_ms: int
    clocks: list[ClockRow]


async def record_moment(node: Node, reader: Reader, case_id: str, record: MomentRecord) -> Occurred:
    """Record a moment and start its clocks, in one transaction. Recording it twice is harmless.

    Args:
        reader: the client; it must be one that may know of the case.

    Raises:
        NotFound: no such case for this client.
        Invalid: the moment starts no clock of this side, or its instant cannot be.
        Conflict: it is on record with another instant, or the case does not admit what its clock asks for.
        StoreUnavailable: the log cannot write, so nothing is on record.
    """
    for tried in range(_TRIES):
        cases = case_file(node, reader, case_id).cases
        case = _chosen(cases, record.counterpart)
        now = node.clock.now_ms()
        at_ms = instant_of(record.at, now)
        begun, rows = _begun(node, case, record, at_ms, now)
        if not rows:
            return begun
        try:
            await node.journal.record(moment_change(node, begun, reader.client, now))
        except Conflict as error:
            # The case moved on in between, or the same was recorded beside us: look again.
            if error.what not in _MOVED_ON or tried == _TRIES - 1:
                raise
            continue
        node.log.info("case.moment", case=case_id, moment=record.moment)
        return begun
    raise Conflict("case_file")


def instant_of(text: str | None, now: int) -> int:
    """The instant that a client states; raises `Invalid` for one that is malformed or in the future."""
    try:
        at_ms = now if text is None else instants.parse(text)
    except CanonicalError as error:
        raise Invalid([("/at", "is an instant, such as 2026-01-31T09:00:00Z")]) from error
    if at_ms > now:
        raise Invalid([("/at", "is in the future")])
    return at_ms


def _chosen(cases: list[CaseRow], counterpart: str | None) -> CaseRow:
    if counterpart is None and len(cases) > 1:
        raise Invalid([("/counterpart", "must say which, the case has several")])
    found = next((case for case in cases if counterpart in (None, case.counterpart)), None)
    if found is None:
        raise NotFound("no such case")
    return found


def _begun(
    node: Node, case: CaseRow, record: MomentRecord, at_ms: int, now: int
) -> tuple[Occurred, list[ClockRow]]:
    """The moment with its clocks, and those of them that are to be written; none if it is on record."""
    pack = node.agreements.pack(case.agreement)
    rows = [] if pack is None else started(node, pack, case, record.moment, at_ms, now)
    if pack is None or not rows:
        raise Invalid([("/moment", f"starts no time limit under {case.agreement}")])
    if at_ms < case.opened_ms:
        raise Invalid([("/at", "is before the case was opened")])
    known = _on_record(node, case, record, at_ms)
    if known:
        return Occurred(case, record.moment, known[0].started_ms, known), []
    events = node.store.case_events(case.case_id, case.counterpart)
    _require_duty(node, case, rows, events)
    rows = [_already_met(pack, row, events, at_ms) for row in rows]
    _require_remedy(node, pack, case, rows)
    return Occurred(case, record.moment, at_ms, rows), rows


def started(node: Node, pack: Pack, case: CaseRow, moment: str, at_ms: int, now: int) -> list[ClockRow]:
    """The clocks that a moment known to this side alone starts in a case."""
    told = Told(
        message=moment,
        case_id=case.case_id,
        counterpart=case.counterpart,
        sender=node.authority,
        requester=case.requester,
        executor=case.executor,
        moments=(Moment(moment, at_ms),),
        created_ms=at_ms,
        now_ms=now,
        receipt_ms=None,
    )
    rows = node.store.clocks(case.case_id, case.counterpart)
    changes = follow(rows, pack, told, node.settings.clocks.at_once_grace_s * 1000)
    return [change for change in changes if isinstance(change, ClockRow)]


def _on_record(node: Node, case: CaseRow, record: MomentRecord, at_ms: int) -> list[ClockRow]:
    """The clocks that run from this very moment already; raises `Conflict` if they run from another one."""
    rows = node.store.clocks(case.case_id, case.counterpart)
    known = [row for row in rows if row.started_by == record.moment]
    same = [row for row in known if row.started_ms == at_ms]
    running = [row for row in known if row.state in OPEN]
    if same or not running:
        return same
    if record.at is not None:
        raise Conflict(f"{record.moment} is on record as of {instants.write(running[0].started_ms)}")
    return running


def _require_duty(node: Node, case: CaseRow, rows: list[ClockRow], events: list[CaseEventRow]) -> None:
    """What it asks for must be this side's to do: as executor, or as one who gave or holds information."""
    sent = any(event.authority == node.authority for event in events)
    received = any(event.authority == case.counterpart for event in events)
    for row in rows:
        lacks = (row.duty == "giver" and not sent) or (row.duty == "holder" and not received)
        if lacks or row.owner != node.authority:
            raise Invalid([("/moment", f"is a matter of the {row.duty}, which this side is not")])


def _already_met(pack: Pack, row: ClockRow, events: list[CaseEventRow], at_ms: int) -> ClockRow:
    """The clock as it ended, if what it asks for was sent after the moment and before it was recorded."""
    stops = _stops(pack, row)
    undone = {event.message_id for event in events if event.step == "undone"}
    for event in events:
        counts = event.at_ms >= at_ms and event.message_id not in undone
        if counts and not stops.isdisjoint(named(event.kind, event.step)):
            return msgspec.structs.replace(
                row, state=STOPPED, wake_ms=None, ended_ms=event.at_ms, ended_by=event.message_id
            )
    return row


def _require_remedy(node: Node, pack: Pack, case: CaseRow, rows: list[ClockRow]) -> None:
    """A duty that the case leaves no message for would only ever be overdue."""
    steps = admitted(case.state, role_of(node.authority, case.requester))
    for row in rows:
        stops = _stops(pack, row)
        if case.state == VOID or (row.state != STOPPED and not any(step in stops for step in steps)):
            raise Conflict(f"a case that is {case.state} admits nothing that {row.clock} asks for")


def _stops(pack: Pack, row: ClockRow) -> set[str]:
    return {name for clock in pack.clocks if clock.name == row.clock for name in clock.stops_on}


def moment_change(node: Node, begun: Occurred, client: str | None, now: int) -> Change:
    """The rows and the entry. The case's version moves on, so that no message overlooks the new clock.

    Args:
        client: who recorded it; None if it came about by itself.
    """
    case = begun.case
    touched = CaseMoved(
        case_id=case.case_id,
        counterpart=case.counterpart,
        expected=case.version,
        state=case.state,
        version=case.version + 1,
        updated_ms=now,
        memory=case.memory,
    )
    fields: dict[str, FieldValue] = {
        "case": case.case_id,
        "peer": case.counterpart,
        "agreement": case.agreement,
        "moment": begun.moment,
        "since": begun.at_ms,
        "provisions": sorted({row.provision for row in begun.clocks}),
    }
    if client is not None:
        fields["client"] = client
    return Change((touched, *begun.clocks), (entry(node, Event.CASE_MOMENT, now, fields, case.case_id),))
