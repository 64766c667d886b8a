"""Admins' statements that put an agreement in force, signed outside the node."""

from typing import Any

from gateway.exchange.activation import ActivationResult, activate
from keys import canonical, instants
from keys.jwk import SigningKey
from keys.signatures import ADMIN_TYP, sign_statement
from tests.support.hostile import Victim

KZ_TM = "kz-tm-2024"


def statement(victim: Victim, key: SigningKey, **changes: Any) -> str:
    """An admin's statement that the agreement with Turkmenistan is in force."""
    fields = {
        "v": 1,
        "act": "activate-agreement",
        "node": victim.member.authority,
        "agreement": KZ_TM,
        "from_date": "2025-01-15",
        "reference": "Note of the depositary, 1",
        "issued": instants.write(victim.clock.now),
    }
    return sign_statement(key, ADMIN_TYP, canonical.encode(fields | changes))


async def activate_kz_tm(victim: Victim) -> ActivationResult:
    """Both admins sign."""
    for key in victim.member.admins:
        result = await activate(victim.node, statement(victim, key))
    return result
