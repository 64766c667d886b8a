"""`Accept-Language`: which of the offered languages a caller prefers."""

import pytest

from gateway.api.languages import preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, None),
        ("", None),
        ("fr, de;q=0.5", None),
        ("kk", "kk"),
        ("RU-ru", "ru"),
        ("kk-KZ, ru;q=0.8, en;q=0.5", "kk"),
        ("fr, ru;q=0.2, kk;q=0.3", "kk"),
        ("ru;q=0, en;q=0.1", "en"),
        ("ru;q=0", None),
        ("ru, kk", "ru"),
        ("*", "en"),
        ("kk;q=1.001, ru;q=0.1", "ru"),
        ("kk;q=nan, ru", "ru"),
        ("kk;;q=1, \x00, ru;q=0.5", "ru"),
        ("," * 5000 + "kk", None),
        ("kk" * 5000, None),
    ],
)
def test_most_preferred_language_on_offer_is_chosen(header: str | None, language: str | None) -> None:
    assert preferred_language(header) == language
