"""What a decision holds, and that the same facts always give the same bytes."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from treaty_facts import KINDS, KZ_RU, KZ_TM, changed, decide, granted, message, packs, source

from policies.decision import Decision
from policies.loading import load_packs
from policies.programs import KEYS


def test_permit_and_denial_are_frozen() -> None:
    decision = decide(message(KZ_RU))
    with pytest.raises(AttributeError):
        decision.outcome = "deny"  # type: ignore[misc]


def test_trace_holds_every_rule_that_applies_with_its_value() -> None:
    decision = decide(message(KZ_RU))
    traced = {entry.rule: (entry.effect, entry.value, entry.outcome) for entry in decision.trace}
    assert traced[f"{KZ_RU}/5.4#seal"] == ("require", "true", "passed")
    assert traced[f"{KZ_RU}/3.2#excluded"] == ("deny", "false", "passed")
    assert traced[f"{KZ_RU}/5.1#request"] == ("permit", "true", "permitted")
    assert traced["baseline/personal-data#register"] == ("oblige", "false", "silent")
    program = packs().suite(KZ_RU).programs["send", "request"]
    rules = (*program.gates, *program.denials, *program.permits, *program.obligations)
    assert [entry.rule for entry in decision.trace] == [rule.id for rule in rules]


def test_trace_of_a_denial_shows_violated_and_unknown_apart() -> None:
    decision = decide(changed(message(KZ_RU, seal=False), official_signature=None))
    traced = {entry.rule: (entry.value, entry.outcome) for entry in decision.trace}
    assert traced[f"{KZ_RU}/5.4#seal"] == ("false", "denied")
    assert traced[f"{KZ_RU}/5.4#official-signature"] == ("unknown", "denied")
    assert {reason.cause for reason in decision.reasons} == {"violated", "unknown"}
    assert decision.missing == ("official_signature",)


def test_denial_lists_all_problems_at_once_agreement_first_then_baseline() -> None:
    facts = message(KZ_TM, level="state_secret", sender_listed=False, elements=[], translation_languages=[])
    cited = decide(facts).provisions
    own = [provision for provision in cited if provision.startswith(KZ_TM)]
    assert {f"{KZ_TM}/{one}" for one in ("3", "4.1(1)", "4.1(2)", "4.1(5)", "4.2", "4.4")} <= set(own)
    assert list(cited) == own + [provision for provision in cited if provision.startswith("baseline/")]
    assert len(cited) == len(set(cited))


def test_trace_of_sources_names_each_one() -> None:
    sources = [granted(KZ_RU, "ru/mia"), source(KZ_TM, "tm/mia")]
    decision = decide(message(KZ_TM, "information", onward=True, purpose_same=True, sources=sources))
    seen = {(entry.rule, entry.source, entry.outcome) for entry in decision.trace if entry.source is not None}
    assert (f"{KZ_RU}/8.3#onward", 0, "passed") in seen
    assert (f"{KZ_TM}/7.2#onward", 1, "denied") in seen
    assert (f"{KZ_RU}/8.3#onward", 1, "denied") not in seen


def test_no_rule_is_traced_twice_for_the_same_source_and_agreement() -> None:
    sources = [source(KZ_RU, "ru/mia"), source(KZ_TM, "tm/mia"), source("kz-az-2005", "az/mia")]
    for facts in (message(KZ_TM, "information", onward=True, sources=sources), {"sources": sources}):
        seen = [(entry.rule, entry.source, entry.under) for entry in decide(facts).trace]
        assert len(seen) == len(set(seen))


def test_json_is_complete_and_reads_back() -> None:
    decision = decide(message(KZ_TM, elements=[], as_of="2026-05-04"))
    assert msgspec.json.decode(decision.to_json(), type=Decision) == decision
    read = json.loads(decision.to_json())
    assert set(read) == {
        *(
            "outcome",
            "provisions",
            "reasons",
            "missing",
            "remedies",
            "obligations",
            "trace",
            "packs",
            "as_of",
        ),
        "explanation",
    }
    assert read["as_of"] == "2026-05-04"


def test_explanation_lists_every_provision_by_what_it_did() -> None:
    decision = decide(message(KZ_RU, seal=False, personal_data=True))
    told = decision.explanation
    assert set(told.applied) == {entry.rule.partition("#")[0] for entry in decision.trace}
    assert told.denied == (f"{KZ_RU}/5.4",)
    assert f"{KZ_RU}/5.1" in told.permitted
    assert "baseline/personal-data" in told.obliged
    assert json.loads(decision.to_json())["explanation"]["denied"] == [f"{KZ_RU}/5.4"]


def test_explanation_of_a_permit_includes_the_catalogue_entries_it_rests_on() -> None:
    told = decide(message(KZ_TM, subject="corruption", form="legal_acts")).explanation
    assert {f"{KZ_TM}/2(1)", f"{KZ_TM}/1.1(11)", f"{KZ_TM}/2(5)"} <= set(told.permitted)
    assert told.denied == ()


def test_freshly_loaded_packs_and_reordered_facts_give_the_same_bytes() -> None:
    facts = message(KZ_RU, elements=[], seal=False, sources=[source(KZ_TM, "tm/mia")], onward=True)
    backwards = dict(reversed(facts.items()))
    assert load_packs().decide(backwards).to_json() == packs().decide(facts).to_json()


def test_every_act_and_kind_is_laid_out_and_nothing_else() -> None:
    for agreement in (*packs().agreements, None):
        suite = packs().suite(agreement)
        for key in KEYS:
            assert suite.programs[key].denials
            assert suite.programs[key] is suite.programs[key]
        for key in (("post", "request"), ("send", "letter")):
            with pytest.raises(KeyError):
                suite.programs[key]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([KZ_RU, KZ_TM]), st.sampled_from(KINDS), st.data())
def test_taking_facts_away_never_turns_a_denial_into_a_permit(
    agreement: str, kind: str, data: st.DataObject
) -> None:
    facts = message(agreement, kind, sources=[source(KZ_RU, "ru/mia")], onward=True)
    assert not decide(facts).permitted
    gone = data.draw(st.sets(st.sampled_from(sorted(facts)), max_size=6))
    assert not decide({name: value for name, value in facts.items() if name not in gone}).permitted


@settings(max_examples=120, deadline=None)
@given(st.lists(st.booleans(), max_size=5), st.sampled_from([KZ_RU, KZ_TM]))
def test_every_source_needs_its_own_grant(grants: list[bool], agreement: str) -> None:
    sources = [granted(KZ_RU, f"ru/{n}") if has else source(KZ_RU, f"ru/{n}") for n, has in enumerate(grants)]
    facts = message(agreement, "information", onward=bool(sources), purpose_same=True, sources=sources)
    assert decide(facts).permitted is all(grants)
    assert {reason.source for reason in decide(facts).reasons} == {
        n for n, has in enumerate(grants) if not has
    }
