"""Reasons, remedies and obligations in English, Kazakh and Russian."""

import json
import re

import pytest
from msgspec import structs
from treaty_facts import AGREEMENTS, changed, decide, message, packs

from policies.cure import find_cure
from policies.documents import RuleTexts
from policies.errors import PackError
from policies.packs import Pack, check_pack

CYRILLIC = re.compile("[а-яәғқңөұүһі]", re.IGNORECASE)
TEXTS = RuleTexts(because="почему", remedy="что делать")


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("agreement", AGREEMENTS)
def test_every_problem_of_a_request_is_told_in_the_language_at_once(agreement: str, language: str) -> None:
    facts = changed(message(agreement, elements=[], level="state_secret"), sender_listed=False, seal=None)
    decision = decide(facts).in_language(language)
    assert len(decision.reasons) > 3
    for told in (*decision.reasons, *decision.remedies):
        assert CYRILLIC.search(told.text), told
        assert told.texts is None


def test_languages_say_the_same_thing_differently() -> None:
    decision = decide(message(AGREEMENTS[0], elements=[]))
    texts = {language: decision.in_language(language).reasons[0].text for language in ("en", "kk", "ru")}
    assert len(set(texts.values())) == 3
    assert decision.in_language("fr") == decision.in_language("en")
    rules = {reason.rule for reason in decision.reasons}
    assert rules == {reason.rule for reason in decision.in_language("kk").reasons}


def test_cure_is_told_in_the_language_too() -> None:
    facts = message(AGREEMENTS[0], elements=[])
    cure = find_cure(packs(), facts, decide(facts))
    assert cure is not None
    assert all(CYRILLIC.search(change.text) for change in cure.in_language("kk").changes)


def test_record_is_in_english_alone_and_the_answer_in_all() -> None:
    decision = decide(message(AGREEMENTS[0], elements=[]))
    assert all("texts" not in reason for reason in json.loads(decision.record())["reasons"])
    assert all({"kk", "ru"} == set(one["texts"]) for one in json.loads(decision.to_json())["reasons"])


def with_texts(pack: Pack, texts: dict[str, RuleTexts]) -> Pack:
    """The pack with other texts of its first rule that denies."""
    done = False
    provisions = []
    for provision in pack.provisions:
        rules = list(provision.rules)
        for index, rule in enumerate(rules):
            if rule.because and not done:
                rules[index] = structs.replace(rule, texts=texts)
                done = True
        provisions.append(structs.replace(provision, rules=tuple(rules)))
    return structs.replace(pack, provisions=tuple(provisions))


@pytest.mark.parametrize(
    "texts",
    [
        structs.replace(TEXTS, remedy=None),
        structs.replace(TEXTS, because=""),
        structs.replace(TEXTS, obligation="обязанность"),
    ],
)
def test_translation_that_leaves_out_or_adds_a_text_is_refused(texts: RuleTexts) -> None:
    pack = packs().pack(AGREEMENTS[0])
    assert check_pack(with_texts(pack, {"ru": TEXTS, "kk": TEXTS}))
    with pytest.raises(PackError, match="texts in ru"):
        check_pack(with_texts(pack, {"ru": texts, "kk": TEXTS}))
