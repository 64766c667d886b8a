"""Which tests cover which provision, read from the tests' names.

A test of `test_<agreement>*.py` begins with the slug of its provision (`4.1(5)` is `4_1_5`), joined by
`_and_` with further ones, or with `_to_<n>` for items up to n: `test_4_1_1_to_5_missing_element_is_denied`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
_RANGE = re.compile(r"_to_(\d+)(?=_)")
_NUMBER = re.compile(r"(\d+)(\D*)$")


def slug(provision: str) -> str:
    """The slug of a provision id, without the agreement's id."""
    return re.sub(r"\W+", "_", provision).strip("_")


def covering_tests(agreement: str, provisions: Iterable[str], folder: Path = HERE) -> dict[str, list[str]]:
    """Names of the tests that cover each provision.

    Args:
        agreement: pack id.
        provisions: the pack's provision ids, without the agreement's id.
        folder: holds the treaty tests.

    Returns:
        For every provision the tests that name it, in the order of the files; empty where none does.
    """
    listed = list(provisions)
    covering: dict[str, list[str]] = {provision: [] for provision in listed}
    for path in sorted(folder.glob(f"test_{slug(agreement)}*.py")):
        for name in _tests(path):
            for provision in named_in(name, listed):
                covering[provision].append(name)
    return covering


def named_in(test: str, provisions: Iterable[str]) -> list[str]:
    """The provisions that a test's name begins with."""
    by_slug = {slug(provision): provision for provision in provisions}
    rest, found = test.removeprefix("test_"), []
    while (first := _longest(rest, by_slug)) is not None:
        rest = rest[len(first) :]
        found.append(by_slug[first])
        if span := _RANGE.match(rest):
            rest = rest[span.end() :]
            found += _items_up_to(by_slug[first], int(span[1]), by_slug.values())
        if not rest.startswith("_and_"):
            break
        rest = rest.removeprefix("_and_")
    return found


def _tests(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def _longest(text: str, slugs: Iterable[str]) -> str | None:
    fitting = [one for one in slugs if text == one or text.startswith(f"{one}_")]
    return max(fitting, key=len, default=None)


def _items_up_to(first: str, last: int, provisions: Iterable[str]) -> list[str]:
    known, start = set(provisions), _NUMBER.search(first)
    if start is None:
        return []
    stem, after = first[: start.start()], start[2]
    numbered = [f"{stem}{number}{after}" for number in range(int(start[1]) + 1, last + 1)]
    return [provision for provision in numbered if provision in known]
