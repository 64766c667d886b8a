"""Each rule: what it finds, and the nearest thing that it must not find."""

from collections.abc import Callable

import pytest

from gateway.inspection.verdict import Finding, Verdict

Found = Callable[..., tuple[Finding, ...]]

MARKINGS = [
    ("alone", "МВД\nСекретно\nСправка"),
    ("field", "Гриф секретности: секретно"),
    ("field", '{"classification": "SECRET"}'),
    ("field", "id,classification\n1,SECRET"),
    ("ticked", "[ ] не секретно [x] секретно"),
    ("copy-number", "Секретно Экз. № 2 Начальнику управления докладываю о проверке"),
    ("copy-number", "СС\nЭкз. № 1"),
    ("stamp", "СЕКРЕТНО: план\nТекст"),
    ("bracketed", "Доклад о поездке [секретно]"),
    ("banner", "SECRET//REL TO PARTNERS"),
    ("banner", "CONFIDENTIAL//NOFORN"),
    ("portion", "(S) The source met the handler twice."),
    ("block", "Classified By: J2\nDerived From: a guide\nDeclassify On: 20400101"),
    ("registration", "Исх. № 2/771с\nТекст"),
    ("itself", "Настоящий документ имеет гриф «секретно»."),
    ("enclosure", "Приложение: схема, секретно, на 2 л."),
    ("filename", "Файл Секретно_схема.pdf прилагается"),
    ("broken", "Совер-\nшенно секретно"),
    ("broken", "С\nЕ\nК\nР\nЕ\nТ\nН\nО"),
]
MENTIONS = [
    "Степени: «особой важности», «совершенно секретно», «секретно».",
    "Устанавливаются грифы:\n1) особой важности;\n2) совершенно секретно;\n3) секретно.",
    "Гриф: секретно / совершенно секретно (нужное подчеркнуть)",
    "☐ секретно ☑ не секретно",
    "Гриф секретности «секретно» снят",
    "Секретно\nРассекречено 01.02.1995\nОтчёт",
    "Изъята папка с надписью:\nСЕКРЕТНО\nПапка пуста.",
    "Разговор он записывал скрытно и\nсекретно.\nБольше ничего.",
    "secret — секретно — құпия",
    'The film\n"Top Secret"\nwas shown.',
    "Дом № 45/7с, кв. 2",
    "Письмо № 45/7 с приложением",
    "(S) small (M) medium (L) large",
    "(S) small shirts for us\n(M) medium shirts for us",
    "Username\nPassword\nSecret\nRegion",
    '{"client_secret": "abc", "type": "Secret"}',
    '{"enum": ["UNCLASSIFIED", "SECRET", "TOP SECRET"]}',
    "Похищено:\nДСП\nМДФ\nфанера",
    "Previous classification: SECRET",
]


@pytest.mark.parametrize(("rule", "text"), MARKINGS)
def test_a_marking_is_found_by_its_rule(rule: str, text: str, found: Found) -> None:
    assert ("state_secret", rule) in {(finding.verdict, finding.rule) for finding in found(text)}


@pytest.mark.parametrize("text", MENTIONS)
def test_a_mention_is_not_a_marking(text: str, judged: Callable[..., Verdict]) -> None:
    assert judged(text) == "none"


def test_a_finding_names_line_and_column_of_the_original(found: Found) -> None:
    (finding,) = found("Отчёт\n  С\u200bе\u200bкретно")
    assert finding.place == "here, line 2, column 3"
    assert (finding.marking, finding.language, finding.channel) == ("Секретно", "ru", "text")


def test_a_place_in_structured_text_is_a_pointer(found: Found) -> None:
    (finding, *_) = found('{"elements": {"content": "Секретно\\nЭкз. № 2"}}', "body")
    assert "/elements/content" in finding.place


HOSTILE = {
    "one word": "секретно " * 20_000,
    "one label": "гриф: " * 20_000,
    "spaced": "С " * 100_000,
    "brackets": "(" * 200_000,
    "tags": "<a " * 60_000,
    "comments": "<!--" * 50_000,
    "nested": "[" * 200_000,
    "near": "для служебного польз\n" * 8_000,
    "numbers": "1-" * 100_000,
    "marks": "a" + "\u0301" * 200_000,
    "quotes": '"секретно ' * 20_000,
    "encoded": "=?utf-8?B?" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_end_and_are_not_called_markings(name: str, judged: Callable[..., Verdict]) -> None:
    assert judged(HOSTILE[name]) in ("none", "uninspectable")


def test_what_is_too_much_to_read_is_uninspectable(lexicon: object) -> None:
    from gateway.inspection.markings import inspect_segments
    from gateway.inspection.verdict import Segment

    segments = [Segment("строка\n" * 50, "text", "page 1")]
    (finding,) = inspect_segments(segments, lexicon, most_lines=20)  # type: ignore[arg-type]
    assert (finding.verdict, finding.rule, finding.place) == ("uninspectable", "effort", "page 1")
