"""A request passed on inside one state: unasked under sco-2010, only when asked under kz-ru-mvd-2008."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.errors import Invalid
from gateway.exchange.body import Body, Competence
from gateway.exchange.draft import Draft
from gateway.exchange.manifest import decode_manifest, encode_manifest
from gateway.exchange.prepare import prepare
from gateway.exchange.submission import Submission
from gateway.exchange.submit import Denied, submit
from policies.loading import SHIPPED, load_pack
from policies.packs import Pack
from policies.packset import PackSet
from tests.support import drafts
from tests.support.node_fixture import moved
from tests.support.village import Village, edited, said
from tests.support.world import CLIENT, World, make_world

KZ, RU, UNIT, GPO = "kz/mia", "ru/mia", "ru/mia/transport", "ru/gpo"
SCO, KZ_RU = "sco-2010", "kz-ru-mvd-2008"
DESIGNATED = """
[[agreements.kz-ru-mvd-2008.notices]]
authority = "ru/mia/transport"
since = 2010-01-01
reference = "Designation of operational units"
"""
RESULT = Body(text="Установлено.", law_applied="Национальное законодательство.")


def dated(pack: Pack) -> Pack:
    """sco-2010 as if its source gave the date from which it binds; the other packs as they are."""
    if pack.id != SCO or pack.in_force is None:
        return pack
    terms = msgspec.structs.replace(pack.in_force, since=date(2012, 3, 11), multilateral=None)
    return msgspec.structs.replace(pack, agreement=msgspec.structs.replace(pack.agreement, in_force=terms))


@pytest.fixture(scope="module")
def dated_packs() -> PackSet:
    return PackSet(dated(load_pack(folder)) for folder in sorted(SHIPPED.iterdir()) if folder.is_dir())


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("four"), (KZ, RU, UNIT, GPO))
    for member in world.members.values():
        with (member.folder / "kelisim.toml").open("a") as settings:
            settings.write(DESIGNATED)
    return world


@pytest.fixture
def village(four: World, dated_packs: PackSet, tmp_path: Path) -> Iterator[Village]:
    shutil.copytree(four.folder, tmp_path / "village")
    made = Village(moved(four, tmp_path / "village"), dated_packs)
    yield made
    made.close()


class Passing:
    """A request from Kazakhstan to Russia's ministry that another Russian authority is to execute."""

    def __init__(self, village: Village, agreement: str, other: str, **changes: Any) -> None:
        self.village, self.agreement, self.other = village, agreement, other
        draft = edited(drafts.request(**changes), agreement=agreement)
        if agreement == SCO:
            draft = edited(draft, form="search_for_persons", subject=["property"])
        self.request = village.exchanged(KZ, draft)
        self.case = self.request.case

    def draft(self, kind: str, recipient: str, body: Body, answers: str | None = None, **more: Any) -> Draft:
        answered = answers or self.request.message
        return said(kind, self.case, answered, recipient, body, agreement=self.agreement, **more)

    def transfer(self) -> Draft:
        """The transfer as an officer drafts it, the request collected."""
        self.village.collected(RU, self.request.message, KZ)
        return Draft(
            kind="transfer",
            agreement=self.agreement,
            recipients=[self.other],
            case=self.case,
            body=Body(text="Передаётся по подведомственности."),
            language="ru",
        )

    def notice(self, *, transferred: bool) -> Draft:
        competence = Competence(transferred=transferred, authority=self.other if transferred else None)
        body = Body(text="Сообщаем.", competence=competence, reason="Иная подведомственность.")
        return self.draft("competence_notice", KZ, body)


def test_sco_2010_6_3_a_request_is_passed_on_unasked_and_answered_by_the_competent_authority(
    village: Village,
) -> None:
    passing = Passing(village, SCO, GPO, level="confidential", body=_confidential())
    sent = village.exchanged(RU, passing.transfer())
    village.exchanged(RU, passing.notice(transferred=True))
    assert village.state(passing.case, KZ, RU) == "passed_on"
    assert village.state(passing.case, KZ, GPO) == "requested"

    held = village.collected(GPO, sent.message, RU)
    assert held.manifest.level == "confidential"
    assert held.manifest.purpose == "crime-solving"
    assert held.body.elements == drafts.ELEMENTS
    assert village.memory(GPO, passing.case, KZ).confidential
    assert village.memory(KZ, passing.case, GPO).confidential

    village.exchanged(GPO, passing.draft("result", KZ, RESULT, level="confidential"))
    assert village.state(passing.case, KZ, GPO) == "answered"
    assert village.state(passing.case, KZ, RU) == "passed_on"
    village.exchanged(KZ, passing.draft("closure", GPO, Body()))
    assert village.state(passing.case, KZ, GPO) == "closed"


def _confidential() -> Body:
    return Body(elements=drafts.ELEMENTS, confidential=True)


def test_a_transfer_is_told_only_once_the_other_authority_has_it(village: Village) -> None:
    passing = Passing(village, SCO, GPO)
    village.send(RU, passing.transfer())
    assert "baseline/case-order" in village.refused(RU, passing.notice(transferred=True))
    village.carry(RU)
    village.exchanged(RU, passing.notice(transferred=True))


def test_the_new_executor_is_a_stranger_until_the_requester_is_told(village: Village) -> None:
    passing = Passing(village, SCO, GPO)
    village.exchanged(RU, passing.transfer())
    early = village.send(GPO, passing.draft("acknowledgement", KZ, Body(text="Принято.")))
    village.carry(GPO)
    assert village.delivery(GPO, early.message) == "rejected"


def test_a_request_is_passed_on_to_one_authority(village: Village) -> None:
    passing = Passing(village, SCO, GPO)
    village.exchanged(RU, passing.transfer())
    village.exchanged(RU, passing.notice(transferred=True))
    assert "baseline/case-order" in village.refused(RU, passing.transfer())
    assert "baseline/case-order" in village.refused(RU, passing.draft("result", KZ, RESULT))


def test_a_request_is_passed_on_to_a_listed_authority_of_the_same_state(village: Village) -> None:
    passing = Passing(village, SCO, UNIT)
    assert f"{SCO}/6.3" in village.refused(RU, passing.transfer())


def test_kz_ru_mvd_2008_7_2_a_request_is_not_passed_on_unasked(village: Village) -> None:
    passing = Passing(village, KZ_RU, UNIT)
    assert f"{KZ_RU}/7.2" in village.refused(RU, passing.transfer())


def test_kz_ru_mvd_2008_7_2_a_request_is_passed_on_when_the_requester_asks_for_it(village: Village) -> None:
    passing = Passing(village, KZ_RU, UNIT)
    told = village.exchanged(RU, passing.notice(transferred=False))
    assert village.state(passing.case, KZ, RU) == "not_competent"
    order = village.exchanged(KZ, passing.draft("transfer_order", RU, Body(), told.message))
    assert village.state(passing.case, KZ, RU) == "transfer_ordered"
    village.collected(RU, order.message, KZ)
    village.exchanged(RU, passing.transfer())
    village.exchanged(RU, passing.notice(transferred=True))
    assert village.state(passing.case, KZ, RU) == "passed_on"
    village.exchanged(UNIT, passing.draft("acknowledgement", KZ, Body(text="Принято.")))
    village.exchanged(UNIT, passing.draft("result", KZ, RESULT))
    assert village.state(passing.case, KZ, UNIT) == "answered"


def test_the_order_is_proven_to_the_new_executor(village: Village) -> None:
    """An executor that only claims to have been asked is refused at the other end as well."""
    passing = Passing(village, KZ_RU, UNIT)
    told = village.exchanged(RU, passing.notice(transferred=False))
    order = village.exchanged(KZ, passing.draft("transfer_order", RU, Body(), told.message))
    village.collected(RU, order.message, KZ)
    village.exchanged(RU, passing.transfer())
    row = village.case(UNIT, passing.case, RU)
    assert (row.state, row.requester) == ("handed_on", RU)
    assert village.case(UNIT, passing.case, KZ).requester == KZ


def test_a_transfer_takes_the_requests_level_and_purpose_whatever_its_draft_says(village: Village) -> None:
    passing = Passing(village, SCO, GPO, level="confidential")
    laxer = edited(passing.transfer(), level="open", purpose="statistics", subject=[], caveats=["x"])
    sent = village.exchanged(RU, laxer)
    manifest = village.collected(GPO, sent.message, RU).manifest
    assert (manifest.level, manifest.purpose, manifest.caveats) == ("confidential", "crime-solving", [])
    assert manifest.subject == ["property"]


@pytest.mark.parametrize(
    ("changes", "provision"),
    [
        ({"level": "open"}, "baseline/level-binds"),
        ({"caveats": ["anybody"]}, "baseline/case-order"),
        ({"recipients": [KZ]}, "baseline/case-order"),
    ],
)
def test_a_transfer_that_changes_what_travels_with_the_request_is_denied(
    village: Village, changes: dict[str, Any], provision: str
) -> None:
    passing = Passing(village, SCO, GPO, level="confidential")
    node = village.node(RU)
    made = prepare(node, CLIENT, passing.transfer())
    manifest = encode_manifest(msgspec.structs.replace(decode_manifest(made.manifest), **changes))
    answer = village.run(submit(node, CLIENT, Submission(manifest, made.body, None, {}, "key")))
    assert isinstance(answer, Denied)
    assert provision in {reason.provision for reason in answer.decision.reasons}


def test_what_was_not_collected_is_not_passed_on(village: Village) -> None:
    passing = Passing(village, SCO, GPO)
    draft = passing.transfer()
    with pytest.raises(Invalid, match="no request to this authority"):
        prepare(village.node(KZ), CLIENT, edited(draft, recipients=[RU]))
    with pytest.raises(Invalid, match="collect the request first"):
        prepare(village.node(RU), "another-system", draft)
