"""Both admins of a village's node state what happened to an agreement."""

from typing import Any

from gateway.exchange.activation import activate
from gateway.exchange.leaving import LeavingResult, record_leaving
from keys import canonical, instants
from keys.signatures import ADMIN_TYP, sign_statement
from tests.support.village import Village

COMPARED = ("text_compared_with_draft",)


def in_force(
    village: Village,
    agreement: str,
    *authorities: str,
    party: str | None = None,
    confirms: tuple[str, ...] = (),
    since: str = "2012-03-11",
) -> None:
    """An agreement, or one party's own date, is put in force at these nodes."""
    stated = {"v": 2, "act": "activate-agreement", "agreement": agreement, "party": party}
    stated |= {"confirms": list(confirms), "from_date": since, "reference": "Note of the depositary, 1"}
    for authority in authorities:
        for jws in _signed(village, authority, stated):
            village.run(activate(village.node(authority), jws))


def leaves(
    village: Village, agreement: str, *authorities: str, received: str, **stated: Any
) -> list[LeavingResult]:
    """A notice of leaving is recorded at these nodes."""
    fields = {"v": 1, "act": "withdraw-agreement", "agreement": agreement, "party": None}
    fields |= {"received": received, "effective": None, "reference": "Note, 7"} | stated
    results = []
    for authority in authorities:
        for jws in _signed(village, authority, fields):
            result = village.run(record_leaving(village.node(authority), jws))
        results.append(result)
    return results


def _signed(village: Village, authority: str, fields: dict[str, Any]) -> list[str]:
    whole = fields | {"node": authority, "issued": instants.write(village.clock.now)}
    content = canonical.encode(whole)
    return [sign_statement(key, ADMIN_TYP, content) for key in village.world[authority].admins]
