"""Every provision is in its pack, realised or explicitly informative, and has a test that names it."""

import json
from pathlib import Path

import pytest
from provision_tests import covering_tests, named_in
from treaty_facts import AGREEMENTS, packs

PROVISIONS = json.loads((Path(__file__).parent / "provisions.json").read_text(encoding="utf-8"))
EVERY = ["baseline", *AGREEMENTS]


def test_list_of_provisions_knows_every_pack() -> None:
    assert sorted(PROVISIONS) == sorted(EVERY)
    assert sorted(packs().agreements) == sorted(AGREEMENTS)


@pytest.mark.parametrize("pack", EVERY)
def test_pack_holds_exactly_the_listed_provisions(pack: str) -> None:
    assert [provision.id for provision in packs().pack(pack).provisions] == PROVISIONS[pack]


@pytest.mark.parametrize("pack", EVERY)
def test_every_provision_is_realised_or_says_why_not(pack: str) -> None:
    for provision in packs().pack(pack).provisions:
        realised = provision.rules or provision.catalogue or provision.clock or provision.kinds
        assert realised or (provision.informative or "").strip(), provision.id
        assert provision.paraphrase.strip().endswith("."), provision.id


@pytest.mark.parametrize("pack", EVERY)
def test_every_provision_that_is_not_merely_informative_is_named_by_a_test(pack: str) -> None:
    provisions = packs().pack(pack).provisions
    covering = covering_tests(pack, [provision.id for provision in provisions])
    merely = {
        one.id for one in provisions if one.informative and not (one.rules or one.kinds or one.catalogue)
    }
    assert [name for name, tests in covering.items() if not tests and name not in merely] == []


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_rule_that_denies_or_obliges_speaks_kazakh_and_russian(agreement: str) -> None:
    for provision, rule in packs().pack(agreement).rules():
        if rule.because or rule.obligation:
            assert set(rule.texts) == {"kk", "ru"}, f"{provision.id}#{rule.key}"


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_clock_speaks_kazakh_and_russian(agreement: str) -> None:
    for clock in packs().pack(agreement).clocks:
        assert set(clock.labels) == {"kk", "ru"}, clock.name


@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_pack_awaits_its_review(agreement: str) -> None:
    assert packs().pack(agreement).agreement.review.status == "pending"


@pytest.mark.parametrize(
    ("test", "named"),
    [
        ("test_4_1_1_to_3_missing_element", ["4.1(1)", "4.1(2)", "4.1(3)"]),
        ("test_4_1_oral_request", ["4.1"]),
        ("test_4_1_and_4_2_both", ["4.1", "4.2"]),
        ("test_4_10_is_another_provision", []),
        ("test_nothing_named", []),
    ],
)
def test_names_are_read_by_the_longest_slug(test: str, named: list[str]) -> None:
    assert named_in(test, ["4.1", "4.1(1)", "4.1(2)", "4.1(3)", "4.2"]) == named
