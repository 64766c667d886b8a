"""The decision: every applicable rule is evaluated, denial overrides, no legal basis denies.

Facts about information that others gave (`sources`) bring in the rules of the agreements it was given
under, so that the strictest of all originating agreements applies, and applies even after such an
agreement has ended (baseline/survival).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from policies.decision import Decision, PackRef
from policies.errors import PackError
from policies.evaluation import Findings
from policies.facts import FactValue, check_facts
from policies.groups import Group
from policies.kleene import Get
from policies.packs import BASELINE, Pack
from policies.programs import Key, Suite, build_suite
from policies.rules import rule_facts
from policies.vocabulary import SOURCE_FACT_TYPES, SOURCE_PREFIX

_SOURCE_NAMES = {name.removeprefix(SOURCE_PREFIX): name for name in SOURCE_FACT_TYPES}


class PackSet:
    """All packs of a node, compiled; immutable, safe to share."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Compile the packs.

        Args:
            packs: the agreements' packs and the baseline.

        Raises:
            PackError: no baseline, an id twice, or a rule outside the closed vocabulary.
        """
        self._packs: dict[str, Pack] = {}
        for pack in packs:
            if self._packs.setdefault(pack.id, pack) is not pack:
                raise PackError(pack.id, "two packs have this id")
        if BASELINE not in self._packs:
            raise PackError(BASELINE, "there is no baseline pack")
        self._baseline = self._packs[BASELINE]
        successors = self._successors()
        known = frozenset(successors)
        self._unknown = build_suite(None, self._baseline, known)
        built = {name: build_suite(self._packs[name], self._baseline, known) for name in self.agreements}
        self._suites = {name: built[successor] for name, successor in successors.items()}
        self._beyond: dict[tuple[str | None, str, Key], Group] = {}

    def _successors(self) -> dict[str, str]:
        """Map every agreement id, and every instrument one replaced, to the pack that judges it."""
        successors = {name: name for name in self.agreements}
        for name in self.agreements:
            for replaced in self._packs[name].agreement.replaces:
                if replaced in successors:
                    raise PackError(name, f"{replaced!r} is itself in the set, or replaced twice")
                successors[replaced] = name
        return successors

    @property
    def agreements(self) -> tuple[str, ...]:
        """Ids of the agreements, sorted; the baseline is not one."""
        return tuple(sorted(name for name in self._packs if name != BASELINE))

    def pack(self, pack_id: str) -> Pack:
        """Return a pack by agreement id, or the baseline.

        Raises:
            PackError: there is no such pack.
        """
        try:
            return self._packs[pack_id]
        except KeyError:
            raise PackError(pack_id, "no such pack") from None

    def suite(self, agreement: str | None) -> Suite:
        """Return what is compiled for an agreement, or for none that is known."""
        return self._unknown if agreement is None else self._suites.get(agreement, self._unknown)

    def reads(self, agreement: str | None, act: str | None, kind: str | None) -> tuple[str, ...]:
        """Name the facts that can matter for an act and a kind of message under an agreement.

        Args:
            agreement: agreement id.
            act, kind: as the facts of these names; None for unknown.

        Returns:
            Fact names, sorted, those of a source prefixed with `source.`. Supplying them all leaves
            nothing unknown; whether an absent one denies depends on the others.
        """
        suite, key = self.suite(agreement), (act, kind)
        program, origin = suite.programs[key], suite.origins[key]
        groups = (*program.gates, *program.denials, *program.permits, *program.obligations, *origin.each)
        named = {name for rule in groups for name in rule_facts(rule)}
        return tuple(sorted(named | ({"sources"} if origin.each else set())))

    def decide(self, facts: Mapping[str, FactValue]) -> Decision:
        """Decide on one act.

        Args:
            facts: verified facts by name (see `policies.facts.Facts`); what is absent is unknown.

        Returns:
            The decision with its provisions, reasons, remedies, obligations and full trace.

        Raises:
            FactsError: a fact is not in the catalogue or has the wrong type.
        """
        check_facts(facts)
        get = facts.get
        suite = self.suite(get("agreement"))  # type: ignore[arg-type]  # check_facts saw to the types
        key: Key = (get("act"), get("kind"))  # type: ignore[assignment]
        program = suite.programs[key]
        findings = Findings()
        findings.deny(program.gates, get)
        sources = get("sources")
        packs = suite.refs if not sources else self._survey(suite, dict(facts), findings)
        if sources is None:
            findings.deny_unknown(suite.origins[key].each, "sources")
        findings.deny(program.denials, get)
        findings.permit(program.permits, get)
        if len(program.each_permits):
            findings.permit_each(program.each_permits, None if sources is None else _scopes(dict(facts)))
        findings.oblige(program.obligations, get)
        return findings.decision(get, packs)

    def _refs(self, suites: dict[str | None, Suite]) -> tuple[PackRef, ...]:
        """The packs of several suites, in their order, the baseline last."""
        own = [suite.refs[0] for name, suite in suites.items() if name is not None]
        return (*own, self._baseline.ref)

    def _survey(self, own: Suite, known: dict[str, Any], findings: Findings) -> tuple[PackRef, ...]:
        """Evaluate what the agreements ask under which the carried information was received."""
        key: Key = (known.get("act"), known.get("kind"))
        named = [source["agreement"] for source in known["sources"]]
        suites = [self.suite(agreement) for agreement in named]
        others = {suite.id: (name, suite) for name, suite in zip(named, suites, strict=True)}
        for under, suite in others.values():
            if suite is not own:
                findings.deny(self._travelling(own, suite, under, key), known.get)
        for index, (suite, scope) in enumerate(zip(suites, _scopes(known), strict=True)):
            findings.deny(suite.origins[key].each.at(index), scope, index)
        return self._refs({own.id: own} | {suite.id: suite for suite in suites})

    def _travelling(self, own: Suite, suite: Suite, under: str, key: Key) -> Group:
        """The rules that travel, without the baseline's that say the same under the message's agreement."""
        if under not in self._suites:
            return _beyond(own, suite, under, key)
        found = self._beyond.get((own.id, under, key))
        if found is None:
            found = self._beyond[own.id, under, key] = _beyond(own, suite, under, key)
        return found


def _beyond(own: Suite, suite: Suite, under: str, key: Key) -> Group:
    travelling = suite.origins[key].travelling
    return Group((rule for rule in travelling if own.conditions.get(rule.id) != rule.condition), under)


def _scopes(known: dict[str, Any]) -> list[Get]:
    """One view of the facts for each source, in which `source.*` names its own."""
    views: list[Get] = []
    for source in known["sources"]:
        view = known.copy()
        for name, value in source.items():
            view[_SOURCE_NAMES[name]] = value
        views.append(view.get)
    return views
