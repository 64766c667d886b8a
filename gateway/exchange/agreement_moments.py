"""What a client records about an agreement itself: a change of its own side's list, a forwarded notice."""

from datetime import date
from typing import Literal

from msgspec import Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, Invalid, NotFound
from gateway.exchange.agreement_clocks import amendment_rows, stopped, zone_of
from gateway.exchange.body import CivilDate
from gateway.exchange.entries import entry
from gateway.exchange.moments import civil_day, first_instant
from gateway.exchange.node import Node
from gateway.ports.clock_rows import NO_CASE, ClockRow
from gateway.ports.rows import Write
from gateway.ports.store import Change
from policies.packs import Pack


class AgreementMomentRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened to an agreement.

    Args:
        moment: `amendment`, this side's list or names of authorities changed; `leaving_forwarded`, the
            depositary told the parties of a notice of leaving.
        on: civil date of it, in the agreement's zone.
    """

    moment: Literal["amendment", "leaving_forwarded"]
    on: CivilDate


async def record_agreement_moment(
    node: Node, client: str, agreement: str, record: AgreementMomentRecord
) -> list[ClockRow]:
    """Record it, and start or stop the agreement's clocks in the same transaction. Twice is harmless.

    Returns:
        The agreement's clocks as they are then.

    Raises:
        NotFound: no such agreement on this gateway.
        Invalid: it concerns no clock of the agreement, its date cannot be, or this state is no party.
        Conflict: a clock moves on all the time; ask again.
        StoreUnavailable: the log cannot write, so nothing is on record.
    """
    pack = node.agreements.pack(agreement)
    if pack is None or pack.in_force is None:
        raise NotFound("no such agreement")
    day = civil_day(record.on)
    now = node.clock.now_ms()
    if day is None or day > node.agreements.civil_date(pack, now):
        raise Invalid([("/on", "is no date" if day is None else "is in the future")])
    _require_concern(node, pack, record.moment)
    try:
        await _record(node, client, pack, record, day, now)
    except Conflict:
        await _record(node, client, pack, record, day, now)  # the same beside us, or a clock that moved on
    return node.store.clocks(NO_CASE, pack.id)


async def _record(
    node: Node, client: str, pack: Pack, record: AgreementMomentRecord, day: date, now: int
) -> None:
    if record.moment == "amendment":
        writes: list[Write] = [*amendment_rows(node, pack, day)]
    else:
        at_ms = min(now, first_instant(day, zone_of(pack)))
        rows = [row for row in node.store.clocks(NO_CASE, pack.id) if row.started_ms <= at_ms]
        writes = [*stopped(rows, pack, record.moment, record.moment, at_ms)]
    if writes:
        await _write(node, client, pack, record, writes, now)


def _require_concern(node: Node, pack: Pack, moment: str) -> None:
    if not any(moment in clock.starts_on or moment in clock.stops_on for clock in pack.clocks):
        raise Invalid([("/moment", f"concerns no time limit of {pack.id}")])
    own = node.authority.partition("/")[0].upper()
    if moment == "amendment" and own not in {party.state for party in pack.parties}:
        raise Invalid([("/moment", f"is a matter of the parties, and {own} is none")])


async def _write(
    node: Node, client: str, pack: Pack, record: AgreementMomentRecord, writes: list[Write], now: int
) -> None:
    concerned = {c.provision for c in pack.clocks if record.moment in (*c.starts_on, *c.stops_on)}
    fields: dict[str, FieldValue] = {
        "agreement": pack.id,
        "client": client,
        "moment": record.moment,
        "from_date": record.on,
        "provisions": sorted(map(pack.cite, concerned)),
    }
    await node.journal.record(Change(tuple(writes), (entry(node, Event.AGREEMENT_MOMENT, now, fields),)))
    node.log.info("agreement.moment", agreement=pack.id, moment=record.moment)
