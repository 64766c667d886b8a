"""The page of an agreement: every provision, how the gateway realises it, and the tests that cover it.

Rendered from a pack; what covers a provision is handed in. `python tests/treaty/write_pages.py` writes the
pages to docs/agreements, and a test fails when they are stale.
"""

from collections.abc import Iterable, Iterator, Mapping

from policies.documents import EntryIntoForce, Provision, Review, RuleDoc
from policies.packs import BASELINE, Pack
from policies.timing import Clock

_STAGES = {
    "draft": "a draft in the source",
    "signed": "signed, its entry into force not in the source",
    "ratified": "ratified, its entry into force not in the source",
    "in_force": "in force by the source",
}


def render(pack: Pack, tests: Mapping[str, Iterable[str]]) -> str:
    """The page of one pack.

    Args:
        pack: the pack.
        tests: names of the tests that cover each provision, by provision id without the agreement's.

    Returns:
        Markdown.
    """
    blocks = [
        *_head(pack),
        *_terms(pack),
        *_authorities(pack),
        *_clocks(pack),
        "## Provisions",
        *(block for one in pack.provisions for block in _provision(pack, one, list(tests.get(one.id, ())))),
    ]
    return "\n\n".join(blocks) + "\n"


def _head(pack: Pack) -> Iterator[str]:
    agreement, source = pack.agreement, pack.agreement.source
    yield f"# {pack.id}: {agreement.title}"
    yield "Printed from the pack by `python tests/treaty/write_pages.py`; a test fails when the two differ."
    yield agreement.instrument.strip().rstrip(".") + "."
    yield _items(
        [
            f"pack version {pack.version}; review {_review(agreement.review)}",
            f"text read: {source.language}; authentic: {', '.join(source.authentic)}"
            + (f"; {source.prevails} prevails" if source.prevails else "")
            + f". {source.note.strip()}",
            *(f"party {party.state}: {party.name}" for party in pack.parties),
            *([f"replaces {', '.join(agreement.replaces)}"] if agreement.replaces else []),
            *([f"settles itself: {_codes(agreement.settles)}"] if agreement.settles else []),
        ]
    )


def _terms(pack: Pack) -> Iterator[str]:
    terms = pack.in_force
    if terms is None:
        return
    yield "## In force"
    yield _items(_said_of(terms))


def _said_of(terms: EntryIntoForce) -> Iterator[str]:
    yield f"{_STAGES[terms.stage]} ({terms.provision}): {terms.reference.strip()}"
    yield f"since {terms.since}" if terms.since else "ships not in force: two administrators activate it"
    if terms.multilateral is not None:
        joined = f"; accession {terms.multilateral.accession}" if terms.multilateral.accession else ""
        yield (
            f"party by party: for the first {terms.multilateral.deposits} on the last of their deposits, for"
            f" later signatories on their own ({terms.multilateral.later}){joined}"
        )
    if terms.activation_asks:
        yield f"an activation confirms: {_codes(terms.activation_asks)}"
    yield f"leaving: {terms.notice_months} months of notice ({terms.leaving or terms.provision})"
    yield (
        f"what was started may be finished ({terms.finishing})"
        if terms.finishing
        else "what was started may not be finished after the end (baseline)"
    )
    yield f"dates are civil dates of {terms.zone}"


def _authorities(pack: Pack) -> Iterator[str]:
    lists = pack.authorities
    said = [
        f"`{one.id}` ({one.provision}): {one.names[0].name}" + (f". {one.note}" if one.note else "")
        for one in lists.authorities
    ]
    said += [f"{one.state}, not in the source ({one.provision}): {one.note}" for one in lists.unlisted]
    for role in pack.roles:
        part = " ".join([role.role.replace("_", " "), *([role.state] if role.state else [])])
        said.append(f"{part} ({role.provision}): {role.name}")
    if said:
        yield "## Authorities"
        yield _items(said)


def _clocks(pack: Pack) -> Iterator[str]:
    if pack.clocks:
        yield "## Clocks"
        yield _items(
            f"`{one.name}` ({one.provision}): {one.label}; from {_codes(one.starts_on)}"
            f" ({one.starts_at}), duty of the {one.duty_of}, {_limit(one)}, then {one.on_overdue}"
            for one in pack.clocks
        )


def _limit(clock: Clock) -> str:
    if clock.months is not None:
        return f"{clock.months} months"
    return "at once" if clock.duration_s is None else f"{clock.duration_s:,} s"


def _provision(pack: Pack, provision: Provision, tests: list[str]) -> Iterator[str]:
    yield f"### {pack.cite(provision.id)}"
    yield provision.paraphrase.strip()
    said = list(_realised(provision))
    if provision.note:
        said.append(f"note: {provision.note.strip()}")
    if provision.review or provision.language:
        read = [f"read in {provision.language}"] if provision.language else []
        said.append(
            "; ".join([*read, *([f"review {_review(provision.review)}"] if provision.review else [])])
        )
    named = ", ".join(f"`{name}`" for name in dict.fromkeys(tests))
    said.append(f"tests: {named}" if tests else "tests: none")
    yield _items(said)


def _realised(provision: Provision) -> Iterator[str]:
    yield from (_rule(rule) for rule in provision.rules)
    if provision.catalogue:
        yield f"catalogue `{provision.catalogue}`"
    if provision.clock:
        yield f"clock `{provision.clock}`"
    if provision.kinds:
        yield f"kinds of message: {_codes(provision.kinds)}"
    if provision.informative:
        yield f"informative: {provision.informative.strip()}"


def _rule(rule: RuleDoc) -> str:
    text = rule.because or (rule.obligation.text if rule.obligation else "")
    limits = [_codes(names) for names in (rule.applies.acts, rule.applies.kinds) if names]
    at = f" ({'; '.join(limits)})" if limits else ""
    return f"{rule.effect} `{rule.key}`{at}{f': {text}' if text else ''}"


def _review(review: Review) -> str:
    return (
        f"approved by {review.approver}, {review.approved_on}" if review.status == "approved" else "pending"
    )


def _codes(names: Iterable[str]) -> str:
    return ", ".join(names)


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"- {' '.join(line.split())}" for line in lines)


def page_name(pack: Pack) -> str:
    """Name of the page's file; the baseline's is told apart from the agreements'."""
    return f"{'0-baseline' if pack.id == BASELINE else pack.id}.md"
