"""A message whose signatures, digests and addresses were checked, and its place in its case."""

from msgspec import Struct

from gateway.exchange.body import Body
from gateway.exchange.case import Role
from gateway.exchange.manifest import Manifest
from gateway.exchange.standing import Memory, Move, Standing
from gateway.ports.rows import CaseEventRow, CaseRow


class Verified(Struct, frozen=True):
    """What was checked, at either end.

    Args:
        manifest, body: what it says.
        digest: the manifest's digest.
        official: office of the official whose signature verified, or None.
    """

    manifest: Manifest
    body: Body
    digest: str
    official: str | None


class Carried(Struct, frozen=True):
    """What a transfer carries, verified: the request, and whether its sender ordered the transfer."""

    request: Manifest
    asked: bool


class CasePosition(Struct, frozen=True):
    """Where the message stands in its case.

    Args:
        case: the case as stored; None if the message opens it.
        role: role of the message's sender.
        allowed: the case admits this message now.
        reply_known: the message it answers is one of this case.
        memory: what is remembered of the case before the message.
        answered: the message it answers, if that is one of this case.
        move: the message as the case machine sees it.
        after: where the case stands after it; None if it is not allowed.
        carried: what a transfer carries.
    """

    case: CaseRow | None
    role: Role
    allowed: bool
    reply_known: bool
    memory: Memory = Memory()
    answered: CaseEventRow | None = None
    move: Move | None = None
    after: Standing | None = None
    carried: Carried | None = None
