"""What would make a denial lawful: as little as possible, decided again, or another channel."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from treaty_facts import KINDS, KZ_RU, KZ_TM, act, changed, decide, granted, message, packs, source

from policies.cure import Cure, applied, find_cure


def cure_of(facts: dict[str, Any]) -> Cure:
    """The cure of a denial; it leaves the facts as they were."""
    before = repr(facts)
    found = find_cure(packs(), facts, decide(facts))
    assert found is not None
    assert repr(facts) == before
    return found


def assert_cures(facts: dict[str, Any], *names: str) -> Cure:
    """The denial is lawful after changes of these facts, and with none of them left out."""
    cure = cure_of(facts)
    assert cure.lawful
    assert sorted(change.fact for change in cure.changes) == sorted(names)
    assert decide(applied(facts, cure.changes)).permitted
    for fewer in _fewer(cure):
        assert not decide(applied(facts, fewer)).permitted
    return cure


def _fewer(cure: Cure) -> Iterator[tuple[Any, ...]]:
    yield from combinations(cure.changes, len(cure.changes) - 1)


def test_permit_needs_no_cure() -> None:
    assert find_cure(packs(), message(KZ_RU), decide(message(KZ_RU))) is None


def test_one_missing_element_is_added_and_nothing_else() -> None:
    cure = assert_cures(message(KZ_RU, elements=[*message(KZ_RU)["elements"][:-1]]), "elements")
    [change] = cure.changes
    assert (change.add, change.provision) == ("content", f"{KZ_RU}/5.3")


def test_all_problems_are_cured_at_once() -> None:
    facts = message(KZ_RU, seal=False, official_signature="none", purpose_declared=False)
    assert_cures(facts, "seal", "official_signature", "purpose_declared")


def test_smallest_change_is_preferred_to_the_sum_of_all_remedies() -> None:
    ended = {"agreement_in_force": False}
    assert_cures(message(KZ_TM, **ended), "agreement_in_force")


@pytest.mark.parametrize(
    ("kind", "fact", "value", "codes"),
    [
        ("refusal", "refusal_ground", "whim", {"security", "sovereignty", "no_offence"}),
        ("request", "subject", ["whim"], {("narcotics",), ("terrorism",)}),
        ("request", "form", "whim", {"legal_acts", "search_for_persons"}),
    ],
)
def test_choice_from_a_list_names_the_list(kind: str, fact: str, value: Any, codes: set[Any]) -> None:
    [change] = assert_cures(message(KZ_RU, kind, **{fact: value}), fact).changes
    offered = {tuple(one) if isinstance(one, list) else one for one in (change.to, *change.one_of)}
    assert codes <= offered
    assert "extradition" not in offered


def test_choice_made_leads_to_no_further_denial() -> None:
    facts = message(KZ_RU, "refusal", refusal_ground=None, refusal_reason_given=None, refusal_written=None)
    assert_cures(changed(facts), "refusal_ground", "refusal_reason_given", "refusal_written")


@pytest.mark.parametrize("level", ["level", "inspected_level", "recipient_level"])
def test_state_secret_is_cured_by_no_change_of_the_message(level: str) -> None:
    cure = cure_of(message(KZ_TM, "information", **{level: "state_secret"}))
    assert (cure.lawful, cure.changes) == (False, ())
    assert "other_channel" in {remedy.action for remedy in cure.elsewhere}
    assert "baseline/state-secrets" in cure.remaining


@pytest.mark.parametrize("matter", ["extradition", "legal_assistance", "sanctioned_measure"])
def test_excluded_matter_is_sent_to_its_own_channel(matter: str) -> None:
    cure = cure_of(message(KZ_RU, matter_excluded=matter, seal=False))
    assert not cure.lawful
    assert {remedy.action for remedy in cure.elsewhere} == {"other_channel"}
    assert set(cure.remaining) <= {f"{KZ_RU}/3.1", f"{KZ_RU}/3.2"}


def test_only_the_sources_without_a_grant_need_one() -> None:
    sources = [granted(KZ_RU, "ru/mia"), source(KZ_TM, "tm/mia"), source(KZ_RU, "ru/mia")]
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=sources)
    cure = cure_of(facts)
    assert cure.lawful
    assert {change.source for change in cure.changes} == {1, 2}
    assert decide(applied(facts, cure.changes)).permitted


def test_unknown_sources_have_no_structured_cure() -> None:
    cure = cure_of(changed(message(KZ_RU), sources=None))
    assert not cure.lawful
    assert "baseline/onward-transfer" in cure.remaining


def test_client_with_too_low_a_clearance_is_told_which_would_do() -> None:
    facts = act(KZ_RU, "collect", level="restricted", clearance="open")
    [change] = assert_cures(facts, "clearance").changes
    assert {change.to, *change.one_of} == {"restricted", "confidential"}


def test_act_without_legal_basis_says_what_a_permit_would_need() -> None:
    facts = act(KZ_TM, "change_level", level_changed="none", recipient_level="confidential")
    assert not cure_of(facts).lawful


def test_unknown_agreement_is_cured_by_no_fact() -> None:
    assert not cure_of(message(KZ_RU) | {"agreement": "kz-xx-1999"}).lawful


def test_nothing_known_is_answered_too() -> None:
    assert not cure_of({}).lawful


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([KZ_RU, KZ_TM]), st.sampled_from(KINDS), st.data())
def test_every_cure_is_lawful_when_made_and_needs_each_of_its_changes(
    agreement: str, kind: str, data: st.DataObject
) -> None:
    facts = message(agreement, kind)
    gone = data.draw(st.sets(st.sampled_from(sorted(set(facts) - {"act", "kind", "agreement"})), max_size=5))
    facts = {name: value for name, value in facts.items() if name not in gone}
    decision = decide(facts)
    cure = find_cure(packs(), facts, decision)
    if cure is not None and cure.lawful:
        assert not decision.permitted
        assert decide(applied(facts, cure.changes)).permitted
        assert not any(decide(applied(facts, fewer)).permitted for fewer in _fewer(cure))
    else:
        assert decision.permitted == (cure is None)
