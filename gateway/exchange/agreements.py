"""Agreements as this node knows them: packs, activations, and whether one is in force on a civil date."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.ports.rows import ActivationRow
from keys import canonical
from keys.errors import KeysError
from keys.jwk import VerifyKey
from keys.signatures import ADMIN_TYP, verify_statement
from policies.errors import PackError
from policies.packs import Pack
from policies.packset import PackSet
from policies.status import Activation, in_force

ADMINS_NEEDED = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def effective(rows: Iterable[ActivationRow], keys: Mapping[str, VerifyKey]) -> list[Activation]:
    """The activations that two different admins of today have signed alike; every signature is verified."""
    admins: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        if _is_signed(row, keys):
            admins.setdefault((row.agreement, row.from_date, row.reference), set()).add(row.admin)
    return [
        Activation(agreement, date.fromisoformat(from_date), reference)
        for (agreement, from_date, reference), signers in sorted(admins.items())
        if len(signers) >= ADMINS_NEEDED
    ]


def _is_signed(row: ActivationRow, keys: Mapping[str, VerifyKey]) -> bool:
    key = keys.get(row.admin)
    if key is None:
        return False
    try:
        said = canonical.decode(verify_statement(row.statement, ADMIN_TYP, key))
    except KeysError:
        return False
    stated = (row.agreement, row.from_date, row.reference)
    return isinstance(said, dict) and stated == tuple(
        said.get(name) for name in ("agreement", "from_date", "reference")
    )


class Agreements:
    """Packs with their status. `reload` replaces the activations after one was recorded.

    Args:
        admins: the admins' public keys by key id; the statements of anybody else do not count.
    """

    def __init__(
        self, packs: PackSet, activations: Iterable[ActivationRow], admins: Mapping[str, VerifyKey]
    ) -> None:
        self.packs = packs
        self._admins = admins
        self._activations = effective(activations, admins)
        self._in_force: dict[tuple[str, date], bool] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._refs: dict[str, str] = {}

    def reload(self, activations: Iterable[ActivationRow]) -> None:
        """Take over the activations on record."""
        self._activations = effective(activations, self._admins)
        self._in_force.clear()

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
        """Whether the agreement binds both parties on a civil date."""
        key = (pack.id, on_date)
        known = self._in_force.get(key)
        if known is None:
            if len(self._in_force) > 1024:
                self._in_force.clear()
            known = self._in_force[key] = bool(in_force(pack, self._activations, on_date))
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
