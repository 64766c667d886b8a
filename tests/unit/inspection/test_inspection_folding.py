"""Folding: look-alikes meet, nothing crashes, lines and columns stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inspection.folding import fold, fold_with_origins, one_break

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("СЕКРЕТНО", "CEKPETHO"),
        ("СЕКРЕТНО", "СΕΚΡΕΤΗΟ"),
        ("Құпия", "Купия"),
        ("Məxfi", "Mәxfi"),
        ("ＳＥＣＲＥＴ", "secret"),
        ("ꜱᴇᴄʀᴇᴛ", "secret"),
        ("𝐒𝐄𝐂𝐑𝐄𝐓", "secret"),
        ("ⓈⒺⒸⓇⒺⓉ", "secret"),
        ("🇸🇪🇨", "sec"),
        ("Се\u00adк\u200bре\u2060тно", "секретно"),
        ("С\u0301е\u0336кретно", "секретно"),
        ("O‘ta muhim", "Oʻta muhim"),
        ("ســـرّيٌ", "سري"),
        ("ﺳﺮﻱ", "سري"),
        ("للغاية", "للغايه"),
        ("机密：", "机密:"),
    ],
)
def test_writings_that_look_alike_fold_to_the_same_text(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("секретно", "конкретно"), ("Құпия", "Копия"), ("سري", "سريع")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(ANY)
def test_folding_any_text_keeps_its_line_breaks_and_is_stable(text: str) -> None:
    once = one_break(text)
    folded = fold(once)
    assert folded.count("\n") == once.count("\n")
    assert fold(folded).count("\n") == folded.count("\n")


@given(ANY.map(lambda text: one_break(text).replace("\n", " ")))
def test_each_folded_character_knows_where_it_came_from(line: str) -> None:
    folded, origins = fold_with_origins(line)
    assert folded == "".join(fold_with_origins(character)[0] for character in line)
    assert len(origins) == len(folded)
    assert origins == sorted(origins)
    assert all(0 <= origin < len(line) for origin in origins)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_gives_the_same(text: str) -> None:
    assert fold(text + "\u200b") == fold(text)
