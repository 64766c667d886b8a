"""The life of a case: which kind of message moves it where. Both ends compute the same state.

`TRANSITIONS` is the whole machine; docs/MESSAGE-CYCLE.md prints it. The requester opened the case (for
information sent on one's own initiative: gave it); the executor is the other authority.
"""

from typing import Final, Literal

Role = Literal["requester", "executor"]

REQUESTED: Final = "requested"
ACKNOWLEDGED: Final = "acknowledged"
CLARIFYING: Final = "clarifying"
OBSTRUCTED: Final = "obstructed"
ANSWERED: Final = "answered"
REFUSED: Final = "refused"
INFORMED: Final = "informed"
STATES: Final = (REQUESTED, ACKNOWLEDGED, CLARIFYING, OBSTRUCTED, ANSWERED, REFUSED, INFORMED)

_OPEN: Final = (REQUESTED, ACKNOWLEDGED, CLARIFYING, OBSTRUCTED)

OPENING: Final[dict[str, str]] = {"request": REQUESTED, "information": INFORMED}
"""Kinds that open a case, and its first state."""

TRANSITIONS: Final[dict[tuple[str, str, Role], str]] = {
    (REQUESTED, "acknowledgement", "executor"): ACKNOWLEDGED,
    (INFORMED, "acknowledgement", "executor"): INFORMED,
    (INFORMED, "clarification_query", "executor"): INFORMED,
    (INFORMED, "clarification_answer", "requester"): INFORMED,
    (CLARIFYING, "clarification_answer", "requester"): ACKNOWLEDGED,
    (OBSTRUCTED, "clarification_answer", "requester"): OBSTRUCTED,
    **{(state, "clarification_query", "executor"): CLARIFYING for state in _OPEN},
    **{(state, "obstacle_notice", "executor"): OBSTRUCTED for state in _OPEN},
    **{(state, "result", "executor"): ANSWERED for state in (*_OPEN, ANSWERED)},
    **{(state, "refusal", "executor"): REFUSED for state in _OPEN},
}


def next_state(state: str | None, kind: str, role: Role) -> str | None:
    """The state after a message, or None if the case does not admit it.

    Args:
        state: the case's state; None if there is no such case yet.
        kind: the message's kind.
        role: the role of the message's sender.
    """
    if state is None:
        return OPENING.get(kind) if role == "requester" else None
    return TRANSITIONS.get((state, kind, role))


def role_of(authority: str, requester: str) -> Role:
    """The role in a case of one of its two authorities."""
    return "requester" if authority == requester else "executor"
