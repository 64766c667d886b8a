"""A sixth agreement is a folder: two nodes exchange a request and its result under one that was invented."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.exchange.body import Body
from gateway.exchange.draft import Draft
from policies.loading import load_packs
from tests.support import drafts
from tests.support.node_fixture import moved
from tests.support.village import Village, edited, said
from tests.support.world import World

KZ, RU = "kz/mia", "ru/mia"
HARBOURS = "kz-ru-harbours-2020"
INVENTED = Path(__file__).resolve().parents[2] / "packs"
NAMED = drafts.ELEMENTS | {"ship": "«Алтай»"}


@pytest.fixture
def village(two_ministries: World, tmp_path: Path) -> Iterator[Village]:
    shutil.copytree(two_ministries.folder, tmp_path / "village")
    made = Village(moved(two_ministries, tmp_path / "village"), load_packs(None, INVENTED))
    yield made
    made.close()


def request(elements: dict[str, str]) -> Draft:
    asked = drafts.request(agreement=HARBOURS, subject=["harbour_theft"], body=Body(elements=elements))
    return edited(asked, form=None, signatory=None)


def test_a_request_and_its_result_under_an_invented_agreement(village: Village) -> None:
    asked = village.exchanged(KZ, request(NAMED))
    result = Body(text="Груз найден.", law_applied="Национальное законодательство.")
    village.exchanged(RU, said("result", asked.case, asked.message, KZ, result, agreement=HARBOURS))
    assert village.state(asked.case, KZ, RU) == "answered"
    decided = [leaf.fields for leaf in village.leaves(RU) if leaf.event == "message.received"]
    assert str(decided[0]["pack"]).startswith(f"{HARBOURS}@1#")
    assert f"{HARBOURS}/2" in decided[0]["provisions"]  # type: ignore[operator]


def test_its_own_elements_are_asked_for_by_its_own_provision(village: Village) -> None:
    assert village.refused(KZ, request(drafts.ELEMENTS)) == {f"{HARBOURS}/2"}
