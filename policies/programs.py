"""Which rules run for an act and a kind of message under an agreement, laid out once at load.

Order of a denial's citations: gates (an agreement not in force), the agreements under which carried
information was received, the agreement of the message, the baseline.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import TypeAlias, TypeVar, get_args

from msgspec import Struct, structs

from policies.conditions import CatalogueCodes, Condition
from policies.decision import PackRef
from policies.documents import Entry
from policies.errors import PackError
from policies.facts import KINDS, Act
from policies.folding import folded
from policies.groups import Group
from policies.kleene import Get, Test, Truth, compile_condition, named_facts
from policies.packs import BASELINE, Pack
from policies.rules import CompiledRule, compile_rule

Key: TypeAlias = tuple[str | None, str | None]
"""Act and kind of message; None where the fact is unknown."""

ACTS: tuple[str, ...] = get_args(Act)
"""Every act."""

KEYS: frozenset[Key] = frozenset(product((*ACTS, None), (*KINDS, None)))
"""Every act and kind."""


class Program(Struct, frozen=True):
    """The rules that run for one key, in order; `each_` ones run for every source."""

    gates: Group
    denials: Group
    permits: Group
    each_permits: Group
    obligations: Group


class Origin(Struct, frozen=True):
    """What an agreement's rules ask of information received under it, for one key.

    Args:
        travelling: rules on the act as a whole, evaluated once.
        each: rules evaluated for every source received under the agreement.
    """

    travelling: Group
    each: Group


Laid = TypeVar("Laid")


class Prepared(dict[Key, Laid]):
    """What runs for each key, laid out when first asked for: most keys of most agreements never are."""

    def __init__(
        self, lay_out: Callable[[tuple[CompiledRule, ...], Key], Laid], rules: tuple[CompiledRule, ...]
    ) -> None:
        """Lay nothing out yet.

        Args:
            lay_out: chooses and orders the rules for a key.
            rules: all rules of the suite.
        """
        super().__init__()
        self._lay_out = lay_out
        self._rules = rules

    def __missing__(self, key: Key) -> Laid:
        """Lay a key out and keep it.

        Raises:
            KeyError: no such act or kind.
        """
        if key not in KEYS:
            raise KeyError(key)
        laid = self[key] = self._lay_out(self._rules, key)
        return laid


class Suite(Struct, frozen=True):
    """Everything compiled for one agreement.

    Args:
        id: its agreement; None for the suite that judges a message without a known one.
        refs: the packs whose rules these are, its own first, the baseline last.
        rules: its own rules and the baseline's as they apply under it.
        programs: by key.
        origins: by key, for information received under it.
        conditions: by rule id, to see that another suite's baseline rule is this one's.
    """

    id: str | None
    refs: tuple[PackRef, ...]
    rules: tuple[CompiledRule, ...]
    programs: "Prepared[Program]"
    origins: "Prepared[Origin]"
    conditions: Mapping[str, Condition]


def build_suite(pack: Pack | None, baseline: Pack, agreements: frozenset[str]) -> Suite:
    """Compile one agreement together with the baseline.

    Args:
        pack: the agreement's pack, or None for a message that names no known agreement.
        baseline: the baseline pack.
        agreements: every agreement id in the set, replaced instruments included.

    Raises:
        PackError: a rule is outside the closed vocabulary, or the agreement settles what cannot yield.
    """
    own = _compile(pack, _codes(agreements, baseline, pack)) if pack else ()
    base = _compile(baseline, _codes(agreements, baseline, *([pack] if pack else []), baseline))
    rules = own + _without_settled(pack, base)
    return Suite(
        id=pack.id if pack else None,
        refs=(*([pack.ref] if pack else []), baseline.ref),
        rules=rules,
        programs=Prepared(_program, rules),
        origins=Prepared(_origin, rules),
        conditions={rule.id: rule.condition for rule in rules},
    )


def _compile(pack: Pack, codes: CatalogueCodes) -> tuple[CompiledRule, ...]:
    return tuple(compile_rule(pack, provision, rule, codes) for provision, rule in pack.rules())


def _codes(agreements: frozenset[str], baseline: Pack, *packs: Pack | None) -> CatalogueCodes:
    """Look catalogues up in the first pack that has them.

    `agreements` is the set's own, and `baseline/<name>` the baseline's whatever the agreement lists.
    """

    def codes(name: str, provision: str | None) -> frozenset[str]:
        if name == "agreements":
            return agreements
        if name.startswith(f"{BASELINE}/"):
            return _chosen(BASELINE, name, baseline.catalogue(name.removeprefix(f"{BASELINE}/")), provision)
        for pack in packs:
            if pack is not None and name in pack.lists.lists:
                return _chosen(pack.id, name, pack.catalogue(name), provision)
        raise PackError(" and ".join(pack.id for pack in packs if pack), f"no catalogue {name!r}")

    return codes


def _chosen(where: str, name: str, entries: tuple[Entry, ...], provision: str | None) -> frozenset[str]:
    found = frozenset(entry.code for entry in entries if provision in {None, entry.provision})
    if provision is not None and not found:
        raise PackError(where, f"catalogue {name!r} has nothing of provision {provision!r}")
    return found


def _without_settled(pack: Pack | None, base: tuple[CompiledRule, ...]) -> tuple[CompiledRule, ...]:
    settled = set(pack.agreement.settles) if pack else set()
    yielding = {rule.id.partition("/")[2] for rule in base if rule.yields}
    if not settled <= yielding:
        raise PackError(pack.id if pack else "", f"cannot settle {sorted(settled - yielding)}")
    return tuple(rule for rule in base if rule.id.partition("/")[2] not in settled)


def _program(rules: Iterable[CompiledRule], key: Key) -> Program:
    fitted = _fitted(rules, key)
    whole = [rule for rule in fitted if not rule.per_source]
    return Program(
        gates=Group(rule for rule in whole if rule.gate),
        denials=Group(rule for rule in whole if rule.denies and not rule.gate),
        permits=Group(rule for rule in whole if rule.effect == "permit"),
        each_permits=Group(rule for rule in fitted if rule.effect == "permit" and rule.per_source),
        obligations=Group(rule for rule in whole if rule.effect == "oblige"),
    )


def _origin(rules: Iterable[CompiledRule], key: Key) -> Origin:
    fitted = [rule for rule in _fitted(rules, key) if rule.denies]
    return Origin(
        travelling=Group(rule for rule in fitted if rule.travels and not rule.per_source),
        each=Group(rule for rule in fitted if rule.per_source),
    )


def _fitted(rules: Iterable[CompiledRule], key: Key) -> list[CompiledRule]:
    """Leave out what does not apply; what may apply (act or kind unknown) is never more than unknown."""
    known = {name: value for name, value in zip(("act", "kind"), key, strict=True) if value is not None}
    fitted = []
    for rule in rules:
        applies = [True if named is None else _fits(named, value) for named, value in _pairs(rule, key)]
        if False not in applies:
            test = rule.test
            if not known.keys().isdisjoint(named_facts(rule.condition)):
                test = compile_condition(folded(rule.condition, known))
            fitted.append(structs.replace(rule, test=_at_most_unknown(test) if None in applies else test))
    return fitted


def _pairs(rule: CompiledRule, key: Key) -> tuple[tuple[frozenset[str] | None, str | None], ...]:
    return (rule.acts, key[0]), (rule.kinds, key[1])


def _fits(named: frozenset[str], value: str | None) -> Truth:
    return None if value is None else value in named


def _at_most_unknown(test: Test) -> Test:
    def bounded(get: Get) -> Truth:
        return False if test(get) is False else None

    return bounded
