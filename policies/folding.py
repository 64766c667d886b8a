"""Conditions with what is known beforehand settled: of a program's rules, the act and the kind of message."""

from collections.abc import Mapping

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.kleene import compile_condition

TRUE: Condition = All(())
FALSE: Condition = AnyOf(())


def folded(condition: Condition, known: Mapping[str, str]) -> Condition:
    """Settle the parts of a condition that follow from facts known beforehand.

    Args:
        condition: a resolved condition.
        known: text facts that have one value wherever the result is used, such as the kind of message.

    Returns:
        A condition with the same value for all facts that agree with `known`; settled, `TRUE` or `FALSE`.
    """
    match condition:
        case Not(of):
            inner = folded(of, known)
            return FALSE if inner == TRUE else TRUE if inner == FALSE else Not(inner)
        case All(of):
            return _folded_parts(of, known, settles=FALSE, neutral=TRUE)
        case AnyOf(of):
            return _folded_parts(of, known, settles=TRUE, neutral=FALSE)
        case Compare(fact, _, _, None) | Member(fact, _, _, ()) | Present(fact) if fact in known:
            return TRUE if compile_condition(condition)(known.get) else FALSE
    return condition


def _folded_parts(
    of: tuple[Condition, ...], known: Mapping[str, str], *, settles: Condition, neutral: Condition
) -> Condition:
    parts = [folded(part, known) for part in of]
    if settles in parts:
        return settles
    left = tuple(part for part in parts if part != neutral)
    if len(left) == 1:
        return left[0]
    if not left:
        return neutral
    return All(left) if settles == FALSE else AnyOf(left)
