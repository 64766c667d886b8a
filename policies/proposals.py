"""Values that a condition itself suggests for the facts it reads, where a remedy leaves the choice open."""

from collections.abc import Iterator
from typing import Any

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.facts import LEVELS
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES

FIXED = frozenset(
    {
        *("act", "kind", "agreement", "agreement_in_force", "agreement_status", "started_in_force", "as_of"),
        *("sender", "sender_state", "recipient", "recipient_state", "level", "inspected_level"),
        *("level_changed", "changed_by_originator", "onward", "matter_excluded", "oral_age_s", "sources"),
        *("source.originator", "source.agreement", "source.same_state", "source.recipient_is_originator"),
    }
)
"""Facts that say what the message is or what was found out: saying otherwise makes nothing lawful."""


def proposals(condition: Condition) -> list[tuple[str, list[Any]]]:
    """Values to try, for each fact that a person can do something about.

    Args:
        condition: a rule's resolved condition.

    Returns:
        (fact, values) in the order written, each fact once; the values are those that the condition names and
        the other ones of a closed type. Whether one of them helps is for the caller to decide.
    """
    found: dict[str, list[Any]] = {}
    for fact, values in _named(condition):
        known = found.setdefault(fact, [])
        known += [value for value in values if value not in known]
    return [(fact, values) for fact, values in found.items() if fact not in FIXED and values]


def _named(condition: Condition) -> Iterator[tuple[str, list[Any]]]:
    match condition:
        case Compare(fact, _, value, ref):
            yield fact, [*_closed(fact), *([value] if isinstance(value, str) else [])]
            yield from [] if ref is None else [(ref, _closed(ref))]
        case Member(fact, _, values, _):
            yield fact, [*_as_given(fact, sorted(values)), *_closed(fact)]
        case Not(of):
            yield from _named(of)
        case All(of) | AnyOf(of):
            for part in of:
                yield from _named(part)
        case Present():
            return


def _as_given(fact: str, codes: list[str]) -> list[Any]:
    """Codes as values of the fact: a list fact holds one of them alone."""
    kind = FACT_TYPES.get(fact) or SOURCE_FACT_TYPES[fact]
    return [[code] for code in codes] if kind.sort in {"codes", "code_or_codes"} else list(codes)


def _closed(fact: str) -> list[Any]:
    """Every value of a closed type, but of levels not the last, state secret."""
    kind = FACT_TYPES.get(fact) or SOURCE_FACT_TYPES[fact]
    if kind.sort == "bool":
        return [True, False]
    if kind.sort == "level":
        return list(LEVELS[:-1])
    return list(kind.values)
