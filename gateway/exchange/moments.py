"""What a message means to clocks: the moments it brings (`policies.timing.MOMENTS`), each with its instant.

Moments that no message shows (an obstacle that became known, a refusal decided) start no clock here.
"""

from msgspec import Struct

from gateway.exchange.case import Role
from gateway.exchange.facts import Verified
from keys import instants
from keys.errors import CanonicalError


class Moment(Struct, frozen=True):
    """One thing that a message brings about.

    Args:
        name: as clocks name it.
        stated_ms: the instant the message states for it (Unix milliseconds); None if it states none.
    """

    name: str
    stated_ms: int | None = None


def moments_of(verified: Verified, role: Role) -> tuple[Moment, ...]:
    """The moments of a permitted message, in a fixed order; the same at both ends.

    Args:
        role: role of the message's sender in the case.
    """
    manifest, body = verified.manifest, verified.body
    found = [Moment(manifest.kind)]
    if body.oral is not None:
        found.append(Moment("written_confirmation", _instant(body.oral.made)))
    if body.obstacle is not None and body.obstacle.deferral:
        found.append(Moment("deferral"))
    if manifest.kind == "clarification_query" and role == "requester":
        found = [Moment("follow_up")]
    if manifest.personal_data is not None:
        found.append(Moment("deletion_due", _instant(manifest.personal_data.delete_by)))
    return tuple(found)


def _instant(text: str) -> int | None:
    try:
        return instants.parse(text)
    except CanonicalError:
        return None
