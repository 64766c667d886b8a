"""A loaded pack: one agreement (or the baseline) with its provisions, catalogues, clocks and roles."""

from collections.abc import Iterator

from msgspec import Struct

from policies.decision import PackRef
from policies.documents import (
    Agreement,
    Catalogues,
    Entry,
    EntryIntoForce,
    Party,
    Provision,
    RuleDoc,
    RuleTexts,
)
from policies.errors import PackError
from policies.listings import AuthorityDoc, AuthorityLists, Role, Unlisted, Wording
from policies.timing import Clock, clock_problem

BASELINE = "baseline"
"""Id of the pack that applies under every agreement."""

FINISHING_KINDS = "finishing_kinds"
"""Catalogue of the kinds of message by which what was started may be finished after an agreement's end."""


class Pack(Struct, frozen=True):
    """One pack as loaded; `hash` is `sha256:` and the hex digest over its canonical content."""

    agreement: Agreement
    lists: Catalogues
    provisions: tuple[Provision, ...]
    hash: str
    authorities: AuthorityLists = AuthorityLists()

    @property
    def id(self) -> str:
        """Agreement id, or `baseline`."""
        return self.agreement.id

    @property
    def version(self) -> str:
        """Version of the pack."""
        return self.agreement.version

    @property
    def ref(self) -> PackRef:
        """What a decision records of the pack."""
        return PackRef(self.id, self.version, self.hash)

    @property
    def parties(self) -> tuple[Party, ...]:
        """The parties; none for the baseline."""
        return self.agreement.parties

    @property
    def in_force(self) -> EntryIntoForce | None:
        """When the agreement binds; None for the baseline."""
        return self.agreement.in_force

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The agreement's time limits."""
        return self.lists.clocks

    @property
    def roles(self) -> tuple[Role, ...]:
        """Units the agreement gives a part to."""
        return self.lists.roles

    def catalogue(self, name: str) -> tuple[Entry, ...]:
        """Return a catalogue's entries (`subjects`, `forms`, `kinds`, `elements`, `refusal_grounds` ...).

        Raises:
            PackError: the pack has no such catalogue.
        """
        try:
            return self.lists.lists[name]
        except KeyError:
            raise PackError(self.id, f"no catalogue {name!r}") from None

    def clock(self, name: str) -> Clock:
        """Return a clock by name.

        Raises:
            PackError: the pack has no such clock.
        """
        for clock in self.clocks:
            if clock.name == name:
                return clock
        raise PackError(self.id, f"no clock {name!r}")

    def cite(self, provision: str) -> str:
        """Full provision id of a provision of this pack."""
        return f"{self.id}/{provision}"

    def rules(self) -> Iterator[tuple[Provision, RuleDoc]]:
        """Every rule as written, with its provision, in the order of the files."""
        for provision in self.provisions:
            for rule in provision.rules:
                yield provision, rule


def check_pack(pack: Pack) -> Pack:
    """Refuse a pack that contradicts itself.

    Raises:
        PackError: a duplicate id, code or key, a provision without any realisation, a reference to
            something that is not there, or a rule that lacks what its effect needs.
    """
    provisions = [provision.id for provision in pack.provisions]
    _unique(pack.id, "provision", provisions)
    _unique(pack.id, "clock", [clock.name for clock in pack.clocks])
    for name, entries in pack.lists.lists.items():
        _unique(f"{pack.id}: catalogue {name}", "code", [entry.code for entry in entries])
        _known(f"{pack.id}: catalogue {name}", provisions, [entry.provision for entry in entries])
    _check_clocks(pack, provisions)
    _known(f"{pack.id}: roles", provisions, [role.provision for role in pack.roles])
    _check_status(pack, provisions)
    _check_authorities(pack, provisions)
    if (pack.in_force is None or len(pack.parties) < 2) != (pack.id == BASELINE):
        raise PackError(pack.id, "an agreement needs two parties and its entry into force; the baseline none")
    for provision in pack.provisions:
        _check_provision(pack, provision)
    for provision, rule in pack.rules():
        _check_rule(pack, provision, rule, provisions)
    return pack


def _unique(where: str, what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise PackError(where, f"{what} written twice: {repeated}")


def _known(where: str, provisions: list[str], cited: list[str]) -> None:
    unknown = sorted(set(cited) - set(provisions))
    if unknown:
        raise PackError(where, f"no such provision: {unknown}")


def _check_clocks(pack: Pack, provisions: list[str]) -> None:
    _known(f"{pack.id}: clocks", provisions, [clock.provision for clock in pack.clocks])
    for clock in pack.clocks:
        problem = clock_problem(clock)
        if problem is not None:
            raise PackError(f"{pack.id}: clock {clock.name}", problem)


def _check_status(pack: Pack, provisions: list[str]) -> None:
    terms = pack.in_force
    if terms is None:
        return
    where = f"{pack.id}: in_force"
    named = [terms.provision, terms.leaving, terms.finishing, terms.survival]
    if terms.multilateral is not None:
        named += [terms.multilateral.later, terms.multilateral.accession]
    _known(where, provisions, [name for name in named if name is not None])
    if (terms.finishing is None) != (FINISHING_KINDS not in pack.lists.lists):
        raise PackError(where, f"a provision on finishing and the catalogue {FINISHING_KINDS} come together")
    if terms.multilateral is None and any(party.since or party.acceded for party in pack.parties):
        raise PackError(where, "only a multilateral agreement has parties with dates of their own")


def _check_authorities(pack: Pack, provisions: list[str]) -> None:
    lists, where = pack.authorities, f"{pack.id}: authorities"
    states = {party.state for party in pack.parties}
    wordings = [wording.id for wording in lists.wordings]
    ids = [name for one in lists.authorities for name in (one.id, *one.renamed_from)]
    _unique(where, "authority", ids)
    _unique(where, "wording", wordings)
    entries: tuple[AuthorityDoc | Unlisted | Wording, ...]
    entries = (*lists.authorities, *lists.unlisted, *lists.wordings)
    _known(where, provisions, [entry.provision for entry in entries])
    _known(where, provisions, [lists.changes] if lists.changes else [])
    if not {entry.state for entry in entries} <= states:
        raise PackError(where, "names a state that is no party")
    for authority in lists.authorities:
        named = {at for name in authority.names for at in (name.since_wording, name.until_wording) if at}
        if not named <= set(wordings) or not authority.names:
            raise PackError(f"{where} {authority.id}", "has no name, or one of an unknown wording")


def _check_provision(pack: Pack, provision: Provision) -> None:
    where = pack.cite(provision.id)
    realised = provision.rules or provision.catalogue or provision.clock or provision.kinds
    if not (realised or provision.informative):
        raise PackError(where, "is neither a rule, a catalogue, a clock, a message kind nor informative")
    _unique(where, "rule", [rule.key for rule in provision.rules])
    if provision.catalogue is not None:
        pack.catalogue(provision.catalogue)
    if provision.clock is not None:
        pack.clock(provision.clock)


def _check_rule(pack: Pack, provision: Provision, rule: RuleDoc, provisions: list[str]) -> None:
    where = f"{pack.cite(provision.id)}#{rule.key}"
    denies = rule.effect in {"deny", "require"}
    _known(where, provisions, list(rule.also))
    if denies and (rule.because is None or rule.remedy is None or rule.when is None):
        raise PackError(where, "a denial needs a condition, a reason and a remedy")
    if (rule.effect == "oblige") != (rule.obligation is not None):
        raise PackError(where, "an obligation and the effect oblige come together")
    for language, texts in rule.texts.items():
        if _texts_differ(rule, texts):
            raise PackError(where, f"the texts in {language} are not those that the rule has")
    if rule.cites and rule.effect != "permit":
        raise PackError(where, "only a permit cites catalogue entries")
    if (rule.yields and pack.id != BASELINE) or ((rule.travels or rule.gate) and not denies):
        raise PackError(where, "only the baseline yields; only denials travel or are gates")
    if rule.for_each and rule.effect == "oblige":
        raise PackError(where, "obligations do not look at single sources")
    for cite in rule.cites:
        pack.catalogue(cite.catalogue)
    if rule.obligation is not None and rule.obligation.clock is not None:
        pack.clock(rule.obligation.clock)


def _texts_differ(rule: RuleDoc, texts: RuleTexts) -> bool:
    """Whether a translation leaves out a text of the rule, or says what the rule does not."""
    pairs = (
        (texts.because, rule.because),
        (texts.remedy, rule.remedy),
        (texts.obligation, rule.obligation),
    )
    return any(bool(told) != bool(own) for told, own in pairs)
