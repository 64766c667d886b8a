"""Every step of the demo is checked here; the first one that differs from what is expected ends it."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 15.0
_PAUSE_S = 0.05
Found = TypeVar("Found")


class UnexpectedOutcome(Exception):
    """A step ended differently from what the demo tells; the text says how."""


def require(holds: bool, text: str) -> None:
    """Raise `UnexpectedOutcome` with the text unless the condition holds."""
    if not holds:
        raise UnexpectedOutcome(text)


def require_equal(what: str, found: object, expected: object) -> None:
    """Raise `UnexpectedOutcome`, naming both values, if they differ."""
    require(found == expected, f"{what}: {found!r}, expected {expected!r}")


def wait_for(what: str, look: Callable[[], Found | None], patience_s: float = PATIENCE_S) -> Found:
    """Look again and again until there is something to see.

    Raises:
        UnexpectedOutcome: nothing appeared in time.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(_PAUSE_S)
    raise UnexpectedOutcome(f"{what}: did not happen within {patience_s:g} s")
