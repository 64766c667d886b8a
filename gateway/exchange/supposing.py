"""What-if questions to a node: a decision on supposed facts, as of a day, by what this node has on record."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from gateway.errors import Invalid
from gateway.exchange.node import Node
from keys import instants
from keys.errors import CanonicalError
from policies.authorities import Notified
from policies.simulate import Records, Simulated, simulate

_NOON = time(12, tzinfo=UTC)
"""An instant that falls on the same civil date wherever the agreements' zones are."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def suppose(node: Node, facts: Mapping[str, Any], as_of: str | None) -> Simulated:
    """Decide on supposed facts.

    Args:
        facts: the facts supposed; what they state stands.
        as_of: civil date of the agreement, or RFC 3339 instant, whose status and lists fill in the rest.

    Raises:
        FactsError: a fact is not in the catalogue or has the wrong type.
        Invalid: `as_of` is neither a date nor an instant.
    """
    packs = node.agreements.packs
    if as_of is None:
        return simulate(packs, facts)
    on_date, at_ms = _day(node, facts, as_of)
    listed = (_listed(node, facts, end, on_date, at_ms) for end in ("sender", "recipient"))
    notices = tuple(notice for notice in listed if notice is not None)
    return simulate(
        packs,
        facts,
        on_date,
        Records(node.agreements.activations, node.agreements.withdrawals, notices=notices),
    )


def _day(node: Node, facts: Mapping[str, Any], as_of: str) -> tuple[date, int]:
    try:
        on_date = date.fromisoformat(as_of)
        return on_date, int((datetime.combine(on_date, _NOON) - _EPOCH).total_seconds() * 1000)
    except ValueError:
        pass
    try:
        at_ms = instants.parse(as_of)
    except CanonicalError as error:
        raise Invalid([("/as_of", f"is neither a civil date nor an instant: {error}")]) from error
    pack = node.agreements.pack(str(facts.get("agreement")))
    if pack is None:
        return (datetime.fromtimestamp(at_ms / 1000, UTC).date(), at_ms)
    return node.agreements.civil_date(pack, at_ms), at_ms


def _listed(node: Node, facts: Mapping[str, Any], end: str, on_date: date, at_ms: int) -> Notified | None:
    """The party's own signed list, as the notice it is; an authority that it leaves out is struck."""
    authority, agreement = facts.get(end), facts.get("agreement")
    if not isinstance(authority, str) or not isinstance(agreement, str):
        return None
    entry = node.trust.current.authority(authority, at_ms)
    listed = entry is not None and entry.is_listed(agreement, on_date)
    return Notified(agreement, authority, on_date, "trust list", listed=listed)
