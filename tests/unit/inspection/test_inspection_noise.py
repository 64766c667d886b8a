"""Noise never hides a marking, and every channel is read."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.inspection.markings import inspect_segments
from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Channel, Segment, Verdict, verdict_of

GRADES = [
    "Секретно",
    "Совершенно секретно",
    "Өте құпия",
    "Құпия",
    "Tam məxfi",
    "Gizlin",
    "Жашыруун",
    "Maxfiy",
    "Комилан махфӣ",
    "TOP SECRET",
    "SECRET",
    "机密",
    "سري للغاية",
]
CASED = [grade for grade in GRADES if grade.lower() != grade]
_SWAPS = str.maketrans("АВЕКМНОРСТХаеорсхABEKMHOPCTXaeopcx", "ABEKMHOPCTXaeopcxАВЕКМНОРСТХаеорсх")
NOISE: dict[str, Callable[[str], str]] = {
    "zero-width": "\u200b".join,
    "joiner": "\u200d".join,
    "soft hyphen": "\u00ad".join,
    "byte order mark": "\ufeff".join,
    "struck through": lambda s: "".join(c + "\u0336" for c in s),
    "upper case": str.upper,
    "lower case": str.lower,
    "look-alikes": lambda s: s.translate(_SWAPS),
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s),
    "no-break space": lambda s: s.replace(" ", "\u00a0"),
    "brackets": lambda s: f"[{s}]",
    "stars": lambda s: f"*** {s} ***",
    "far right": lambda s: " " * 60 + s,
}
CASED_NOISE: dict[str, Callable[[str], str]] = {
    "letter-spaced": lambda s: "   ".join(" ".join(word) for word in s.split()),
    "dotted": lambda s: " ".join(".".join(word) for word in s.split()),
    "broken": lambda s: s[: len(s) // 2].rstrip() + "-\n" + s[len(s) // 2 :].lstrip(),
    "vertical": lambda s: "\n".join(s.replace(" ", "")),
}
CHANNELS: list[Channel] = [
    "body",
    "text",
    "html",
    "mail_body",
    "header",
    "footer",
    "textbox",
    "comment",
    "hidden",
    "note",
    "property",
    "annotation",
    "form_field",
    "metadata",
    "cell",
    "ocr",
    "label",
]
Judge = Callable[..., Verdict]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("grade", GRADES)
def test_noise_does_not_hide_a_grade(grade: str, noise: str, judged: Judge) -> None:
    assert judged(f"{NOISE[noise](grade)}\n№ 2\n\nReport on the journey.") == "state_secret"


@pytest.mark.parametrize("noise", CASED_NOISE)
@pytest.mark.parametrize("grade", CASED)
def test_spacing_and_breaks_do_not_hide_a_grade(grade: str, noise: str, judged: Judge) -> None:
    assert judged(f"{CASED_NOISE[noise](grade)}\n\nReport on the journey.") == "state_secret"


@pytest.mark.parametrize(
    "text",
    [
        "СЕКРЕТН0",
        "С0ВЕРШЕНН0 СЕКРЕТН0",
        "СЕКРЕТИО",
        "Соверщенно секретпо",
        "T0P SECRFT",
        "5ECRET",
        "Қ¥ПИЯ",
        "Құпiя",
    ],
)
def test_what_scans_make_of_a_grade_is_that_grade(text: str, judged: Judge) -> None:
    assert judged(f"{text}\n№ 1\nReport") == "state_secret"


@pytest.mark.parametrize(
    "text", ["Копия", "Купля", "Конкретно", "Secrets", "Secretary", "Секреты", "жашыруу", "Regret"]
)
def test_an_ordinary_word_near_a_grade_is_not_one(text: str, judged: Judge) -> None:
    assert judged(f"{text}\nReport") == "none"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("grade", GRADES)
def test_a_grade_is_found_in_every_channel(grade: str, channel: Channel, judged: Judge) -> None:
    assert judged(grade, channel) == "state_secret"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Секретно_план.docx", "state_secret"),
        ("TOP SECRET - roster.xlsx", "state_secret"),
        ("a/ҚҰПИЯ/plan.pdf", "state_secret"),
        ("ДСП_приказ_45.pdf", "restricted"),
        ("secret_santa_list.xlsx", "none"),
        ("client_secret_rotation.md", "none"),
        ("Секретариат.docx", "none"),
    ],
)
def test_file_names(name: str, verdict: Verdict, judged: Judge) -> None:
    assert judged(name, "filename") == verdict


HARMLESS = st.lists(
    st.sampled_from(
        [
            "",
            "Просим сообщить о судимости лица.",
            "Тараптар келісті.",
            "3-бап",
            "The request was received.",
            "请协助核查。",
            "نشكركم على تعاونكم",
            "- пункт",
            "Итого: 12",
            "a;b;c",
            "{",
            "<p>",
        ]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(lines=HARMLESS, at=st.integers(0, 12), grade=st.sampled_from(CASED), seed=st.integers(0, 99))
def test_a_marking_line_added_to_any_harmless_text_is_found(
    lines: list[str], at: int, grade: str, seed: int, lexicon: Lexicon
) -> None:
    noisy = random.Random(seed).choice(list(NOISE.values()))(grade)
    text = "\n".join([*lines[:at], "", noisy, "Экз. № 2", *lines[at:]])
    assert verdict_of(inspect_segments([Segment(text, "text", "")], lexicon)) == "state_secret"


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=400))
def test_no_text_crashes_inspection(text: str, lexicon: Lexicon) -> None:
    findings = inspect_segments([Segment(text, "text", "")], lexicon)
    assert all(finding.place and finding.rule for finding in findings)
