"""What a notice of a change of lists does to clocks outside its own case.

Our own notice stops the clock that a client started when the change happened. The depositary's notice to the
parties names the party's notice that it forwards, and stops the clock of forwarding in that one's case: at
the depositary when it is sent, at the party when it arrives there too. It is one message to all of them.
"""

from gateway.exchange.agreement_clocks import stopped, zone_of
from gateway.exchange.body import Amendment
from gateway.exchange.manifest import Manifest
from gateway.exchange.moments import civil_day, first_instant
from gateway.exchange.node import Node
from gateway.ports.clock_rows import NO_CASE, ClockMoved
from policies.packs import Pack

NOTICE, FORWARDED = "amendment_notice", "amendment_forwarded"


def follow_amendment(
    node: Node, pack: Pack, manifest: Manifest, told: Amendment | None, now: int
) -> list[ClockMoved]:
    """The clocks outside its case that an amendment notice stops. To be called once for all its recipients.

    Args:
        told: the change that it tells of.
        now: when it was taken (Unix milliseconds).
    """
    if told is None:
        return []
    if node.agreements.role(pack, manifest.sender) == "depositary":
        return _forwarded(node, pack, manifest, told, now)
    day = civil_day(told.effective_from)
    if manifest.sender != node.authority or day is None:
        return []
    rows = node.store.clocks(NO_CASE, pack.id)
    return stopped(rows, pack, NOTICE, manifest.id, now, first_instant(day, zone_of(pack)))


def _forwarded(node: Node, pack: Pack, manifest: Manifest, told: Amendment, now: int) -> list[ClockMoved]:
    direction = "in" if manifest.sender == node.authority else "out"
    notice = None if told.forwards is None else node.store.message(direction, told.forwards)
    if notice is None or notice.kind != NOTICE or notice.agreement != pack.id:
        return []
    notifier = notice.authority.partition("/")[0].upper()
    if not _parties_to_tell(node, pack, notifier, now) <= {_state(one) for one in manifest.recipients}:
        return []
    other = notice.authority if direction == "in" else manifest.sender
    rows = [row for row in node.store.clocks(notice.case_id, other) if row.started_by == notice.message_id]
    return stopped(rows, pack, FORWARDED, manifest.id, now)


def _parties_to_tell(node: Node, pack: Pack, notifier: str, now: int) -> set[str]:
    """Every other party that the agreement binds to the one that gave notice."""
    today = node.agreements.civil_date(pack, now)
    others = [party.state for party in pack.parties if party.state != notifier]
    return {state for state in others if node.agreements.status(pack, today, (notifier, state))}


def _state(authority: str) -> str:
    return authority.partition("/")[0].upper()
