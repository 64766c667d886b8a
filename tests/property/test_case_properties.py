"""For all sequences of messages: both ends of a case agree on its state, whoever looks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.exchange.case import (
    ANSWERED,
    INFORMED,
    OPENING,
    REFUSED,
    STATES,
    TRANSITIONS,
    next_state,
    role_of,
)
from gateway.exchange.manifest import KINDS

KZ, RU = "kz/mia", "ru/mia"
MESSAGES = st.lists(st.tuples(st.sampled_from([KZ, RU]), st.sampled_from(KINDS)), max_size=30)


class End:
    """One gateway's view of a case: it takes what the machine admits and knows who opened it."""

    def __init__(self) -> None:
        self.state: str | None = None
        self.requester = ""

    def take(self, sender: str, kind: str) -> bool:
        role = "requester" if self.state is None else role_of(sender, self.requester)
        after = next_state(self.state, kind, role)
        if after is None:
            return False
        if self.state is None:
            self.requester = sender
        self.state = after
        return True


@settings(max_examples=100)
@given(MESSAGES)
def test_both_ends_reach_the_same_state(messages: list[tuple[str, str]]) -> None:
    """The sender refuses what the machine does not admit, so it never reaches the other end."""
    here, there = End(), End()
    for sender, kind in messages:
        sending, receiving = (here, there) if sender == KZ else (there, here)
        if sending.take(sender, kind):
            assert receiving.take(sender, kind)
        assert (here.state, here.requester) == (there.state, there.requester)


@settings(max_examples=100)
@given(MESSAGES)
def test_a_refused_case_stays_refused_and_an_answered_one_answered(messages: list[tuple[str, str]]) -> None:
    end = End()
    for sender, kind in messages:
        before = end.state
        end.take(sender, kind)
        if before in (REFUSED, ANSWERED, INFORMED):
            assert end.state == before


@settings(max_examples=100)
@given(MESSAGES)
def test_a_case_opens_once(messages: list[tuple[str, str]]) -> None:
    end = End()
    opened = [kind for sender, kind in messages if end.take(sender, kind) and kind in OPENING]
    assert len(opened) <= 1
    assert (end.state is None) == (not opened)


@given(st.sampled_from(STATES), st.sampled_from(KINDS))
def test_nothing_ends_a_case_but_its_executor(state: str, kind: str) -> None:
    assert next_state(state, kind, "requester") not in {REFUSED, ANSWERED} or state in {REFUSED, ANSWERED}


def test_every_state_but_the_last_can_be_reached_and_left() -> None:
    reached = {*OPENING.values(), *TRANSITIONS.values()}
    assert reached == set(STATES)
    left = {state for (state, _, _), after in TRANSITIONS.items() if after != state}
    assert set(STATES) - left == {ANSWERED, REFUSED, INFORMED}
