"""Rules compiled at load: each a frozen value with its test and everything it may say, prepared."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from policies.conditions import All, CatalogueCodes, Condition, Not, Resolver
from policies.decision import Effect, Obligation, Reason, Remedy, Texts, TraceEntry, Value
from policies.documents import Provision, RuleDoc
from policies.errors import PackError
from policies.kleene import Test, Truth, compile_condition, named_facts
from policies.packs import BASELINE, Pack

_WORDS: Mapping[Truth, Value] = MappingProxyType({True: "true", False: "false", None: "unknown"})


class CompiledRule(Struct, frozen=True):
    """One rule, ready to evaluate.

    Args:
        id: `<provision id>#<key>`.
        provisions: provision ids it cites, its own first.
        effect: as written.
        acts: acts it applies to; None for all.
        kinds: kinds of message it applies to; None for all.
        condition: for deny and require what denies (a requirement is negated); else as written.
        test: `condition` compiled.
        entries: prepared trace entry for each value of `test`.
        reason: prepared reason for a definite violation; None unless it denies.
        remedy: None unless it denies.
        obligation: None unless it obliges.
        even_denied: the obligation stands even when the act is denied.
        cites: (fact, provision id by code) of the catalogues a permit cites.
        per_source: evaluated for every source.
        travels, gate, yields: as written.
    """

    id: str
    provisions: tuple[str, ...]
    effect: Effect
    acts: frozenset[str] | None
    kinds: frozenset[str] | None
    condition: Condition
    test: Test
    entries: Mapping[Truth, TraceEntry]
    reason: Reason | None
    remedy: Remedy | None
    obligation: Obligation | None
    even_denied: bool
    cites: tuple[tuple[str, Mapping[str, str]], ...]
    per_source: bool
    travels: bool
    gate: bool
    yields: bool

    @property
    def denies(self) -> bool:
        """Whether the rule can deny."""
        return self.reason is not None

    @property
    def rank(self) -> int:
        """Place in a denial: gates, then agreements, then the baseline."""
        if self.gate:
            return 0
        return 2 if self.id.startswith(f"{BASELINE}/") else 1


def compile_rule(pack: Pack, provision: Provision, rule: RuleDoc, codes: CatalogueCodes) -> CompiledRule:
    """Compile one rule of a pack.

    Args:
        pack: the pack the rule is from.
        provision: its provision.
        rule: the rule as written.
        codes: resolves catalogues; for the baseline, those of the agreement it is compiled for come first.

    Raises:
        PackError: its condition is outside the closed vocabulary.
    """
    cited = pack.cite(provision.id)
    rule_id = f"{cited}#{rule.key}"
    per_source = rule.for_each == "source"
    condition = _condition(rule, Resolver(rule_id, codes, per_source))
    return CompiledRule(
        id=rule_id,
        provisions=(cited, *(pack.cite(also) for also in rule.also)),
        effect=rule.effect,
        acts=_named(rule.applies.acts, rule_id),
        kinds=_named(rule.applies.kinds, rule_id),
        condition=condition,
        test=compile_condition(condition),
        entries=_entries(rule_id, rule.effect),
        **_sayings(rule, cited, rule_id),
        even_denied=rule.even_denied,
        cites=tuple((cite.fact, _provisions_by_code(pack, cite.catalogue)) for cite in rule.cites),
        per_source=per_source,
        travels=rule.travels,
        gate=rule.gate,
        yields=rule.yields,
    )


def _sayings(rule: RuleDoc, cited: str, rule_id: str) -> dict[str, Any]:
    """What the rule may say, prepared: its reason, remedy and obligation, in every language it has."""
    because, remedy, obligation = rule.because, rule.remedy, rule.obligation
    told = {name: _told(rule, name) for name in ("because", "remedy", "obligation")}
    return {
        "reason": Reason(cited, rule_id, because, "violated", texts=told["because"]) if because else None,
        "remedy": Remedy(cited, remedy.text, remedy.action, remedy.set, remedy.add, told["remedy"])
        if remedy
        else None,
        "obligation": Obligation(
            cited, obligation.code, obligation.text, obligation.clock, told["obligation"]
        )
        if obligation
        else None,
    }


def _told(rule: RuleDoc, name: str) -> Texts | None:
    said = {language: getattr(texts, name) for language, texts in rule.texts.items()}
    return Texts(**said) if any(said.values()) else None


def rule_facts(rule: CompiledRule) -> frozenset[str]:
    """Name every fact a rule reads: its condition, what limits it, and what a permit cites by."""
    limits = {name for name, limit in (("act", rule.acts), ("kind", rule.kinds)) if limit is not None}
    return frozenset(named_facts(rule.condition)) | limits | {fact for fact, _ in rule.cites}


def _named(names: tuple[str, ...] | None, where: str) -> frozenset[str] | None:
    if names is not None and not names:
        raise PackError(where, "applies to nothing")
    return None if names is None else frozenset(names)


def _condition(rule: RuleDoc, resolver: Resolver) -> Condition:
    if rule.when is None:
        return All(())
    written = resolver.resolve(rule.when)
    return Not(written) if rule.effect == "require" else written


def _provisions_by_code(pack: Pack, catalogue: str) -> Mapping[str, str]:
    return MappingProxyType({entry.code: pack.cite(entry.provision) for entry in pack.catalogue(catalogue)})


def _entries(rule_id: str, effect: Effect) -> Mapping[Truth, TraceEntry]:
    """Prepare the trace of a rule for each value of its test (a requirement's test is negated)."""

    def entry(value: Truth) -> TraceEntry:
        shown = (not value) if effect == "require" and value is not None else value
        match effect:
            case "deny" | "require":
                return TraceEntry(rule_id, effect, _WORDS[shown], "passed" if value is False else "denied")
            case "permit":
                return TraceEntry(rule_id, effect, _WORDS[shown], "permitted" if value else "silent")
            case "oblige":
                return TraceEntry(rule_id, effect, _WORDS[shown], "silent" if value is False else "obliged")

    return {value: entry(value) for value in (True, False, None)}
