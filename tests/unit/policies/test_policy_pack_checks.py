"""What a pack's clocks, status and lists of authorities may not say."""

from typing import Any

import pytest
from msgspec import structs
from treaty_facts import KZ_TM, SCO, packs

from policies.errors import PackError
from policies.listings import AuthorityDoc, AuthorityName, Unlisted, Wording
from policies.packs import Pack, check_pack

TM, MANY = packs().pack(KZ_TM), packs().pack(SCO)
CLOCK = next(clock for clock in TM.clocks if clock.name == "oral_confirmation")


def clocked(**changes: Any) -> Pack:
    changed = structs.replace(CLOCK, **changes)
    return structs.replace(TM, lists=structs.replace(TM.lists, clocks=(*TM.clocks, changed)))


@pytest.mark.parametrize(
    "changes",
    [
        {"duration_s": 5, "months": 1},
        {"starts_on": ()},
        {"duration_s": 0},
        {"months": -6},
        {"duration_s": 60, "remind_before_s": 60},
        {"remind_before_s": 60},
        {"paused_by": ("clarification_query",)},
        {"resumed_by": ("clarification_answer",)},
        {"stops_on": ()},
        {"stops_on": CLOCK.starts_on},
        {"provision": "99"},
    ],
)
def test_clock_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        check_pack(clocked(name="more", **changes))
    assert check_pack(clocked(name="more"))


def termed(pack: Pack, **changes: Any) -> Pack:
    terms = structs.replace(pack.in_force, **changes)
    return structs.replace(pack, agreement=structs.replace(pack.agreement, in_force=terms))


@pytest.mark.parametrize(
    ("pack", "changes"),
    [
        (TM, {"provision": "99"}),
        (TM, {"leaving": "99"}),
        (TM, {"survival": "99"}),
        (TM, {"finishing": "10"}),
        (MANY, {"finishing": None}),
        (MANY, {"multilateral": structs.replace(MANY.in_force.multilateral, later="99")}),
    ],
)
def test_terms_that_name_no_provision_or_finish_by_no_list_are_refused(
    pack: Pack, changes: dict[str, Any]
) -> None:
    assert check_pack(pack)
    with pytest.raises(PackError):
        check_pack(termed(pack, **changes))


def test_party_of_a_bilateral_agreement_has_no_date_of_its_own() -> None:
    parties = (TM.parties[0], structs.replace(TM.parties[1], acceded=True))
    with pytest.raises(PackError, match="multilateral"):
        check_pack(structs.replace(TM, agreement=structs.replace(TM.agreement, parties=parties)))


NAME = AuthorityName(language="en", name="Office")
OFFICE = AuthorityDoc(id="kz/office", state="KZ", provision="3", names=(NAME,))
WORDING = Wording(id="w", provision="3", state="KZ", days_after_publication=10, reference="act")


@pytest.mark.parametrize(
    "changes",
    [
        {"authorities": (OFFICE, OFFICE)},
        {"authorities": (OFFICE, structs.replace(OFFICE, id="kz/other", renamed_from=("kz/office",)))},
        {"authorities": (structs.replace(OFFICE, names=()),)},
        {"authorities": (structs.replace(OFFICE, state="RU"),)},
        {"authorities": (structs.replace(OFFICE, provision="99"),)},
        {"authorities": (structs.replace(OFFICE, names=(structs.replace(NAME, since_wording="w2"),)),)},
        {"authorities": (structs.replace(OFFICE, names=(structs.replace(NAME, until_wording="w2"),)),)},
        {"unlisted": (Unlisted(state="RU", provision="3", note="x"),)},
        {"wordings": (WORDING, WORDING)},
        {"changes": "99"},
    ],
)
def test_list_of_authorities_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    good = structs.replace(TM.authorities, authorities=(OFFICE,), wordings=(WORDING,))
    assert check_pack(structs.replace(TM, authorities=good))
    with pytest.raises(PackError):
        check_pack(structs.replace(TM, authorities=structs.replace(good, **changes)))
