"""Rules that run one after another, with what their trace looks like when none of them has an effect.

That is what happens to almost all of them almost always, so their trace is prepared and only looked up.
"""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from msgspec import structs

from policies.decision import TraceEntry
from policies.kleene import Get, Test, Truth
from policies.rules import CompiledRule


class Group:
    """Some rules in order; immutable but for what it remembers of its traces.

    Args:
        rules: the rules.
        under: agreement id of carried information for whose sake they are evaluated.
    """

    __slots__ = ("_at", "quiet", "rules", "tests")

    def __init__(self, rules: Iterable[CompiledRule], under: str | None = None) -> None:
        """Prepare the rules' traces."""
        self.rules = tuple(rules if under is None else (_under(rule, under) for rule in rules))
        self.tests: tuple[Test, ...] = tuple(rule.test for rule in self.rules)
        self.quiet: tuple[TraceEntry, ...] = tuple(rule.entries[False] for rule in self.rules)
        self._at: dict[int, Group] = {}

    def __iter__(self) -> Iterator[CompiledRule]:
        """Go through the rules."""
        return iter(self.rules)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self.rules)

    def values(self, get: Get) -> list[Truth]:
        """Evaluate every rule's test.

        Args:
            get: reads facts by name.
        """
        return [test(get) for test in self.tests]

    def at(self, source: int) -> "Group":
        """The same rules as evaluated for one source: their trace names its index."""
        group = self._at.get(source)
        if group is None:
            group = self._at[source] = Group(_at(rule, source) for rule in self.rules)
        return group


def _under(rule: CompiledRule, under: str) -> CompiledRule:
    entries = {value: structs.replace(entry, under=under) for value, entry in rule.entries.items()}
    return structs.replace(rule, entries=MappingProxyType(entries))


def _at(rule: CompiledRule, source: int) -> CompiledRule:
    entries = {value: structs.replace(entry, source=source) for value, entry in rule.entries.items()}
    return structs.replace(rule, entries=MappingProxyType(entries))
