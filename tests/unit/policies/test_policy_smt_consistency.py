"""No rule is dead, and none contradicts another silently; for every pack there is, by proof over all facts.

Definitions (docs/DECISIONS.md, "What is proved"): a permit contradicts the denials of its layer if they deny
whatever it permits; two denials of an agreement contradict if one is implied by the others, or if together
they leave some kind of message that the agreement permits without any lawful instance; two obligations
contradict if they have one code and can bind on the same facts with different clocks.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import pytest
import z3
from smt import SLOTS, Model
from treaty_facts import packs

from policies.conditions import All, AnyOf, Condition, Member, Not
from policies.programs import ACTS
from policies.rules import CompiledRule

every_agreement = pytest.mark.parametrize("agreement", packs().agreements)


@cache
def model_of(agreement: str | None) -> Model:
    """The model of an agreement, built once."""
    return Model(packs(), agreement)


def carried(model: Model, rule: CompiledRule) -> list[z3.BoolRef]:
    """There is a source, where the rule looks at one."""
    return [model.world.sources_known, model.world.taken[0]] if rule.per_source else []


def working(model: Model, rule: CompiledRule) -> bool:
    """Some facts make the rule do its work: deny for certain, or take part in a permit."""
    world = model.world
    if rule.denies:
        return model.find(world.value(rule, world.scope(0)).true, *carried(model, rule)) is not None
    works = model.grants(rule) if rule.effect == "permit" else world.value(rule, world.facts).true
    return model.find(works, *([] if rule.even_denied else [model.allowed()])) is not None


def passing(model: Model, rule: CompiledRule) -> bool:
    """Some permitted facts are looked at by the rule and pass."""
    world = model.world
    looked_at = [world.applies(rule).true, world.value(rule, world.scope(0)).false, *carried(model, rule)]
    return model.find(model.allowed(), *looked_at) is not None


def looks_at_lists(condition: Condition) -> Iterator[Member]:
    """The tests that a condition makes on lists of codes."""
    match condition:
        case Not(of):
            yield from looks_at_lists(of)
        case All(of) | AnyOf(of):
            for part in of:
                yield from looks_at_lists(part)
        case Member(fact) if fact in SLOTS:
            yield condition


@every_agreement
def test_lists_have_a_slot_for_each_test_that_is_made_on_them(agreement: str) -> None:
    """One element is enough to make a test true, or `all_in` false; so these many make any of them so."""
    rules = [*packs().suite(agreement).rules]
    rules += [rule for other in packs().agreements for rule in packs().suite(other).rules if rule.travels]
    made = {test for rule in rules for test in looks_at_lists(rule.condition)}
    for fact, slots in SLOTS.items():
        assert len({test for test in made if test.fact == fact}) <= slots, fact


@every_agreement
def test_no_rule_is_dead(agreement: str) -> None:
    model, nameless = model_of(agreement), model_of(None)
    unknown_agreement = {rule.id: rule for rule in nameless.own.rules}
    idle = [rule for rule in model.own.rules if not working(model, rule)]
    dead = [
        rule.id
        for rule in idle
        if rule.id not in unknown_agreement or not working(nameless, unknown_agreement[rule.id])
    ]
    assert dead == []


@every_agreement
def test_every_denial_lets_something_pass(agreement: str) -> None:
    model = model_of(agreement)
    barring = {rule.id for rule in model.own.rules if rule.denies and not passing(model, rule)}
    # What the baseline asks of an act that this agreement does not permit at all passes under another one.
    transfers = any("transfer_request" in (rule.acts or ()) for rule in own_permits(model))
    assert barring == (set() if transfers else {"baseline/authority-as-of#transfer"})


def own_permits(model: Model) -> list[CompiledRule]:
    """The permits of the agreement itself."""
    return [
        rule
        for rule in model.own.rules
        if rule.effect == "permit" and rule.id.startswith(f"{model.agreement}/")
    ]


@every_agreement
def test_every_agreements_denial_can_be_the_only_one_from_it(agreement: str) -> None:
    """No denial of an agreement is implied by its others."""
    model = model_of(agreement)
    per_source = {rule.id for rule in model.own.rules if rule.per_source}
    own = [(key, mark) for key, mark in model.marks.items() if key[0].startswith(f"{agreement}/")]
    implied = []
    # Rules on sources all fire if the sources are unknown; and what holds of the first holds of any.
    for key, mark in (one for one in own if one[0][1] == (0 if one[0][0] in per_source else None)):
        others = [z3.Not(other) for name, other in own if name[0] != key[0]]
        if model.find(mark, *others) is None:
            implied.append(key)
    assert implied == []


@every_agreement
def test_no_permit_is_denied_by_its_own_layer_whatever_the_facts(agreement: str) -> None:
    model = model_of(agreement)
    dead = []
    for rule in (rule for rule in model.own.rules if rule.effect == "permit"):
        layer = rule.id.partition("/")[0]
        if model.find(model.grants(rule), *model.silent(lambda other: other.startswith(f"{layer}/"))) is None:  # noqa: B023
            dead.append(rule.id)
    assert dead == []


@every_agreement
def test_every_act_and_kind_that_a_permit_names_has_a_lawful_instance(agreement: str) -> None:
    model = model_of(agreement)
    world = model.world
    barred = []
    for rule in (rule for rule in model.own.rules if rule.effect == "permit" and rule.kinds):
        for act in sorted(rule.acts or ACTS):
            for kind in sorted(rule.kinds or ()):
                key = world.is_one_of("act", [act]), world.is_one_of("kind", [kind])
                if model.find(model.allowed(), model.grants(rule), *key) is None:
                    barred.append((rule.id, act, kind))
    assert barred == []


@every_agreement
def test_no_two_obligations_of_one_code_bind_with_different_clocks(agreement: str) -> None:
    model = model_of(agreement)
    world = model.world
    obliging = [rule for rule in model.own.rules if rule.obligation is not None]
    for one, other in combinations(obliging, 2):
        assert one.obligation is not None
        assert other.obligation is not None
        if one.obligation.code == other.obligation.code and one.obligation.clock != other.obligation.clock:
            both = [world.value(rule, world.facts).true for rule in (one, other)]
            assert model.find(model.allowed(), *both) is None, (one.id, other.id)


@every_agreement
def test_every_clock_can_be_stopped_by_a_lawful_message(agreement: str) -> None:
    """A duty that no permitted message fulfils would contradict the denials silently."""
    model = model_of(agreement)
    world = model.world
    kinds = {
        "written_confirmation": "request",
        "deferral": "obstacle_notice",
        "follow_up": "clarification_query",
    }
    kinds |= {"amendment_forwarded": "amendment_notice"}
    for clock in packs().pack(agreement).clocks:
        stops = [kinds.get(moment, moment) for moment in clock.stops_on]
        if stops and set(stops) <= set(world.facts["kind"].kind.values):
            sending = world.is_one_of("act", ["send"]), world.is_one_of("kind", stops)
            assert model.find(model.allowed(), *sending) is not None, clock.name
