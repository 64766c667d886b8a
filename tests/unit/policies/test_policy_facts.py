"""The closed catalogue of facts, and its JSON Schema."""

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from treaty_facts import KINDS, KZ_RU, KZ_TM, SCO, decide, message, packs

from gateway.exchange import manifest
from policies import facts
from policies.errors import FactsError, PoliciesError
from policies.facts import check_facts
from policies.facts_schema import encoded
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES

SCHEMA = Path(__file__).parents[3] / "docs" / "facts.schema.json"


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("seal", "true"),
        ("seal", 1),
        ("seal", None),
        ("level", "top_secret"),
        ("level", 3),
        ("act", "delete"),
        ("kind", "Request"),
        ("oral_age_s", -1),
        ("oral_age_s", 1.5),
        ("oral_age_s", True),
        ("multiple_recipients", 0),
        ("elements", "content"),
        ("elements", [1]),
        ("subject", {"code": "narcotics"}),
        ("official_signature", "clerk"),
        ("sources", {}),
    ],
)
def test_value_of_the_wrong_type_is_refused_naming_the_fact(fact: str, value: Any) -> None:
    with pytest.raises(FactsError) as caught:
        decide(message(KZ_RU) | {fact: value})
    assert caught.value.field.partition("[")[0] == fact
    assert isinstance(caught.value, PoliciesError)


def test_kinds_are_the_ones_a_manifest_can_hold_in_the_same_order() -> None:
    assert manifest.KINDS == facts.KINDS


@pytest.mark.parametrize("name", ["consent", "Level", "", "source.originator", "level "])
def test_unknown_fact_is_refused_by_name(name: str) -> None:
    with pytest.raises(FactsError) as caught:
        decide(message(KZ_RU) | {name: True})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"originator": "ru/mia"}, "sources[0]"),
        ({"originator": "ru/mia", "agreement": 5}, "sources[0].agreement"),
        ({"originator": "ru/mia", "agreement": KZ_RU, "grant": True}, "sources[0].grant"),
        ({"originator": "ru/mia", "agreement": KZ_RU, "grant_prior": "yes"}, "sources[0].grant_prior"),
    ],
)
def test_malformed_source_is_refused_naming_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(FactsError) as caught:
        check_facts({"sources": [given]})
    assert caught.value.field == field


def test_any_mapping_of_facts_is_accepted_and_left_alone() -> None:
    facts = message(KZ_TM)
    assert decide(MappingProxyType(facts)) == decide(facts)
    assert facts == message(KZ_TM)


def test_every_fact_says_what_it_means() -> None:
    described = {**FACT_TYPES, **SOURCE_FACT_TYPES}
    assert [name for name, kind in described.items() if not kind.description] == []


def test_schema_in_docs_is_current() -> None:
    assert SCHEMA.read_bytes() == encoded(packs())


def test_schema_lists_exactly_the_facts_and_who_reads_them() -> None:
    properties = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]["Facts"]["properties"]
    assert set(properties) == set(FACT_TYPES)
    assert properties["official_signature"]["x-read-by"] == {
        KZ_RU: ["send", "receive"],
        SCO: ["send", "receive"],
    }
    assert properties["as_of"]["x-read-by"] == {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("agreement", [KZ_RU, KZ_TM])
def test_no_fact_is_demanded_that_is_not_announced(agreement: str, kind: str) -> None:
    announced = packs().reads(agreement, "send", kind)
    facts = {"act": "send", "kind": kind, "agreement": agreement}
    assert set(decide(facts).missing) <= set(announced)
    assert decide(
        {name: value for name, value in message(agreement, kind).items() if name in announced}
    ).permitted


@pytest.mark.parametrize("name", ["official_signature", "elements", "refusal_ground", "clearance"])
def test_facts_of_other_kinds_of_message_are_not_demanded(name: str) -> None:
    facts = {"act": "send", "kind": "acknowledgement", "agreement": KZ_RU}
    assert name not in decide(facts).missing
    assert name not in packs().reads(KZ_RU, "send", "acknowledgement")
