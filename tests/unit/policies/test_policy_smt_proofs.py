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
from treaty_facts import AGREEMENTS, KZ_AZ, KZ_JO, KZ_RU, KZ_TM, SCO, packs

from policies.facts import LEVELS

TRANSFERS = ("send", "receive", "collect", "onward", "transfer_request")
SECRET = LEVELS.index("state_secret")
Theorem = Callable[[Model], z3.BoolRef]

DENIALS = {
    rule.id
    for agreement in (*packs().agreements, None)
    for rule in packs().suite(agreement).rules
    if rule.denies
}
ONLY_BASELINE = frozenset(rule for rule in DENIALS if not rule.startswith("baseline/"))
ONLY_AGREEMENTS = DENIALS - ONLY_BASELINE


def codes(pack: str, catalogue: str) -> list[str]:
    """The codes of a pack's own catalogue; none if it has no such one."""
    return [entry.code for entry in packs().pack(pack).lists.lists.get(catalogue, ())]


def in_force(model: Model) -> z3.BoolRef:
    """In force; or ended, and finishing what was started where the agreement lists it, or a data duty."""
    world = model.world
    ended = world.is_one_of("agreement_status", ["ended"])
    finishing = world.is_one_of("kind", codes(model.agreement or "baseline", "finishing_kinds"))
    finishes = z3.And(ended, world.is_true("started_in_force"), finishing)
    duty = z3.And(ended, world.is_one_of("kind", codes("baseline", "data_duties")))
    return z3.Or(world.is_true("agreement_in_force"), finishes, duty)


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


def verified(model: Model, index: int) -> z3.BoolRef:
    """A grant of the originator is verified; what it must say beyond that is the baseline's."""
    return model.world.is_true("source.grant_verified", model.world.scope(index))


def verified_or_same_state(model: Model, index: int) -> z3.BoolRef:
    """As above, or the information stays in the holder's state."""
    return z3.Or(verified(model, index), model.world.is_true("source.same_state", model.world.scope(index)))


def consent_under(agreement: str) -> Theorem:
    """As `consent_for_each_source`, for the sources received under one agreement and as far as it speaks."""
    needed = {KZ_AZ: verified_or_same_state, KZ_JO: verified}.get(agreement, consented)

    def theorem(model: Model) -> z3.BoolRef:
        world = model.world
        each = [
            z3.Implies(
                z3.And(world.taken[index], scope["source.agreement"].value == world.code(agreement)),
                z3.Or(own_or_returned(model, index), needed(model, index)),
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


def accepts_stricter(agreement: str) -> bool:
    """The agreement lets a holder raise the level."""
    return "raised" in codes(agreement, "holder_level_changes")


def level_stays_with_originator(model: Model) -> z3.BoolRef:
    """Nobody else changes a level, save a stricter designation that every agreement involved accepts."""
    world = model.world
    unchanged = z3.Or(world.is_one_of("level_changed", ["none"]), world.is_true("changed_by_originator"))
    if not accepts_stricter(model.agreement or ""):
        return unchanged
    accepting = [world.code(name) for name in packs().agreements if accepts_stricter(name)]
    elsewhere = [
        z3.And(taken, *(scope["source.agreement"].value != code for code in accepting))
        for taken, scope in zip(world.taken, world.sources, strict=True)
    ]
    stricter = z3.And(
        world.is_one_of("level_changed", ["raised"]), world.sources_known, z3.Not(z3.Or(*elsewhere))
    )
    return z3.Or(unchanged, stricter)


def own_rule_binds_level(model: Model) -> z3.BoolRef:
    """By an agreement's own words: no holder changes the level, under kz-tm-2024 but to a stricter one."""
    world = model.world
    unchanged = z3.Or(world.is_one_of("level_changed", ["none"]), world.is_true("changed_by_originator"))
    if model.agreement != KZ_TM:
        return unchanged
    level, designated = world.facts["level"], world.facts["recipient_level"]
    stricter = z3.And(level.known, designated.known, designated.value > level.value)
    return z3.Implies(z3.And(world.is_one_of("act", ["change_level"]), z3.Not(unchanged)), stricter)


def giver_never_lowers(model: Model) -> z3.BoolRef:
    """Nobody lowers a level, not even the giver."""
    return model.world.is_one_of("level_changed", ["none", "raised"])


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
    (SCO, in_force, ("12.1#in-force",)),
    (SCO, own_rule_binds_level, ("7.1#holder-change",)),
    (SCO, consent_under(SCO), ("7.3#onward",)),
    (KZ_AZ, in_force, ("17.1#in-force",)),
    (KZ_AZ, own_rule_binds_level, ("9.1#holder-change",)),
    (KZ_AZ, giver_never_lowers, ("9.1#giver-lowers",)),
    (KZ_AZ, consent_under(KZ_AZ), ("9.2#third-state",)),
    (KZ_JO, in_force, ("14.1#in-force",)),
    (KZ_JO, consent_under(KZ_JO), ("9.2#third-party",)),
    (KZ_RU, in_force, ("15.1#in-force",)),
    (KZ_RU, own_rule_binds_level, ("8.1#holder-change",)),
    (KZ_RU, consent_under(KZ_RU), ("8.3#onward",)),
    (KZ_TM, in_force, ("10#in-force",)),
    (KZ_TM, no_state_secret, ("4.4#declared", "4.4#inspected")),
    (KZ_TM, own_rule_binds_level, ("7.1#stricter",)),
    (KZ_TM, consent_under(KZ_TM), ("7.2#onward",)),
)
"""What each agreement's own rules prove without the baseline; a pack not named proves nothing alone."""
BASELINE_DELETIONS = [(theorem, rule) for theorem, rules in BASELINE_SAFETY for rule in rules]
OWN_DELETIONS = [(agreement, theorem, rule) for agreement, theorem, rules in OWN_SAFETY for rule in rules]


@cache
def model_of(agreement: str | None) -> Model:
    """The model of an agreement, built once."""
    return Model(packs(), agreement)


def counterexample(
    theorem: Theorem, agreement: str | None, left_out: Iterable[str] = ()
) -> z3.ModelRef | None:
    model = model_of(agreement)
    return model.find(model.allowed(left_out), z3.Not(theorem(model)))


def test_packs_proved_are_the_packs_shipped() -> None:
    assert set(AGREEMENTS) == set(packs().agreements)
    assert {agreement for agreement, *_ in OWN_SAFETY} == set(AGREEMENTS)


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.__name__)
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_whole_set_proves_the_theorem_for_all_facts(agreement: str, theorem: Theorem) -> None:
    assert counterexample(theorem, agreement) is None


def test_nothing_is_permitted_without_a_known_agreement() -> None:
    model = model_of(None)
    assert model.find(model.allowed()) is None
    assert model.find(model.allowed(["baseline/legal-basis#known-agreement"])) is not None


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_nothing_new_begins_after_the_end_and_nothing_at_all_before_the_beginning(agreement: str) -> None:
    model = model_of(agreement)
    world = model.world
    not_now = z3.Not(world.is_true("agreement_in_force"))
    opens = world.is_one_of(
        "kind", ["request", "information", "consultation", "amendment_notice", "transfer"]
    )
    assert model.find(model.allowed(), not_now, opens) is None
    ended = world.is_one_of("agreement_status", ["ended"])
    assert model.find(model.allowed(), not_now, z3.Not(ended)) is None


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_what_was_started_is_finished_exactly_where_the_agreement_says_so(agreement: str) -> None:
    model = model_of(agreement)
    world = model.world
    after = [z3.Not(world.is_true("agreement_in_force")), world.is_one_of("kind", ["result"])]
    finishes = model.find(model.allowed(), *after) is not None
    assert finishes is bool(codes(agreement, "finishing_kinds"))
    duty = world.is_one_of("kind", ["data_destruction"])
    assert model.find(model.allowed(), after[0], duty) is not None


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
