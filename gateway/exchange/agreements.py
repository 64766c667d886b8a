"""Agreements as this node knows them: packs, statements of admins, and where one stands on a civil date."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.exchange.statements import activations as effective_activations
from gateway.exchange.statements import withdrawals as effective_withdrawals
from gateway.ports.clock_rows import WithdrawalRow
from gateway.ports.rows import ActivationRow, CaseRow
from keys.jwk import VerifyKey
from policies.authorities import Notified, listing, role_of
from policies.errors import PackError
from policies.facts import Role
from policies.packs import Pack
from policies.packset import PackSet
from policies.status import Activation, InForce, Withdrawal, in_force

_CACHED = 1024
_BODIES = ("depositary", "secretariat", "consultation_body")
_STANDING = ("in_force", "ended", "not_in_force")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _names(pack: Pack, authority: str, on_date: date, notices: tuple[Notified, ...]) -> bool:
    lists = pack.authorities
    if not (lists.authorities or lists.unlisted):
        return True
    found = listing(pack, authority, on_date, notices)
    if found.ground != "unlisted_until_notified":
        return bool(found)
    state = authority.partition("/")[0].upper()
    return any(one.state == state and one.complete for one in lists.unlisted)


def _bound(cache: dict[Any, Any]) -> None:
    """Dates and authorities come from messages: what is remembered of them has an end."""
    if len(cache) > _CACHED:
        cache.clear()


class Agreements:
    """Packs with their status. `reload` replaces the statements after one was recorded.

    Args:
        admins: the admins' public keys by key id; the statements of anybody else do not count.
        notices: notices on record that change lists of competent authorities.
    """

    def __init__(
        self,
        packs: PackSet,
        activations: Iterable[ActivationRow],
        admins: Mapping[str, VerifyKey],
        notices: Iterable[Notified] = (),
        withdrawals: Iterable[WithdrawalRow] = (),
    ) -> None:
        self.packs = packs
        self._notices = tuple(notices)
        self._admins = admins
        self._statuses: dict[tuple[str, date, tuple[str, str] | None], InForce] = {}
        self._named: dict[tuple[str, str, date], bool] = {}
        self._roles: dict[tuple[str, str], Role] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._refs: dict[str, str] = {}
        self.reload(activations, withdrawals)

    def reload(self, activations: Iterable[ActivationRow], withdrawals: Iterable[WithdrawalRow]) -> None:
        """Take over the statements on record."""
        self._activations = effective_activations(activations, self._admins)
        self._withdrawals = effective_withdrawals(withdrawals, self._admins)
        self._statuses.clear()

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activations in effect."""
        return tuple(self._activations)

    @property
    def withdrawals(self) -> tuple[Withdrawal, ...]:
        """The notices of leaving in effect."""
        return tuple(self._withdrawals)

    def pack(self, agreement: str) -> Pack | None:
        """The agreement's pack, or None if there is none."""
        try:
            return self.packs.pack(agreement)
        except PackError:
            return None

    def civil_date(self, pack: Pack, at_ms: int) -> date:
        """The civil date of an instant in the agreement's stated zone."""
        zone = self._zones.get(pack.id)
        if zone is None:
            name = "UTC" if pack.in_force is None else pack.in_force.zone
            zone = self._zones[pack.id] = ZoneInfo(name)
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).date()

    def in_force(self, pack: Pack, on_date: date) -> bool:
        """Whether the agreement binds any two parties on a civil date."""
        return bool(self.status(pack, on_date, None))

    def status(self, pack: Pack, on_date: date, states: tuple[str, str] | None) -> InForce:
        """Where the agreement stands on a civil date between two states; None: between any two."""
        key = (pack.id, on_date, states)
        known = self._statuses.get(key)
        if known is None:
            _bound(self._statuses)
            known = self._statuses[key] = in_force(
                pack, self._activations, on_date, self._withdrawals, states
            )
        return known

    def binds(self, pack: Pack, on_date: date, one: str, other: str) -> InForce:
        """Where the agreement stands on a civil date between two authorities.

        A body of the agreement itself, such as its depositary, is of no party: the other authority's state
        must then be bound to some party.
        """
        states = one.partition("/")[0].upper(), other.partition("/")[0].upper()
        parties = [party.state for party in pack.parties]
        bodies = [self.role(pack, authority) in _BODIES for authority in (one, other)]
        if not any(bodies) or set(states) <= set(parties):
            return self.status(pack, on_date, states)
        if all(bodies):
            return self.status(pack, on_date, None)
        own = states[bodies.index(False)]
        answers = [self.status(pack, on_date, (own, party)) for party in parties if party != own]
        return min(answers, key=lambda answer: _STANDING.index(answer.status))

    def began_in_force(self, pack: Pack, one: str, other: str, case: CaseRow | None) -> bool:
        """Whether a case between two authorities was opened while the agreement bound them."""
        if case is None:
            return False
        return bool(self.binds(pack, self.civil_date(pack, case.opened_ms), one, other))

    def names(self, pack: Pack, authority: str, on_date: date) -> bool:
        """Whether the agreement's own list leaves an authority room to be competent on a civil date.

        True if the list names it on that day or the pack has none, or if the agreement leaves the state's
        whole list to notices: then the state's signed trust list is that notice. Bodies beside those that a
        list names need a notice on record.
        """
        key = (pack.id, authority, on_date)
        known = self._named.get(key)
        if known is None:
            _bound(self._named)
            known = self._named[key] = _names(pack, authority, on_date, self._notices)
        return known

    def role(self, pack: Pack, authority: str) -> Role:
        """The part that the agreement's address book gives an authority."""
        key = (pack.id, authority)
        known = self._roles.get(key)
        if known is None:
            _bound(self._roles)
            known = self._roles[key] = role_of(pack, authority)
        return known

    def clock_label(self, agreement: str, clock: str) -> str:
        """What a clock of an agreement's pack is called for a person; its name if the pack has it no more."""
        pack = self.pack(agreement)
        found = () if pack is None else pack.clocks
        return next((one.label for one in found if one.name == clock), clock)

    def reference(self, agreement: str) -> str | None:
        """The pack as a manifest names it, `<id>@<version>`."""
        pack = self.pack(agreement)
        return None if pack is None else f"{pack.id}@{pack.version}"

    def logged(self, agreement: str) -> str:
        """The pack as the audit log names it, `<id>@<version>#<hash prefix>`."""
        known = self._refs.get(agreement)
        if known is None:
            pack = self.packs.pack(agreement)
            known = self._refs[agreement] = f"{pack.id}@{pack.version}#{pack.hash.partition(':')[2][:16]}"
        return known
