"""Writes the tables of the case machine into docs/MESSAGE-CYCLE.md.

`python -m docs.make_case_tables` writes them; a test reads them back and compares them with the machine.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from gateway.exchange.case import CROSSED, OPENING, ROLES, STATES, TRANSITIONS, WORKING, Table

PAGE = Path(__file__).resolve().parent / "MESSAGE-CYCLE.md"
UNCHANGED = "(unchanged)"
HEADS = {
    "states": "| state | meaning |\n| --- | --- |",
    "transitions": "| from | step | by | to |\n| --- | --- | --- | --- |",
    "crossed": "| from | step | by | to |\n| --- | --- | --- | --- |",
}
_PLACES = list(STATES)


def page_text(text: str) -> str:
    """The page with its tables written anew."""
    for name, rows in (("states", _states()), ("transitions", _transitions()), ("crossed", _rows(CROSSED))):
        table = "\n".join((HEADS[name], *rows))
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = between.sub(lambda found, table=table: found[1] + table + "\n" + found[2], text)  # type: ignore[misc]
    return text


def _states() -> list[str]:
    return [f"| {state} | {meaning} |" for state, meaning in STATES.items()]


def _transitions() -> list[str]:
    return [f"| (none) | {step} | requester | {state} |" for step, state in OPENING.items()] + _rows(
        TRANSITIONS
    )


def _rows(table: Table) -> list[str]:
    """One row for all steps that lead from the same states to the same one, by the same side."""
    by_states: dict[tuple[str, str, str], list[str]] = {}
    for (state, step, role), after in table.items():
        moves = any(
            (other, step, role) in table and table[other, step, role] == after
            for other in STATES
            if other != after
        )
        to = UNCHANGED if after == state and not moves else after
        by_states.setdefault((step, role, to), []).append(state)
    by_steps: dict[tuple[tuple[str, ...], str, str], list[str]] = {}
    for (step, role, to), states in by_states.items():
        by_steps.setdefault((_named(states), role, to), []).append(step)
    by_roles: dict[tuple[tuple[str, ...], tuple[str, ...], str], list[str]] = {}
    for (states, role, to), steps in by_steps.items():
        by_roles.setdefault((states, tuple(sorted(steps)), to), []).append(role)
    return [
        f"| {', '.join(states)} | {', '.join(steps)} | {_side(roles)} | {to} |"
        for (states, steps, to), roles in by_roles.items()
    ]


def _named(states: Iterable[str]) -> tuple[str, ...]:
    """The states in the order of their table; all of the working ones under that name."""
    found = sorted(set(states), key=_PLACES.index)
    if not set(WORKING) <= set(found):
        return tuple(found)
    return ("*working*", *(state for state in found if state not in WORKING))


def _side(roles: list[str]) -> str:
    return "either" if len(roles) == len(ROLES) else roles[0]


def main() -> None:
    """Write the tables."""
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
