"""How figures are taken and printed."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import TypeAlias

Operation: TypeAlias = Callable[[], object]


def report(name: str, value: float, unit: str) -> None:
    """Print one figure as a JSON object on a line of its own."""
    digits = 1 if value >= 100 else 3
    print(json.dumps({"name": name, "value": round(value, digits), "unit": unit}), flush=True)


def note(text: str) -> None:
    """Say something that is no figure, on standard error."""
    print(text, file=sys.stderr, flush=True)


def seconds_each(operation: Operation, budget_s: float, rounds: int = 5) -> float:
    """Median over `rounds` of the mean time of one call, after a warm-up."""
    started = time.perf_counter()
    operation()
    once = max(time.perf_counter() - started, 1e-7)
    count = max(1, int(budget_s / rounds / once))
    count = min(count, 20_000)
    means = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(count):
            operation()
        means.append((time.perf_counter() - started) / count)
    return statistics.median(means)


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of all values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
