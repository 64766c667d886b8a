"""The smallest change that would make a denied act lawful, and the proof of it: deciding again.

Computed when somebody asks, never on the way of a message. The remedies of the rules that denied say what to
set or add; where a remedy only says "choose one of the list", the rule's own condition says which list. What
is proposed was decided to be lawful; if nothing is, the channel to use instead is named.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from msgspec import Struct, structs

from policies.decision import Decision, Remedy, Texts, in_language
from policies.facts import FactValue
from policies.packset import PackSet
from policies.proposals import proposals
from policies.rules import CompiledRule
from policies.vocabulary import SOURCE_PREFIX

MAX_ROUNDS = 8
MAX_DECISIONS = 1500
ELSEWHERE = frozenset({"other_channel", "none"})
"""Actions of remedies that no change of the message can carry out."""

Facts = Mapping[str, Any]


class Change(Struct, frozen=True, omit_defaults=True):
    """One change of one fact.

    Args:
        fact: its name; of a source, with the prefix `source.`.
        to: value it must have.
        add: code that must be added to the list, instead of `to`.
        one_of: other values that would do as well as `to`.
        source: index of the source, if it is a source's fact.
        provision: provision id that asks for it.
        action: code of what to do.
        text: what to do, for a person.
        texts: `text` in further languages.
    """

    fact: str
    provision: str
    action: str
    text: str
    to: Any = None
    add: str | None = None
    one_of: tuple[Any, ...] = ()
    source: int | None = None
    texts: Texts | None = None


class Cure(Struct, frozen=True):
    """What would make a denial lawful.

    Args:
        lawful: whether the changes were found to make the act lawful, by deciding again with them.
        changes: the smallest set of them that was found; empty if none helps.
        elsewhere: remedies that no change of this message carries out, such as another channel.
        remaining: provision ids that deny whatever is changed.
    """

    lawful: bool
    changes: tuple[Change, ...]
    elsewhere: tuple[Remedy, ...]
    remaining: tuple[str, ...]

    def in_language(self, language: str) -> "Cure":
        """Say it in one language, in English where there is no such text (see `Decision.in_language`)."""
        return structs.replace(
            self,
            changes=tuple(in_language(change, language) for change in self.changes),
            elsewhere=tuple(in_language(remedy, language) for remedy in self.elsewhere),
        )


def find_cure(packs: PackSet, facts: Mapping[str, FactValue], decision: Decision) -> Cure | None:
    """Find the smallest change of the facts under which the act is permitted.

    Args:
        packs: decided by these packs.
        facts: the facts of the decision.
        decision: the decision on them.

    Returns:
        The cure, or None for a permit, which needs none.
    """
    if decision.permitted:
        return None
    pool: list[Change] = []
    tried = decision
    for _ in range(MAX_ROUNDS):
        fresh = [change for change in _asked(packs, applied(facts, pool), tried) if change not in pool]
        if not fresh:
            break
        pool += fresh
        tried = packs.decide(applied(facts, pool))
        if tried.permitted:
            changes = _with_choices(packs, facts, _smallest(packs, facts, pool))
            return Cure(lawful=True, changes=changes, elsewhere=(), remaining=())
    return Cure(lawful=False, changes=(), elsewhere=_elsewhere(tried), remaining=tried.provisions)


def applied(facts: Facts, changes: list[Change] | tuple[Change, ...]) -> dict[str, Any]:
    """The facts with changes made; the given ones stay as they are."""
    changed = dict(facts)
    if any(change.source is not None for change in changes):
        changed["sources"] = [dict(source) for source in changed.get("sources", [])]
    for change in changes:
        where = changed if change.source is None else changed["sources"][change.source]
        name = change.fact.removeprefix(SOURCE_PREFIX)
        if change.add is None:
            where[name] = change.to
        elif change.add not in where.get(name, []):
            where[name] = [*where.get(name, []), change.add]
    return changed


def _smallest(packs: PackSet, facts: Facts, pool: list[Change]) -> tuple[Change, ...]:
    """Leave out what is not needed; then look for a smaller set than what is left."""
    needed = list(pool)
    for change in pool:
        fewer = [other for other in needed if other is not change]
        if packs.decide(applied(facts, fewer)).permitted:
            needed = fewer
    for size in range(1, len(needed)):
        for tried, few in enumerate(combinations(pool, size)):
            if tried == MAX_DECISIONS:
                break
            if packs.decide(applied(facts, few)).permitted:
                return few
    return tuple(needed)


def _with_choices(packs: PackSet, facts: Facts, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Of the other values that a change could have, keep those that are lawful too."""

    def lawful(change: Change, value: Any) -> bool:
        swapped = [structs.replace(change, to=value) if one is change else one for one in changes]
        return packs.decide(applied(facts, swapped)).permitted

    return tuple(
        structs.replace(change, one_of=tuple(value for value in change.one_of if lawful(change, value)))
        for change in changes
    )


def _elsewhere(decision: Decision) -> tuple[Remedy, ...]:
    return tuple(remedy for remedy in decision.remedies if not (remedy.set or remedy.add))


def _asked(packs: PackSet, facts: Facts, decision: Decision) -> Iterator[Change]:
    """What the rules that denied ask for; without a legal basis, what the permits would need."""
    rules = {rule.id: rule for rule in _rules(packs, facts)}
    for reason in decision.reasons:
        rule = rules.get(reason.rule)
        if rule is None or rule.remedy is None:
            yield from _permitting(packs, facts)
        elif rule.remedy.action not in ELSEWHERE:
            at = [reason.source] if reason.source is not None else _places(rule, facts)
            for source in at:
                yield from _by_remedy(rule.remedy, source) or _by_condition(packs, rule, facts, source)


def _places(rule: CompiledRule, facts: Facts) -> list[int] | list[None]:
    return list(range(len(facts.get("sources") or []))) if rule.per_source else [None]


def _rules(packs: PackSet, facts: Facts) -> Iterator[CompiledRule]:
    for source in facts.get("sources") or []:
        yield from packs.suite(source["agreement"]).rules
    yield from packs.suite(facts.get("agreement")).rules


def _by_remedy(remedy: Remedy, source: int | None) -> list[Change]:
    def change(name: str, **what: Any) -> Change:
        at = source if name.startswith(SOURCE_PREFIX) else None
        return Change(
            name, remedy.provision, remedy.action, remedy.text, source=at, texts=remedy.texts, **what
        )

    setting = [change(name, to=value) for name, value in remedy.set.items()]
    return setting + [change(name, add=code) for name, codes in remedy.add.items() for code in codes]


def _by_condition(packs: PackSet, rule: CompiledRule, facts: Facts, source: int | None) -> list[Change]:
    """One fact whose change alone silences the rule, where the remedy leaves the choice open."""
    remedy = rule.remedy
    if remedy is None:
        return []
    scope = _scope(facts, source)
    for fact, values in proposals(rule.condition):
        at = source if fact.startswith(SOURCE_PREFIX) else None
        fitting = [
            Change(
                fact, remedy.provision, remedy.action, remedy.text, to=value, source=at, texts=remedy.texts
            )
            for value in values
            if rule.test((scope | {fact: value}).get) is False
        ]
        if fitting:
            best = min(fitting, key=lambda change: len(packs.decide(applied(facts, [change])).reasons))
            others = tuple(change.to for change in fitting if change is not best)
            return [structs.replace(best, one_of=others)]
    return []


def _scope(facts: Facts, source: int | None) -> dict[str, Any]:
    if source is None:
        return dict(facts)
    return dict(facts) | {SOURCE_PREFIX + name: value for name, value in facts["sources"][source].items()}


def _permitting(packs: PackSet, facts: Facts) -> Iterator[Change]:
    """For an act that nothing permits: one fact whose change makes a permit of the agreement hold."""
    program = packs.suite(facts.get("agreement")).programs[facts.get("act"), facts.get("kind")]
    for rule in program.permits:
        for fact, values in proposals(rule.condition):
            fitting = [value for value in values if rule.test((dict(facts) | {fact: value}).get)]
            if fitting:
                text = "Meet the condition on which the agreement allows this act."
                yield Change(fact, rule.provisions[0], "meet_condition", text, to=fitting[0])
                return
