"""What a message means to clocks: the moments it brings (`policies.timing.MOMENTS`), each with its instant.

Moments that no message shows (an obstacle that became known, a refusal decided) are recorded by a client
(`gateway.exchange.recording`).
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.exchange.body import Body
from gateway.exchange.manifest import Manifest
from keys import instants
from keys.errors import CanonicalError
from policies.timing import MOMENTS

_NAMES = frozenset(MOMENTS)
_MIDNIGHT = datetime.min.time()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOTH = frozenset({"written_confirmation", "deferral"})
_KIND_ONLY = frozenset({"transferred", "conditions_accepted", "conditions_declined"})


class Moment(Struct, frozen=True):
    """One thing that a message brings about.

    Args:
        name: as clocks name it.
        stated_ms: the instant the message states for it (Unix milliseconds); None if it states none.
    """

    name: str
    stated_ms: int | None = None


def moments_of(manifest: Manifest, body: Body, step: str, zone: str, *, depositary: bool) -> list[Moment]:
    """The moments of a permitted message, in a fixed order; the same at both ends.

    Args:
        step: the message's step in its case (`gateway.exchange.steps`).
        zone: IANA zone of the agreement's civil dates.
        depositary: its sender is the agreement's depositary.
    """
    stated = None if body.oral is None else _instant(body.oral.made)
    names = named(manifest.kind, step)
    if manifest.kind == "amendment_notice":
        names = ["amendment_forwarded"] if depositary else names
    found = [Moment(name, stated) for name in names if name in _NAMES]
    if body.amendment is not None and not depositary:
        found.append(Moment("amendment", _day(body.amendment.effective_from, zone)))
    data = manifest.personal_data
    if data is not None and data.delete_by is not None:
        found.append(Moment("deletion_due", _instant(data.delete_by)))
    return found


def named(kind: str, step: str) -> list[str]:
    """The names under which clocks know a message of a kind that is a step of its case."""
    return [kind, step] if step in _BOTH else [kind if step in _KIND_ONLY else step]


def _instant(text: str) -> int | None:
    try:
        return instants.parse(text)
    except CanonicalError:
        return None


def _day(text: str, zone: str) -> int | None:
    day = civil_day(text)
    return None if day is None else first_instant(day, zone)


def civil_day(text: str) -> date | None:
    """The civil date that a text states; None if it states none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def first_instant(day: date, zone: str) -> int:
    """The first instant of a civil date in a zone (Unix milliseconds)."""
    begun = datetime.combine(day, _MIDNIGHT, tzinfo=ZoneInfo(zone))
    return int((begun - _EPOCH).total_seconds()) * 1000
