"""The end of an agreement: its clocks that start on `agreement_ended` start in every case they concern.

The agreement obliges whoever still holds personal data that came under it (kz-az-2005/8(6)).
"""

from contextlib import suppress

from gateway.errors import Conflict, NotFound
from gateway.exchange.case import VOID
from gateway.exchange.collect import open_stored
from gateway.exchange.facts import state_of
from gateway.exchange.node import Node
from gateway.exchange.recording import Occurred, moment_change, started
from gateway.ports.rows import CaseEventRow, CaseRow
from policies.packs import Pack

ENDED = "agreement_ended"


async def end_cases(node: Node, pack: Pack, at_ms: int, now: int) -> bool:
    """Start the clocks of an agreement's end in the cases between parties for whom it has ended by now.

    Args:
        at_ms: the first instant after the end.

    Returns:
        Whether all have started; False if a case moved on meanwhile, so that it is to be tried again.
    """
    if not any(ENDED in clock.starts_on for clock in pack.clocks):
        return True
    today, own = node.agreements.civil_date(pack, now), state_of(node.authority)
    done = True
    for case in node.store.cases_under(pack.id):
        pair = (own, state_of(case.counterpart))
        if node.agreements.status(pack, today, pair).status != "ended" or not _holds_data(node, pack, case):
            continue
        rows = started(node, pack, case, ENDED, at_ms, now)
        try:
            await node.journal.record(moment_change(node, Occurred(case, ENDED, at_ms, rows), None, now))
        except Conflict:
            done = False
    return done


def _holds_data(node: Node, pack: Pack, case: CaseRow) -> bool:
    """Whether a case has personal data of the other side, with neither its destruction nor its end told."""
    rows = node.store.clocks(case.case_id, case.counterpart)
    if case.state == VOID or any(row.started_by == ENDED for row in rows):
        return False
    holding = False
    for event in node.store.case_events(case.case_id, case.counterpart):
        if event.authority == node.authority:
            holding = holding and event.step not in _stops(pack)
        else:
            holding = holding or _carries_data(node, event)
    return holding


def _stops(pack: Pack) -> set[str]:
    return {name for clock in pack.clocks if ENDED in clock.starts_on for name in clock.stops_on}


def _carries_data(node: Node, event: CaseEventRow) -> bool:
    for envelope in node.store.envelopes("in", event.authority, event.message_id):
        item = node.store.inbox_item(envelope.envelope_id)
        if item is not None:
            with suppress(NotFound):  # its keys were destroyed, so nothing is held
                return open_stored(node, item)[1].personal_data is not None
    return False
