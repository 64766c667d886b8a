"""Agreements as this node knows them: packs, statements of admins, and where one stands on a civil date."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.exchange.statements import activations as effective_activations
from gateway.exchange.statements import withdrawals as effective_withdrawals
from gateway.ports.clock_rows import WithdrawalRow
from gateway.ports.rows import ActivationRow
from keys.jwk import VerifyKey
from policies.errors import PackError
from policies.packs import Pack
from policies.packset import PackSet
from policies.status import InForce, in_force

_CACHED = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Agreements:
    """Packs with their status. `reload` replaces the statements after one was recorded.

    Args:
        admins: the admins' public keys by key id; the statements of anybody else do not count.
    """

    def __init__(
        self,
        packs: PackSet,
        activations: Iterable[ActivationRow],
        admins: Mapping[str, VerifyKey],
        withdrawals: Iterable[WithdrawalRow] = (),
    ) -> None:
        self.packs = packs
        self._admins = admins
        self._statuses: dict[tuple[str, date, tuple[str, str] | None], InForce] = {}
        self.reload(activations, withdrawals)
        self._zones: dict[str, ZoneInfo] = {}
        self._refs: dict[str, str] = {}

    def reload(self, activations: Iterable[ActivationRow], withdrawals: Iterable[WithdrawalRow]) -> None:
        """Take over the statements on record."""
        self._activations = effective_activations(activations, self._admins)
        self._withdrawals = effective_withdrawals(withdrawals, self._admins)
        self._statuses.clear()

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activations in effect."""
        return tuple(self._activations)

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
            if len(self._statuses) > _CACHED:
                self._statuses.clear()
            known = self._statuses[key] = in_force(
                pack, self._activations, on_date, self._withdrawals, states
            )
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
