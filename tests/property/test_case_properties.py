"""For all sequences of messages that cross or do not: both ends of a case agree on where it stands."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.exchange.case import (
    ANSWERED,
    ANSWERED_KINDS,
    AS_BEFORE,
    CLOSED,
    CROSSED,
    FOLLOWED_UP,
    OPENING,
    REFUSED,
    ROLES,
    STATES,
    STEPS,
    TRANSITIONS,
    VOID,
    WITHDRAWN,
    Role,
    admitted,
    next_state,
)
from gateway.exchange.manifest import KINDS
from gateway.exchange.standing import Move, Standing, advance, opened, read_memory, write_memory

ALL_STEPS = sorted({step for _, step, _ in TRANSITIONS})
ENDS: dict[Role, Role] = {"requester": "executor", "executor": "requester"}
Played = tuple[Role, str, int, bool]
CHOICES = st.tuples(
    st.sampled_from(ROLES),
    st.sampled_from(["deliver", "deliver", *ALL_STEPS]),
    st.integers(0, 5),
    st.booleans(),
)


class End:
    """One gateway's view of a case, and the messages on their way to it."""

    def __init__(self, role: Role, opening: Move) -> None:
        self.role = role
        standing = opened(opening)
        assert standing is not None
        self.standing: Standing = standing
        self.known: dict[str, Move] = {opening.message: opening}
        self.coming: deque[Move] = deque()

    def take(self, move: Move) -> bool:
        after = advance(self.standing, move)
        if after is None:
            return False
        self.standing = after
        self.known[move.message] = move
        return True


class Case:
    """Both ends, and what is between them."""

    def __init__(self, opening: str) -> None:
        move = Move(opening, "requester", "m0", made_ms=int(opening.startswith("oral_")))
        self.ends: dict[Role, End] = {role: End(role, move) for role in ROLES}
        self.count = 0

    def play(self, choice: Played) -> None:
        role, step, answered, flag = choice
        if step == "deliver":
            self.deliver(role)
        else:
            self.send(role, step, answered, flag=flag)

    def deliver(self, role: Role) -> None:
        end = self.ends[role]
        if end.coming:
            move = end.coming.popleft()
            assert end.take(move), (end.standing, move)

    def send(self, role: Role, step: str, answered: int, *, flag: bool) -> bool:
        end = self.ends[role]
        answers = _answerable(end, step, answered)
        if answers is None:
            return False
        self.count += 1
        move = Move(
            step,
            role,
            f"m{self.count}",
            answers,
            offers=flag and _offers(step, role),
            execute=flag,
            authority="x",
        )
        if not end.take(move):
            return False
        self.ends[ENDS[role]].coming.append(Move(**_fields(move) | {"received": True}))
        return True

    def settle(self) -> None:
        for role in ROLES:
            while self.ends[role].coming:
                self.deliver(role)

    def agree(self) -> bool:
        return self.ends["requester"].standing == self.ends["executor"].standing


def _fields(move: Move) -> dict[str, object]:
    return {name: getattr(move, name) for name in Move.__struct_fields__}


def _offers(step: str, role: Role) -> bool:
    return role == "executor" and step in ("deferral", "consultation")


def _answerable(end: End, step: str, pick: int) -> str | None:
    """Some message that the step may answer at this end, newest first; None if there is none."""
    kinds = ANSWERED_KINDS.get(step)
    found = [
        move
        for move in end.known.values()
        if kinds is None or (_kind(move.step) in kinds and move.role != end.role)
    ]
    return found[::-1][pick % len(found)].message if found else None


def _kind(step: str) -> str:
    """The kind of message a step is."""
    return next((kind for kind, steps in STEPS.items() if step in steps), step)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(OPENING)), st.lists(CHOICES, max_size=60))
def test_both_ends_reach_the_same_standing_whatever_crossed(opening: str, played: list[Played]) -> None:
    """A sender is held to what it knows; what it sent is never refused at the other end, however late."""
    case = Case(opening)
    for choice in played:
        case.play(choice)
    case.settle()
    assert case.agree(), [case.ends[role].standing for role in ROLES]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(OPENING)), st.lists(CHOICES, max_size=40))
def test_no_case_is_a_trap(opening: str, played: list[Played]) -> None:
    """Wherever a case has come to, its requester can end it, by taking the request back first if need be."""
    case = Case(opening)
    for choice in played:
        case.play(choice)
    case.settle()
    state = case.ends["requester"].standing.state
    if state != CLOSED and not case.send("requester", "closure", 0, flag=False):
        assert case.send("requester", "withdrawal", 0, flag=False), state
        assert case.send("requester", "closure", 0, flag=False), state
    case.settle()
    assert {case.ends[role].standing.state for role in ROLES} == {CLOSED}


@settings(max_examples=200, deadline=None)
@given(st.lists(CHOICES, max_size=40))
def test_a_case_opens_once_and_what_is_spoken_last_stays(played: list[Played]) -> None:
    case = Case("request")
    end = case.ends["requester"]
    for choice in played:
        before = end.standing.state
        case.play(choice)
        after = end.standing.state
        if before in (REFUSED, CLOSED):
            assert after in (before, CLOSED)
        if before == ANSWERED:
            assert after in (ANSWERED, FOLLOWED_UP, CLOSED)
        assert not any(
            case.send(role, step, 0, flag=False) for role in ROLES for step in ("request", "transfer")
        )


@given(st.lists(CHOICES, max_size=40))
def test_what_is_remembered_is_stored_whole(played: list[Played]) -> None:
    case = Case("oral_request")
    for choice in played:
        case.play(choice)
    memory = case.ends["executor"].standing.memory
    assert read_memory(write_memory(memory)) == memory


@given(st.sampled_from(sorted(STATES)), st.sampled_from(ALL_STEPS))
def test_only_the_executor_answers_or_refuses_and_only_the_requester_takes_back(
    state: str, step: str
) -> None:
    if step in ("result", "partial_result", "refusal", "transferred", "obstacle_notice", "deferral"):
        assert next_state(state, step, "requester", received=True) is None
    if step in ("withdrawal", "follow_up", "transfer_order"):
        assert next_state(state, step, "executor", received=True) is None


def test_every_state_is_reached_and_every_step_is_of_one_kind() -> None:
    assert {*OPENING.values(), *TRANSITIONS.values()} - {AS_BEFORE} == set(STATES) - {VOID}
    named = {step for steps in STEPS.values() for step in steps}
    assert {step for _, step, _ in TRANSITIONS} | set(OPENING) <= named | set(KINDS)


@pytest.mark.parametrize("state", sorted(STATES))
def test_what_is_admitted_is_what_the_table_says(state: str) -> None:
    for role in ROLES:
        assert {(state, step, role) for step in admitted(state, role)} == {
            key for key in TRANSITIONS if (key[0], key[2]) == (state, role)
        }


def test_what_may_cross_may_not_be_sent() -> None:
    assert not TRANSITIONS.keys() & CROSSED.keys()
    assert all(next_state(state, step, role) is None for state, step, role in CROSSED)
    assert next_state(WITHDRAWN, "result", "executor", received=True) == ANSWERED
