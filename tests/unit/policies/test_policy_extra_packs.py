"""Adding an agreement is adding a folder: an invented one, loaded beside those shipped."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from treaty_facts import KZ_RU, message

from policies.cure import find_cure
from policies.errors import PackError
from policies.loading import SHIPPED, load_packs
from policies.packset import PackSet
from policies.status import in_force

EXTRA = Path(__file__).parents[2] / "packs"
HARBOURS = "kz-ru-harbours-2020"


@cache
def both() -> PackSet:
    """The packs shipped and the invented one."""
    return load_packs(None, EXTRA)


def harbours(kind: str = "request", **changes: Any) -> dict[str, Any]:
    """A lawful message under the invented agreement."""
    facts = message(KZ_RU, kind, subject="harbour_theft", elements=["ship"], attendance="none")
    return facts | {"agreement": HARBOURS} | changes


def test_invented_agreement_is_loaded_beside_the_shipped_ones_and_changes_none() -> None:
    shipped = load_packs()
    assert set(both().agreements) == {*shipped.agreements, HARBOURS}
    assert both().decide(message(KZ_RU)).to_json() == shipped.decide(message(KZ_RU)).to_json()
    assert not shipped.decide(harbours()).permitted


@pytest.mark.parametrize("kind", ["request", "information", "result", "closure", "use_report"])
def test_invented_agreement_permits_what_it_and_the_baseline_allow(kind: str) -> None:
    decision = both().decide(harbours(kind))
    assert decision.permitted, decision.reasons
    assert [pack.id for pack in decision.packs] == [HARBOURS, "baseline"]


def test_its_own_elements_are_demanded_in_three_languages_and_cured() -> None:
    facts = harbours(elements=[])
    decision = both().decide(facts)
    assert decision.provisions == (f"{HARBOURS}/2",)
    told = {decision.in_language(language).reasons[0].text for language in ("en", "ru", "kk", "fr")}
    assert told == {
        "The request does not name the ship.",
        "В запросе не названо судно.",
        "Сұрау салуда кеме аталмаған.",
    }
    cure = find_cure(both(), facts, decision)
    assert cure is not None
    assert [(change.fact, change.add) for change in cure.changes] == [("elements", "ship")]


def test_its_status_follows_its_own_dates() -> None:
    pack = both().pack(HARBOURS)
    assert not in_force(pack, [], date(2019, 12, 31))
    assert in_force(pack, [], date(2020, 1, 1))


@pytest.mark.parametrize("folder", [SHIPPED, Path(__file__).parent / "absent", Path(__file__).parent])
def test_folder_that_adds_nothing_or_repeats_a_pack_is_refused(folder: Path) -> None:
    with pytest.raises(PackError):
        load_packs(None, folder)
