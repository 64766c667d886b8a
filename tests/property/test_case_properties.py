"""For all sequences of messages that cross or do not: both ends of a case agree on where it stands."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.exchange.case import (
    ANSWERED_KIND,
    OPENING,
    ROLES,
    TRANSITIONS,
    Role,
)
from gateway.exchange.standing import Move, Standing, advance, opened

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
        move = Move(opening, "requester", "m0", made_ms=opening.startswith("oral_"))
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
    kind = ANSWERED_KIND.get(step)
    asked = (kind, "follow_up") if kind == "clarification_query" else (kind,)
    found = [m for m in end.known.values() if kind is None or (m.step in asked and m.role != end.role)]
    if step.startswith("conditions_"):
        found = [m for m in found if m.offers]
    return found[::-1][pick % len(found)].message if found else None


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(OPENING)), st.lists(CHOICES, max_size=60))
def test_both_ends_reach_the_same_standing_whatever_crossed(opening: str, played: list[Played]) -> None:
    """A sender is held to what it knows; what it sent is never refused at the other end, however late."""
    case = Case(opening)
    for choice in played:
        case.play(choice)
    case.settle()
    assert case.agree(), [case.ends[role].standing for role in ROLES]
