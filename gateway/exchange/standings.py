"""Where agreements stand on a civil date, as seen from this authority's state, each with its ground."""

from datetime import date

from msgspec import Struct

from gateway.exchange.agreements import Agreements
from policies.packs import Pack


class Standing(Struct, frozen=True):
    """An agreement between this authority's state and another party.

    Args:
        counterpart: state of the other party.
        status: `in_force`, `not_in_force` or `ended`.
        since: first civil date on which it bound, in the agreement's zone.
        until: first civil date on which it binds no longer, if a notice of leaving is on record.
        provision: provision id that rules on it.
        reference: what it rests on: a publication, a notification, or the notice of leaving.
    """

    counterpart: str
    status: str
    since: str | None
    until: str | None
    provision: str
    reference: str | None


class Listed(Struct, frozen=True):
    """An agreement of this gateway.

    Args:
        stage: how far the source shows it to have come, whatever was stated since.
        in_force: whether it binds any two parties on that date.
        standings: towards every other party; empty if this authority's state is none.
    """

    agreement: str
    pack: str
    hash: str
    stage: str
    in_force: bool
    on: str
    standings: list[Standing]


def listed(agreements: Agreements, authority: str, at_ms: int, on_date: date | None) -> list[Listed]:
    """Every agreement as of a date; by default that of an instant, in each agreement's own zone.

    Args:
        authority: this authority.
        at_ms: now (Unix milliseconds).
    """
    own = authority.partition("/")[0].upper()
    packs = [agreements.pack(name) for name in agreements.packs.agreements]
    return [
        _listed(agreements, pack, own, on_date or agreements.civil_date(pack, at_ms))
        for pack in packs
        if pack is not None
    ]


def _listed(agreements: Agreements, pack: Pack, own: str, on_date: date) -> Listed:
    states = [party.state for party in pack.parties]
    others = [state for state in states if state != own] if own in states else []
    return Listed(
        pack.id,
        f"{pack.id}@{pack.version}",
        pack.hash,
        "" if pack.in_force is None else pack.in_force.stage,
        agreements.in_force(pack, on_date),
        on_date.isoformat(),
        [_standing(agreements, pack, own, other, on_date) for other in others],
    )


def _standing(agreements: Agreements, pack: Pack, own: str, other: str, on_date: date) -> Standing:
    found = agreements.status(pack, on_date, (own, other))
    return Standing(
        other,
        found.status,
        None if found.since is None else found.since.isoformat(),
        None if found.until is None else found.until.isoformat(),
        found.provision,
        found.reference,
    )
