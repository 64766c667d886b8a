"""Random facts near lawful ones, with unknowns, for holding two ways of deciding against each other."""

import random
from typing import Any

from smt import SLOTS, SOURCES
from treaty_facts import AGREEMENTS, KINDS, act, granted, message, packs, source

from policies.facts import LEVELS
from policies.programs import ACTS
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES, SOURCE_PREFIX

WORDS = sorted(
    {
        entry.code
        for pack in (*AGREEMENTS, "baseline")
        for entries in packs().pack(pack).lists.lists.values()
        for entry in entries
    }
    | {*AGREEMENTS, "kz-ru-mvd-1993", "kz/mia", "ru/mia", "uz/mia", "kk", "tk", "extradition", "nonsense"}
)
HOURS_72 = 72 * 3600
_TYPES = FACT_TYPES | SOURCE_FACT_TYPES


def any_value(name: str, pick: random.Random) -> Any:
    """A value of the fact's type."""
    kind = _TYPES[name]
    if kind.sort == "bool":
        return pick.random() < 0.5
    if kind.sort == "int":
        return pick.choice([1, 60, HOURS_72, HOURS_72 + 1, 864_000, 864_001])
    if kind.sort == "level":
        return pick.choice(LEVELS)
    if kind.sort == "text":
        return pick.choice(kind.values or WORDS)
    if kind.sort == "code_or_codes" and pick.random() < 0.5:
        return pick.choice(WORDS)
    return [pick.choice(WORDS) for _ in range(pick.randint(0, SLOTS[name]))]


def any_source(pick: random.Random) -> dict[str, Any]:
    """A source with or without a grant, under an agreement that is mostly a known one."""
    under = pick.choice([*AGREEMENTS, *AGREEMENTS, "kz-xx-1999"])
    made = pick.choice([source, granted])(under, pick.choice(["ru/mia", "kz/mia"]))
    for name in pick.sample(sorted(SOURCE_FACT_TYPES), pick.randint(0, 2)):
        short = name.removeprefix(SOURCE_PREFIX)
        if short in {"originator", "agreement"}:
            continue
        if pick.random() < 0.3:
            made.pop(short, None)
        else:
            made[short] = any_value(name, pick)
    return made


def any_facts(agreement: str, pick: random.Random) -> dict[str, Any]:
    """A lawful message or act, with a few facts changed or taken away; sometimes with many."""
    name = pick.choice(ACTS)
    known = act(agreement, name) if pick.random() < 0.4 else message(agreement, pick.choice(KINDS), act=name)
    if pick.random() < 0.5:
        sources = [any_source(pick) for _ in range(pick.randint(0, SOURCES))]
        known |= {"purpose_same": True, "sources": sources}
    if pick.random() < 0.15:
        known |= {"agreement_in_force": False, "agreement_status": "ended", "started_in_force": True}
    changeable = sorted(set(FACT_TYPES) - {"sources", "agreement", "as_of"})
    for fact in pick.sample(changeable, pick.choice([0, 0, 1, 2, 3, 20])):
        if pick.random() < 0.35:
            known.pop(fact, None)
        else:
            known[fact] = any_value(fact, pick)
    if pick.random() < 0.1:
        known |= {"oral_confirms": True, "oral_age_s": pick.choice([HOURS_72, HOURS_72 + 1])}
    for fact in ("sources", "sender_state_language", "recipient_state_language"):
        if pick.random() < 0.05:
            known.pop(fact, None)
    return known
