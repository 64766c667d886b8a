"""What no facts can bring about, proved for all facts, and shown to rest on the rules it should rest on.

Each theorem is proved three times: by the whole set, by the baseline's denials alone, and by the denials
of the agreements alone as far as they speak. Deleting any safety rule from the layer it belongs to must
leave a counterexample.
"""

from collections.abc import Callable, Iterable
from functools import cache

import pytest
import z3
from smt import SOURCES, Model
from treaty_facts import KZ_RU, KZ_TM, packs

from policies.facts import LEVELS

AGREEMENTS = (KZ_RU, KZ_TM)
TRANSFERS = ("send", "receive", "collect", "onward", "transfer_request")
SECRET = LEVELS.index("state_secret")
Theorem = Callable[[Model], z3.BoolRef]

DENIALS = {
    rule.id for agreement in (*AGREEMENTS, None) for rule in packs().suite(agreement).rules if rule.denies
}
ONLY_BASELINE = frozenset(rule for rule in DENIALS if not rule.startswith("baseline/"))
ONLY_AGREEMENTS = DENIALS - ONLY_BASELINE


def in_force(model: Model) -> z3.BoolRef:
    """The agreement is known to be in force for both parties."""
    return model.world.is_true("agreement_in_force")


def no_state_secret(model: Model) -> z3.BoolRef:
    """The level is known and none of the levels that are known is state secret."""
    facts = model.world.facts
    found = [
        z3.Implies(facts[name].known, facts[name].value != SECRET) for name in ("level", "inspected_level")
    ]
    return z3.And(facts["level"].known, *found)


def no_secret_designation(model: Model) -> z3.BoolRef:
    """No holder designates the information a state secret."""
    designated = model.world.facts["recipient_level"]
    return z3.Implies(designated.known, designated.value != SECRET)


def own_or_returned(model: Model, index: int) -> z3.BoolRef:
    """A source's information goes back to its originator, or is the sender's own."""
    world, scope = model.world, model.world.scope(index)
    sender = world.facts["sender"]
    own = z3.And(sender.known, sender.value == scope["source.originator"].value)
    return z3.Or(world.is_true("source.recipient_is_originator", scope), own)


def consented(model: Model, index: int) -> z3.BoolRef:
    """A verified grant of the originator was given before and names this recipient."""
    scope = model.world.scope(index)
    names = ("source.grant_verified", "source.grant_prior", "source.beneficiary_matches")
    return z3.And(*(model.world.is_true(name, scope) for name in names))


def consent_for_each_source(model: Model) -> z3.BoolRef:
    """Where information is passed on, every source is known and its originator has consented."""
    world = model.world
    passed_on = world.is_one_of("act", TRANSFERS)
    each = [
        z3.Implies(world.taken[index], z3.Or(own_or_returned(model, index), consented(model, index)))
        for index in range(SOURCES)
    ]
    return z3.Implies(passed_on, z3.And(world.sources_known, *each))


def consent_under(agreement: str) -> Theorem:
    """As above, for the sources received under one agreement."""

    def theorem(model: Model) -> z3.BoolRef:
        world = model.world
        each = [
            z3.Implies(
                z3.And(world.taken[index], scope["source.agreement"].value == world.code(agreement)),
                z3.Or(own_or_returned(model, index), consented(model, index)),
            )
            for index, scope in enumerate(world.sources)
        ]
        return z3.Implies(z3.And(world.is_one_of("act", TRANSFERS), world.sources_known), z3.And(*each))

    return theorem


def onward_names_its_sources(model: Model) -> z3.BoolRef:
    """What goes onward does so by a transfer that names its sources; with none named, it is known not to."""
    world = model.world
    transfer = world.is_one_of("act", TRANSFERS)
    named = z3.And(transfer, world.sources_known, z3.Or(*world.taken))
    onward = world.facts["onward"]
    stays = z3.And(onward.known, z3.Not(onward.value))
    nameless = z3.And(transfer, z3.Not(z3.Or(*world.taken)))
    return z3.And(z3.Implies(world.is_true("onward"), named), z3.Implies(nameless, stays))


def level_stays_with_originator(model: Model) -> z3.BoolRef:
    """Nobody else changes a level, save a stricter designation that every agreement involved accepts."""
    world = model.world
    unchanged = z3.Or(world.is_one_of("level_changed", ["none"]), world.is_true("changed_by_originator"))
    if model.agreement != KZ_TM:
        return unchanged
    elsewhere = [
        z3.And(taken, scope["source.agreement"].value != world.code(KZ_TM))
        for taken, scope in zip(world.taken, world.sources, strict=True)
    ]
    stricter = z3.And(
        world.is_one_of("level_changed", ["raised"]), world.sources_known, z3.Not(z3.Or(*elsewhere))
    )
    return z3.Or(unchanged, stricter)


def own_rule_binds_level(model: Model) -> z3.BoolRef:
    """By the agreements' own words: kz-ru-mvd-2008 lets no holder change, kz-tm-2024 none but stricter."""
    world = model.world
    unchanged = z3.Or(world.is_one_of("level_changed", ["none"]), world.is_true("changed_by_originator"))
    if model.agreement == KZ_RU:
        return unchanged
    level, designated = world.facts["level"], world.facts["recipient_level"]
    stricter = z3.And(level.known, designated.known, designated.value > level.value)
    return z3.Implies(z3.And(world.is_one_of("act", ["change_level"]), z3.Not(unchanged)), stricter)


def designation_never_lowers(model: Model) -> z3.BoolRef:
    """No designation of a holder is below the level."""
    level, designated = model.world.facts["level"], model.world.facts["recipient_level"]
    return z3.Implies(z3.And(level.known, designated.known), designated.value >= level.value)


THEOREMS: tuple[Theorem, ...] = (
    in_force,
    no_state_secret,
    no_secret_designation,
    consent_for_each_source,
    onward_names_its_sources,
    level_stays_with_originator,
    own_rule_binds_level,
    designation_never_lowers,
)
BASELINE_SAFETY: tuple[tuple[Theorem, tuple[str, ...]], ...] = (
    (in_force, ("legal-basis#in-force",)),
    (no_state_secret, ("state-secrets#declared", "state-secrets#inspected")),
    (no_secret_designation, ("state-secrets#designated",)),
    (consent_for_each_source, ("onward-transfer#grant", "prior-consent#late", "onward-depth#beneficiary")),
    (onward_names_its_sources, ("onward-transfer#named", "onward-transfer#disguised")),
    (level_stays_with_originator, ("level-binds#holder-change",)),
    (designation_never_lowers, ("level-binds#designation-lower",)),
)
OWN_SAFETY: tuple[tuple[str, Theorem, tuple[str, ...]], ...] = (
    (KZ_RU, in_force, ("15.1#in-force",)),
    (KZ_RU, own_rule_binds_level, ("8.1#holder-change",)),
    (KZ_RU, consent_under(KZ_RU), ("8.3#onward",)),
    (KZ_TM, in_force, ("10#in-force",)),
    (KZ_TM, no_state_secret, ("4.4#declared", "4.4#inspected")),
    (KZ_TM, own_rule_binds_level, ("7.1#stricter",)),
    (KZ_TM, consent_under(KZ_TM), ("7.2#onward",)),
)
BASELINE_DELETIONS = [(theorem, rule) for theorem, rules in BASELINE_SAFETY for rule in rules]
OWN_DELETIONS = [(agreement, theorem, rule) for agreement, theorem, rules in OWN_SAFETY for rule in rules]


@cache
def model_of(agreement: str | None, left_out: frozenset[str] = frozenset()) -> Model:
    """The model of an agreement with rules left out, built once."""
    return Model(packs(), agreement, left_out)


def counterexample(
    theorem: Theorem, agreement: str | None, left_out: Iterable[str] = ()
) -> z3.ModelRef | None:
    model = model_of(agreement, frozenset(left_out))
    return model.find(model.permitted, z3.Not(theorem(model)))


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.__name__)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_whole_set_proves_the_theorem_for_all_facts(agreement: str, theorem: Theorem) -> None:
    assert counterexample(theorem, agreement) is None


def test_nothing_is_permitted_without_a_known_agreement() -> None:
    model = Model(packs(), None)
    assert model.find(model.permitted) is None
    open_door = Model(packs(), None, ["baseline/legal-basis#known-agreement"])
    assert open_door.find(open_door.permitted) is not None


@pytest.mark.parametrize(
    ("theorem", "rules"), BASELINE_SAFETY, ids=lambda part: getattr(part, "__name__", "")
)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_baseline_alone_proves_the_theorem(agreement: str, theorem: Theorem, rules: tuple[str, ...]) -> None:
    assert counterexample(theorem, agreement, ONLY_BASELINE) is None


@pytest.mark.parametrize(
    ("theorem", "rule"), BASELINE_DELETIONS, ids=[rule for _, rule in BASELINE_DELETIONS]
)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_deleting_a_baseline_safety_rule_breaks_its_proof(
    agreement: str, theorem: Theorem, rule: str
) -> None:
    assert f"baseline/{rule}" in DENIALS
    assert counterexample(theorem, agreement, ONLY_BASELINE | {f"baseline/{rule}"}) is not None


@pytest.mark.parametrize(("agreement", "theorem", "rules"), OWN_SAFETY)
def test_agreements_own_rules_prove_the_theorem(
    agreement: str, theorem: Theorem, rules: tuple[str, ...]
) -> None:
    assert counterexample(theorem, agreement, ONLY_AGREEMENTS) is None


@pytest.mark.parametrize(
    ("agreement", "theorem", "rule"), OWN_DELETIONS, ids=[rule for *_, rule in OWN_DELETIONS]
)
def test_deleting_an_agreements_safety_rule_breaks_its_proof(
    agreement: str, theorem: Theorem, rule: str
) -> None:
    assert f"{agreement}/{rule}" in DENIALS
    assert counterexample(theorem, agreement, ONLY_AGREEMENTS | {f"{agreement}/{rule}"}) is not None


@pytest.mark.parametrize("carried_under", AGREEMENTS)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_originating_agreement_binds_alone_whatever_agreement_carries(
    agreement: str, carried_under: str
) -> None:
    assert counterexample(consent_under(carried_under), agreement, ONLY_AGREEMENTS) is None


def working(model: Model, rule_id: str) -> bool:
    """Some facts make the rule do its work: deny for certain, or take part in a permit."""
    world = model.world
    found = [rule for rule in model.own.rules if rule.id == rule_id]
    for rule in found:
        if rule.denies:
            works, context = world.value(rule, world.scope(0)).true, carried(model, rule_id)
        else:
            works = model.grants(rule) if rule.effect == "permit" else world.value(rule, world.facts).true
            context = [] if rule.even_denied else [model.permitted]
        if model.find(works, *context) is not None:
            return True
    return False


def passing(model: Model, rule_id: str) -> bool:
    """Some permitted facts are looked at by the rule and pass; for other rules than denials, trivially."""
    [rule] = [rule for rule in model.own.rules if rule.id == rule_id]
    world = model.world
    looked_at = [world.applies(rule).true, world.value(rule, world.scope(0)).false, *carried(model, rule_id)]
    return not rule.denies or model.find(model.permitted, *looked_at) is not None


def carried(model: Model, rule_id: str) -> list[z3.BoolRef]:
    """There is a source, where the rule looks at one."""
    per_source = any(rule.per_source for rule in model.own.rules if rule.id == rule_id)
    return [model.world.sources_known, model.world.taken[0]] if per_source else []


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_no_rule_is_dead(agreement: str) -> None:
    model, nameless = model_of(agreement), model_of(None)
    rules = [rule.id for rule in model.own.rules]
    assert [rule for rule in rules if not (working(model, rule) or working(nameless, rule))] == []
    assert [rule for rule in rules if not passing(model, rule)] == []


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_agreements_denial_can_be_the_only_one_from_it(agreement: str) -> None:
    """No denial of an agreement is implied by another one of the same agreement."""
    model = model_of(agreement)
    own = {key: formula for key, formula in model.fired.items() if key[0].startswith(agreement)}
    for key, formula in own.items():
        others = [z3.Not(other) for name, other in own.items() if name[0] != key[0]]
        assert model.find(formula, *others) is not None, key
