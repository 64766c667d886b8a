"""What the rules find: the trace, what denies, what permits, and the decision made of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from policies.decision import Cause, Decision, Obligation, PackRef, Reason, Remedy, TraceEntry
from policies.groups import Group
from policies.kleene import Get, Truth, unknown_facts
from policies.rules import CompiledRule

NO_BASIS = "baseline/legal-basis"
"""Provision cited when nothing permits the act."""


class Fired(Struct, frozen=True):
    """A rule that denies: its condition is true, or unknown."""

    rule: CompiledRule
    value: Truth
    missing: tuple[str, ...]
    source: int | None


class Findings:
    """Collects what each group of rules says, in the order in which the groups are evaluated."""

    __slots__ = ("fired", "granted", "obliged", "trace", "wanting")

    def __init__(self) -> None:
        """Start empty."""
        self.trace: list[TraceEntry] = []
        self.fired: list[Fired] = []
        self.granted: list[CompiledRule] = []
        self.obliged: list[CompiledRule] = []
        self.wanting: list[str] = []

    def deny(self, group: Group, get: Get, source: int | None = None) -> None:
        """Evaluate denials; they fire on true and on unknown.

        Args:
            group: the rules, as laid out for the source if they look at one.
            get: reads facts by name, of the source too.
            source: its index.
        """
        values = group.values(get)
        if values.count(False) == len(values):
            self.trace += group.quiet
            return
        told = list(group.quiet)
        for index, value in enumerate(values):
            if value is not False:
                rule = group.rules[index]
                told[index] = rule.entries[value]
                self.fired.append(Fired(rule, value, () if value else _missing(rule, get), source))
        self.trace += told

    def deny_unknown(self, group: Group, missing: str) -> None:
        """Let rules fire whose subject, the list of sources, is itself unknown."""
        for rule in group:
            self.trace.append(rule.entries[None])
            self.fired.append(Fired(rule, None, (missing,), None))

    def permit(self, group: Group, get: Get) -> None:
        """Evaluate permits; they count on true only."""
        for rule, value in zip(group.rules, group.values(get), strict=True):
            self._permit(rule, value)
            if value is None:
                self.wanting += _missing(rule, get)

    def permit_each(self, group: Group, scopes: list[Get] | None) -> None:
        """Evaluate permits that need every source, and at least one; `scopes` is None if unknown."""
        for rule in group:
            values = {rule.test(get) for get in scopes} if scopes else set()
            unknown = scopes is None or (None in values and False not in values)
            self._permit(rule, None if unknown else values == {True})
            if unknown:
                self.wanting += ["sources"] if scopes is None else []

    def _permit(self, rule: CompiledRule, value: Truth) -> None:
        self.trace.append(rule.entries[value])
        if value:
            self.granted.append(rule)

    def oblige(self, group: Group, get: Get) -> None:
        """Evaluate obligations; they bind on true and on unknown."""
        values = group.values(get)
        if values.count(False) == len(values):
            self.trace += group.quiet
            return
        told = list(group.quiet)
        for index, value in enumerate(values):
            if value is not False:
                rule = group.rules[index]
                told[index] = rule.entries[value]
                self.obliged.append(rule)
        self.trace += told

    def decision(self, get: Get, packs: tuple[PackRef, ...]) -> Decision:
        """Conclude: denied if anything denies or nothing permits."""
        if self.fired or not self.granted:
            return self._denied(get, packs)
        return Decision(
            outcome="permit",
            provisions=_once(self._permitting(get)),
            reasons=(),
            missing=(),
            remedies=(),
            obligations=tuple(rule.obligation for rule in self.obliged if rule.obligation),
            trace=tuple(self.trace),
            packs=packs,
            as_of=get("as_of"),
        )

    def _permitting(self, get: Get) -> Iterator[str]:
        for rule in self.granted:
            yield from rule.provisions
            for fact, by_code in rule.cites:
                yield from _cited(by_code, get(fact))

    def _denied(self, get: Get, packs: tuple[PackRef, ...]) -> Decision:
        self.fired.sort(key=lambda fired: fired.rule.rank)
        reasons = _once(_reason(fired) for fired in self.fired)
        if not self.granted:
            wanting = tuple(sorted(set(self.wanting)))
            reasons += (_no_basis(wanting),)
        cited = [provision for fired in self.fired for provision in fired.rule.provisions]
        return Decision(
            outcome="deny",
            provisions=_once([*cited, *([] if self.granted else [NO_BASIS])]),
            reasons=reasons,
            missing=tuple(sorted({name for reason in reasons for name in reason.missing})),
            remedies=_remedies(self.fired),
            obligations=self._standing(),
            trace=tuple(self.trace),
            packs=packs,
            as_of=get("as_of"),
        )

    def _standing(self) -> tuple[Obligation, ...]:
        return tuple(rule.obligation for rule in self.obliged if rule.obligation and rule.even_denied)


def _missing(rule: CompiledRule, get: Get) -> tuple[str, ...]:
    unknown = unknown_facts(rule.condition, get)
    if rule.acts and get("act") is None:
        unknown.append("act")
    if rule.kinds and get("kind") is None:
        unknown.append("kind")
    return tuple(sorted(set(unknown))) if len(unknown) > 1 else tuple(unknown)


def _reason(fired: Fired) -> Reason:
    prepared = fired.rule.reason
    if prepared is None:
        raise AssertionError(fired.rule.id)
    if fired.value and fired.source is None:
        return prepared
    cause: Cause = "violated" if fired.value else "unknown"
    source, texts = fired.source, prepared.texts
    return Reason(prepared.provision, prepared.rule, prepared.text, cause, fired.missing, source, texts)


def _no_basis(missing: tuple[str, ...]) -> Reason:
    text = "No provision of the agreement allows this act."
    return Reason(NO_BASIS, f"{NO_BASIS}#permit", text, "no_legal_basis", missing)


def _remedies(fired: list[Fired]) -> tuple[Remedy, ...]:
    remedies: list[Remedy] = []
    for finding in fired:
        if finding.rule.remedy is not None and finding.rule.remedy not in remedies:
            remedies.append(finding.rule.remedy)
    return tuple(remedies)


def _cited(by_code: Any, named: str | list[str] | None) -> Iterator[str]:
    for code in [named] if isinstance(named, str) else named or []:
        if code in by_code:
            yield by_code[code]


def _once(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))
