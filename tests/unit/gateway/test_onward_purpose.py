"""Whether what is passed on was given for the purpose stated now: known only of sources this node holds."""

from types import SimpleNamespace
from typing import ClassVar

import pytest

from gateway.exchange.facts import _add_purpose_same
from gateway.exchange.manifest import Source

HELD = Source("ru/mia", "kz-ru-mvd-2008", "held", "digest")
OTHER = Source("ru/mia", "kz-ru-mvd-2008", "other", "digest")
OWN = Source("kz/mia", "kz-tm-2024", "own", "digest")


class Inbox:
    """A store that holds one message each, given for crime-solving, for another purpose, and for none."""

    ROWS: ClassVar = {
        ("ru/mia", "held"): SimpleNamespace(manifest_digest="digest", purpose="crime-solving"),
        ("ru/mia", "other"): SimpleNamespace(manifest_digest="digest", purpose="statistics"),
        ("ru/mia", "unstated"): SimpleNamespace(manifest_digest="digest", purpose=""),
    }

    def messages(self, direction: str, authority: str, ids: list[str]) -> list[SimpleNamespace]:
        assert direction == "in"
        return [row for one in ids if (row := self.ROWS.get((authority, one)))]


def purpose_same(*sources: Source, purpose: str | None = "crime-solving") -> object:
    facts: dict = {}
    manifest = SimpleNamespace(sender="kz/mia", purpose=purpose, sources=list(sources))
    _add_purpose_same(SimpleNamespace(store=Inbox()), facts, manifest)
    return facts.get("purpose_same")


@pytest.mark.parametrize("sources", [(HELD,), (HELD, OWN)])
def test_the_purpose_is_the_same_if_every_source_was_given_for_it(sources: tuple[Source, ...]) -> None:
    assert purpose_same(*sources) is True


@pytest.mark.parametrize("sources", [(OTHER,), (HELD, OTHER), (Source("ru/mia", "a", "absent", "d"), OTHER)])
def test_one_source_given_for_another_purpose_decides(sources: tuple[Source, ...]) -> None:
    assert purpose_same(*sources) is False


@pytest.mark.parametrize(
    "source",
    [
        Source("ru/mia", "kz-ru-mvd-2008", "absent", "digest"),
        Source("ru/mia", "kz-ru-mvd-2008", "held", "another digest"),
        Source("tm/mia", "kz-ru-mvd-2008", "held", "digest"),
        Source("ru/mia", "kz-ru-mvd-2008", "unstated", "digest"),
    ],
)
def test_of_a_source_that_is_not_held_the_purpose_is_unknown(source: Source) -> None:
    assert purpose_same(HELD, source) is None


def test_without_a_stated_purpose_it_is_unknown() -> None:
    assert purpose_same(HELD, purpose=None) is None
