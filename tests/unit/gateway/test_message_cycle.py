"""docs/MESSAGE-CYCLE.md says what the code does: the case machine, the crash points, the names, the steps."""

import ast
import re
from pathlib import Path

import pytest

from docs.make_case_tables import page_text
from gateway.exchange.case import AS_BEFORE, CROSSED, OPENING, ROLES, STATES, TRANSITIONS, VOID

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "MESSAGE-CYCLE.md").read_text(encoding="utf-8")
STEP = re.compile(r"\b(?:S[0-8]|D[1-6]|R(?:1[0-3]|[1-9])|C[1-6]|E[1-3]|K[1-5])\b")
CITED = sorted(
    set(re.findall(r"`((?:gateway|keys|audit|policies)/[a-z_/0-9]+\.py)(?::([A-Za-z_]+))?`", PAGE))
)


def rows_of(heading: str) -> list[tuple[str, ...]]:
    """The cells of the first table below a heading, its two head lines left out."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def sources() -> dict[str, str]:
    files = (ROOT / "gateway").rglob("*.py")
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


def rows_between(name: str) -> list[tuple[str, ...]]:
    """The cells of the table between `<!-- name -->` and the next end mark, its two head lines left out."""
    section = PAGE.split(f"<!-- {name} -->\n", 1)[1].split("\n<!-- end -->", 1)[0]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in section.splitlines()[2:]]


def working() -> list[str]:
    """What the page says `*working*` stands for."""
    said = PAGE.split("*working* stands for: ", 1)[1].split(".\n", 1)[0]
    return re.split(r",\s+", said)


def told(name: str) -> list[tuple[str, str, str, str]]:
    """Every transition that a table tells, its lists taken apart."""
    found = []
    for cells in rows_between(name):
        states, steps, side, after = (cell.split(", ") for cell in cells)
        froms = [one for state in states for one in (working() if state == "*working*" else [state])]
        for state in froms:
            to = state if after == ["(unchanged)"] else after[0]
            roles = ROLES if side == ["either"] else side
            found += [(state, step, role, to) for step in steps for role in roles]
    return found


def test_the_case_table_is_the_machine() -> None:
    opening = {("(none)", step, "requester", state) for step, state in OPENING.items()}
    moving = {(state, step, role, after) for (state, step, role), after in TRANSITIONS.items()}
    rows = told("transitions")
    assert set(rows) == opening | moving
    assert len(rows) == len(opening) + len(moving)


def test_what_may_cross_is_on_the_page() -> None:
    rows = told("crossed")
    assert set(rows) == {(state, step, role, after) for (state, step, role), after in CROSSED.items()}
    assert len(rows) == len(CROSSED)


def test_every_state_is_explained_and_reached() -> None:
    assert dict(rows_between("states")) == STATES
    assert {row[3] for row in told("transitions")} - {AS_BEFORE} == set(STATES) - {VOID}


def test_the_tables_are_written_by_their_generator() -> None:
    assert page_text(PAGE) == PAGE


def test_the_crash_points_are_those_in_the_code() -> None:
    named = [
        name for text in sources().values() for name in re.findall(r"crash_point\(\"([a-z_.]+)\"\)", text)
    ]
    assert sorted(named) == sorted(row[0].strip("`") for row in rows_of("Crash points"))
    assert len(named) == 12


@pytest.mark.parametrize(("path", "name"), CITED)
def test_every_cited_name_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    assert not name or name in defined


def test_the_page_cites_code() -> None:
    assert len(CITED) >= 30


def test_every_step_the_code_cites_is_on_the_page() -> None:
    numbered = {row.split()[0] for row in re.findall(r"^\| ([A-Z]\d+ [^|]+) \|", PAGE, re.MULTILINE)}
    cited = {step for text in sources().values() for step in STEP.findall(text)}
    assert cited <= numbered
    assert {"S0", "S8", "D1", "D6", "R1", "R13", "C1", "C6", "E1", "E3", "K1", "K5"} <= numbered
    assert len(numbered) == 9 + 6 + 13 + 6 + 3 + 5
