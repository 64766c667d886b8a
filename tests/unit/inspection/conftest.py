"""The shipped lexicon and a short way to ask for a verdict."""

from collections.abc import Callable

import pytest

from gateway.inspection.loading import load_lexicon
from gateway.inspection.markings import inspect_segments
from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Channel, Finding, Segment, Verdict, verdict_of


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="session")
def found(lexicon: Lexicon) -> Callable[..., tuple[Finding, ...]]:
    def find(text: str, channel: Channel = "text") -> tuple[Finding, ...]:
        return inspect_segments([Segment(text, channel, "here")], lexicon)

    return find


@pytest.fixture(scope="session")
def judged(found: Callable[..., tuple[Finding, ...]]) -> Callable[..., Verdict]:
    def judge(text: str, channel: Channel = "text") -> Verdict:
        return verdict_of(found(text, channel))

    return judge
