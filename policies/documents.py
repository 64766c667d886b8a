"""The written form of a pack: what its YAML files may say. Unknown keys are refused."""

from datetime import date
from typing import Any, Literal

import msgspec

from policies.conditions import ConditionDoc
from policies.decision import Effect
from policies.documents_base import Doc
from policies.facts import Act, Kind
from policies.listings import Role
from policies.timing import Clock

Language = Literal["kk", "ru"]
"""Languages in which a reason is given beside English, the default."""


class Review(Doc, frozen=True):
    """Who approved the reading of a provision, and when.

    Args:
        status: `pending` until a lawyer has approved.
        approver: office that approved.
        approved_on: civil date of the approval.
    """

    status: Literal["pending", "approved"]
    approver: str | None = None
    approved_on: date | None = None


class Entry(Doc, frozen=True):
    """One code of a catalogue, with the provision it comes from; `labels` in further languages."""

    code: str
    provision: str
    label: str
    note: str | None = None
    labels: dict[Language, str] = msgspec.field(default_factory=dict)


class Party(Doc, frozen=True):
    """A party: a state, and its authorities where the agreement itself names them all.

    Args:
        state: ISO 3166 alpha-2.
        name: the party as the agreement names it.
        languages: ISO 639 codes of its languages, the state language first.
        authorities: ids of the authorities that are themselves the party; empty where a government is.
        since: date from which it is bound, where that is its own and the source gives it.
        acceded: it joined later than the signatories.
    """

    state: str
    name: str
    languages: tuple[str, ...]
    authorities: tuple[str, ...] = ()
    since: date | None = None
    acceded: bool = False


class SourceText(Doc, frozen=True):
    """Which text the paraphrases follow.

    Args:
        language: ISO 639 code of the text read.
        authentic: languages of the authentic texts.
        prevails: language that prevails in a dispute, if one does.
        note: how the text read relates to the authentic ones.
    """

    language: str
    authentic: tuple[str, ...]
    note: str
    prevails: str | None = None


class Multilateral(Doc, frozen=True):
    """Entry into force party by party, on deposits.

    Args:
        deposits: number of the signatories' deposits on whose last the agreement enters into force for them.
        later: provision on signatories that deposit afterwards, each on its own date.
        accession: provision on states that join, each on its own date; None if there is none.
    """

    deposits: int
    later: str
    accession: str | None = None


class EntryIntoForce(Doc, frozen=True):
    """When the agreement binds.

    Args:
        provision: provision without the agreement's id.
        zone: IANA zone whose civil dates count.
        stage: how far the source shows it to have come.
        since: date where the source itself gives it; None means: only by activation.
        reference: where that date is written, or what an activation must refer to.
        notice_months: months from receipt of a notice of leaving to the end.
        leaving: provision on leaving, where it is another one.
        multilateral: set where each party has its own date and leaves alone; else it binds both and ends so.
        activation_asks: what the two admins confirm beside date and reference.
        finishing: provision by which what was started may be finished after the end; its kinds of message are
            the catalogue `finishing_kinds`.
        survival: provision of the agreement's own on what holds after its end, such as destroying data.
    """

    provision: str
    zone: str
    stage: Literal["draft", "signed", "ratified", "in_force"]
    reference: str
    notice_months: int
    since: date | None = None
    leaving: str | None = None
    multilateral: Multilateral | None = None
    activation_asks: tuple[Literal["text_compared_with_draft"], ...] = ()
    finishing: str | None = None
    survival: str | None = None


class RemedyDoc(Doc, frozen=True):
    """A remedy as written; see `policies.decision.Remedy`."""

    text: str
    action: str
    set: dict[str, Any] = msgspec.field(default_factory=dict)
    add: dict[str, list[str]] = msgspec.field(default_factory=dict)


class ObligationDoc(Doc, frozen=True):
    """An obligation as written; see `policies.decision.Obligation`."""

    code: str
    text: str
    clock: str | None = None


class Applies(Doc, frozen=True):
    """To which acts and kinds of message a rule applies; None means all."""

    acts: tuple[Act, ...] | None = None
    kinds: tuple[Kind, ...] | None = None


class Cite(Doc, frozen=True):
    """A permit also cites the catalogue entry that a fact names."""

    fact: str
    catalogue: str


class RuleTexts(Doc, frozen=True):
    """What a rule says to a person, in another language than English.

    Args:
        because, remedy, obligation: as the rule's own texts; each given where the rule has it.
    """

    because: str | None = None
    remedy: str | None = None
    obligation: str | None = None


class RuleDoc(Doc, frozen=True):
    """A rule as written.

    Args:
        key: name within the provision.
        effect: permit, deny, require (denies unless true) or oblige.
        applies: acts and kinds.
        when: the condition; absent means always.
        because: reason given when it denies.
        remedy: what would make a denial lawful.
        obligation: for effect oblige.
        even_denied: the obligation stands even when the act is denied.
        also: further provisions of the same agreement to cite.
        cites: catalogue entries that a permit cites too.
        for_each: `source` evaluates the rule for every source given under this agreement.
        travels: the rule protects received information wherever it goes, under whatever agreement.
        gate: cited before everything else.
        texts: because, remedy and obligation in Kazakh and Russian.
        yields: (baseline only) gives way to an agreement that settles this matter.
    """

    key: str
    effect: Effect
    applies: Applies = msgspec.field(default_factory=Applies)
    when: ConditionDoc | None = None
    because: str | None = None
    remedy: RemedyDoc | None = None
    obligation: ObligationDoc | None = None
    even_denied: bool = False
    also: tuple[str, ...] = ()
    cites: tuple[Cite, ...] = ()
    for_each: Literal["source"] | None = None
    travels: bool = False
    gate: bool = False
    yields: bool = False
    texts: dict[Language, RuleTexts] = msgspec.field(default_factory=dict)


class Provision(Doc, frozen=True):
    """One provision: what it says, and how the gateway realises it.

    Args:
        id: article, paragraph and item, without the agreement's id.
        paraphrase: what it says.
        rules, catalogue, clock, kinds, informative: its realisation, at least one of them; `catalogue`,
            `clock` and `kinds` name entries of catalogues.yaml and message kinds, `informative` says why
            nothing is computed.
        note: interpretation note where the text is ambiguous; the strict reading applies.
        language: language of the text read, where it differs from the agreement's.
        review: where it differs from the agreement's.
    """

    id: str
    paraphrase: str
    rules: tuple[RuleDoc, ...] = ()
    catalogue: str | None = None
    clock: str | None = None
    kinds: tuple[Kind, ...] = ()
    informative: str | None = None
    note: str | None = None
    language: str | None = None
    review: Review | None = None


class Agreement(Doc, frozen=True):
    """agreement.yaml.

    Args:
        id: agreement id.
        version: version of the pack.
        title: short title.
        instrument: the instrument in full.
        parties: the parties; empty only for the baseline.
        source: which text was read.
        in_force: when it binds; None only for the baseline.
        review: approval of the pack.
        replaces: ids of instruments it replaced.
        settles: keys of yielding baseline rules whose matter the agreement settles itself.
    """

    id: str
    version: str
    title: str
    instrument: str
    source: SourceText
    review: Review
    parties: tuple[Party, ...] = ()
    in_force: EntryIntoForce | None = None
    replaces: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()


class Catalogues(Doc, frozen=True):
    """catalogues.yaml: lists of codes by name, clocks and roles."""

    lists: dict[str, tuple[Entry, ...]]
    clocks: tuple[Clock, ...] = ()
    roles: tuple[Role, ...] = ()


class Rules(Doc, frozen=True):
    """rules.yaml (one or more `rules*.yaml`, read in the order of their names)."""

    provisions: tuple[Provision, ...]
