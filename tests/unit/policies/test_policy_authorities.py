"""Who is competent on a day: names that change, lists that wait for their publication, notices."""

from datetime import date, timedelta

import pytest
from msgspec import structs
from treaty_facts import KZ_RU, KZ_TM, packs

from policies.authorities import Notified, Published, competent, listing, role_of
from policies.errors import PackError
from policies.listings import AuthorityDoc, AuthorityLists, AuthorityName, Role, Unlisted, Wording
from policies.packs import Pack

BY_2017 = "annex-2017"
PUBLISHED = Published(KZ_TM, BY_2017, date(2017, 6, 10), "official gazette")
EFFECT = date(2017, 6, 21)
BEFORE, AFTER = date(2017, 1, 1), date(2018, 1, 1)


def name(text: str, language: str = "en", **limits: object) -> AuthorityName:
    return AuthorityName(language=language, name=text, **limits)  # type: ignore[arg-type]


def authority(code: str, *names: AuthorityName, **more: object) -> AuthorityDoc:
    return AuthorityDoc(id=code, state="KZ", provision="3", names=names, **more)  # type: ignore[arg-type]


LISTS = AuthorityLists(
    changes="3",
    authorities=(
        authority("kz/gpo", name("Prosecutor"), name("Прокуратура", "ru")),
        authority("kz/guard", name("Guard Service", since_wording=BY_2017)),
        authority(
            "kz/ethics",
            name("Service Agency", until_wording=BY_2017),
            name("Ethics Agency", since_wording=BY_2017),
            renamed_from=("kz/service",),
        ),
        authority("kz/revenue", name("Revenue", since=date(2015, 1, 1), until=date(2017, 1, 2))),
        authority("kz/heir", name("Heir"), successor_of=("kz/revenue",)),
    ),
    unlisted=(Unlisted(state="TM", provision="10", note="by notice"),),
    wordings=(Wording(id=BY_2017, provision="9", state="KZ", days_after_publication=10, reference="No 350"),),
)
TM: Pack = structs.replace(packs().pack(KZ_TM), authorities=LISTS)


def notice(code: str, since: date, **more: object) -> Notified:
    return Notified(KZ_TM, code, since, "note", **more)  # type: ignore[arg-type]


def test_authority_named_without_dates_is_listed_on_every_day_in_the_language_asked_for() -> None:
    answer = listing(TM, "kz/gpo", BEFORE, language="ru")
    assert (answer.listed, answer.name, answer.provision) == (True, "Прокуратура", f"{KZ_TM}/3")
    assert listing(TM, "kz/gpo", BEFORE, language="kk").name == "Prosecutor"


def test_new_wording_has_effect_when_ten_full_days_have_passed_after_its_publication() -> None:
    last = EFFECT - timedelta(days=1)
    assert listing(TM, "kz/guard", last, published=[PUBLISHED]).ground == "not_on_this_day"
    assert listing(TM, "kz/guard", EFFECT, published=[PUBLISHED]).name == "Guard Service"


def test_wording_whose_publication_nobody_stated_has_no_effect() -> None:
    assert listing(TM, "kz/guard", AFTER).ground == "publication_not_stated"
    other = [structs.replace(PUBLISHED, agreement=KZ_RU)]
    assert not listing(TM, "kz/guard", AFTER, published=other)


@pytest.mark.parametrize("code", ["kz/ethics", "kz/service"])
def test_renaming_keeps_the_identity_and_changes_the_name_on_its_day(code: str) -> None:
    before = listing(TM, code, EFFECT - timedelta(days=1), published=[PUBLISHED])
    after = listing(TM, code, EFFECT, published=[PUBLISHED])
    assert (before.name, after.name) == ("Service Agency", "Ethics Agency")
    assert before.authority == after.authority == "kz/ethics"


def test_dates_of_a_name_include_the_first_and_exclude_the_last() -> None:
    listed = [
        bool(listing(TM, "kz/revenue", day))
        for day in (date(2014, 12, 31), date(2015, 1, 1), date(2017, 1, 1), date(2017, 1, 2))
    ]
    assert listed == [False, True, True, False]


def test_successor_is_competent_only_once_notified() -> None:
    assert listing(TM, "kz/heir", AFTER).ground == "successor_without_notice"
    told = [notice("kz/heir", date(2018, 1, 1))]
    assert not listing(TM, "kz/heir", date(2017, 12, 31), told)
    answer = listing(TM, "kz/heir", date(2018, 1, 1), told)
    assert (answer.ground, answer.name, answer.reference) == ("notified", "Heir", "note")


def test_state_without_a_list_in_the_source_is_unlisted_until_notified() -> None:
    assert listing(TM, "tm/mia", AFTER).ground == "unlisted_until_notified"
    assert listing(TM, "tm/mia", AFTER, [notice("tm/mia", BEFORE, name="Ministry")]).name == "Ministry"
    assert not listing(TM, "tm/mia", AFTER, [structs.replace(notice("tm/mia", BEFORE), agreement=KZ_RU)])


def test_body_that_a_complete_list_does_not_name_is_not_competent() -> None:
    assert listing(TM, "kz/justice", AFTER).ground == "not_named"
    assert listing(TM, "xx/mia", AFTER).ground == "not_named"


def test_latest_notice_counts_and_may_strike_an_authority() -> None:
    told = [notice("kz/gpo", date(2019, 1, 1), listed=False), notice("kz/gpo", date(2020, 1, 1))]
    grounds = [listing(TM, "kz/gpo", date(year, 6, 1), told).ground for year in (2018, 2019, 2020)]
    assert grounds == ["listed", "struck", "notified"]


def test_notice_under_an_earlier_id_is_about_the_same_authority() -> None:
    told = [notice("kz/service", date(2019, 1, 1), listed=False)]
    assert listing(TM, "kz/ethics", date(2019, 1, 1), told).ground == "struck"


def test_list_as_of_a_date_holds_everyone_competent_on_it_once() -> None:
    told = [notice("tm/mia", BEFORE), notice("kz/gpo", BEFORE)]
    after = competent(TM, AFTER, told, [PUBLISHED])
    assert [one.authority for one in after] == ["kz/gpo", "kz/guard", "kz/ethics", "tm/mia"]
    before = competent(TM, date(2016, 6, 1), (), [PUBLISHED])
    assert [one.authority for one in before] == ["kz/gpo", "kz/ethics", "kz/revenue"]


def test_pack_without_any_list_answers_by_notices_alone() -> None:
    bare = structs.replace(TM, authorities=AuthorityLists())
    assert listing(bare, "kz/gpo", AFTER).ground == "not_named"
    assert listing(bare, "kz/gpo", AFTER, [notice("kz/gpo", BEFORE)]).listed


def test_shipped_lists_say_who_is_named_and_who_must_be_notified() -> None:
    ministries = packs().pack(KZ_RU)
    assert listing(ministries, "ru/mia", AFTER).listed
    assert listing(ministries, "ru/unit", AFTER).ground == "unlisted_until_notified"
    assert competent(packs().pack(KZ_TM), AFTER) == ()


def test_baseline_has_no_list() -> None:
    with pytest.raises(PackError):
        listing(packs().pack("baseline"), "kz/mia", AFTER)


def test_role_is_the_one_that_the_address_book_gives() -> None:
    depositary = Role(role="depositary", provision="3", name="Secretariat", authority="xx/secretariat")
    lists = structs.replace(TM.lists, roles=(depositary,))
    assert role_of(structs.replace(TM, lists=lists), "xx/secretariat") == "depositary"
    assert role_of(TM, "xx/secretariat") == role_of(TM, "kz/gpo") == "none"
