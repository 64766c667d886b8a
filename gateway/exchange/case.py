"""The life of a case: which step moves it where, by whom. Both ends reach the same state from the same
messages.

`TRANSITIONS` and `CROSSED` are the whole machine; docs/MESSAGE-CYCLE.md prints them. The requester opened the
case (for information sent on one's own initiative: gave it); the executor is the other authority.

Messages of the two sides may cross on their way. A sender is held to `TRANSITIONS` on what it knows; a
receiver also takes what `CROSSED` lists: a step that was lawful where it was sent, before the other side's
message arrived there. Whatever the order, both ends then agree, because of two rules. The executor's last
word (a result, a refusal, a transfer) beats a withdrawal that crossed it. And an answer counts only for the
question it answers (`gateway.exchange.standing`).
"""

from collections.abc import Iterable
from typing import Final, Literal

Role = Literal["requester", "executor"]
ROLES: Final[tuple[Role, Role]] = ("requester", "executor")

ORAL: Final = "oral"
REQUESTED: Final = "requested"
ACKNOWLEDGED: Final = "acknowledged"
VERIFYING: Final = "verifying"
CLARIFYING: Final = "clarifying"
CONSULTING: Final = "consulting"
CONFIDING: Final = "confiding"
OBSTRUCTED: Final = "obstructed"
DEFERRED: Final = "deferred"
PARTLY_ANSWERED: Final = "partly_answered"
NOT_COMPETENT: Final = "not_competent"
TRANSFER_ORDERED: Final = "transfer_ordered"
PASSED_ON: Final = "passed_on"
ANSWERED: Final = "answered"
FOLLOWED_UP: Final = "followed_up"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
INFORMED: Final = "informed"
CONFERRING: Final = "conferring"
NOTIFIED: Final = "notified"
HANDED_ON: Final = "handed_on"
CLOSED: Final = "closed"
VOID: Final = "void"

STATES: Final[dict[str, str]] = {
    ORAL: "asked orally and on record; not confirmed in writing, and nothing else happened yet",
    REQUESTED: "asked in writing",
    ACKNOWLEDGED: "the executor has it in hand",
    VERIFYING: "the executor asked whether it is authentic",
    CLARIFYING: "the executor asked for more",
    CONSULTING: "the executor consults the requester",
    CONFIDING: "the executor cannot keep it confidential and asked what to do",
    OBSTRUCTED: "the executor told of an obstacle or delay",
    DEFERRED: "the executor postponed it",
    PARTLY_ANSWERED: "a part of the result has come",
    NOT_COMPETENT: "the executor is not competent; the requester decides what becomes of it",
    TRANSFER_ORDERED: "the requester asked that it be passed on",
    PASSED_ON: "another authority of the executor's state has it",
    ANSWERED: "the result has come",
    FOLLOWED_UP: "the requester asked for more after the result",
    REFUSED: "refused as a whole",
    WITHDRAWN: "taken back by the requester",
    INFORMED: "information given on one's own initiative",
    CONFERRING: "a consultation outside of any request",
    NOTIFIED: "a change of the list of authorities, or of their names, was told",
    HANDED_ON: "between two authorities of one state: a request was handed on",
    CLOSED: "ended",
    VOID: "what opened it was refused by the other side, so there is no such case",
}
"""Every state, and what it means."""

AS_BEFORE: Final = "(as before the question)"
"""In place of a state: the one the question interrupted."""

OPENING: Final[dict[str, str]] = {
    "oral_request": ORAL,
    "request": REQUESTED,
    "information": INFORMED,
    "oral_information": INFORMED,
    "consultation": CONFERRING,
    "amendment_notice": NOTIFIED,
    "transfer": HANDED_ON,
}
"""Steps that open a case, and its first state."""

STEPS: Final[dict[str, tuple[str, ...]]] = {
    "request": ("oral_request", "written_confirmation", "request"),
    "information": ("oral_information", "written_confirmation", "information"),
    "clarification_query": ("clarification_query", "follow_up"),
    "obstacle_notice": ("obstacle_notice", "deferral"),
    "competence_notice": ("competence_notice", "transferred"),
    "conditions_answer": ("conditions_accepted", "conditions_declined"),
    "consultation": ("consultation", "consultation_answer"),
    "result": ("partial_result", "result"),
}
"""The steps of those kinds of message that have more than one; every other kind is a step by itself."""

QUESTIONS: Final = {
    "authenticity_query": VERIFYING,
    "clarification_query": CLARIFYING,
    "consultation": CONSULTING,
    "confidentiality_query": CONFIDING,
}
"""What the executor asks of the requester, and the state while it waits."""

_OFFERING: Final = ("obstacle_notice", "consultation")
ANSWERED_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "authenticity_answer": ("authenticity_query",),
    "clarification_answer": ("clarification_query",),
    "consultation_answer": ("consultation",),
    "confidentiality_answer": ("confidentiality_query",),
    "conditions_accepted": _OFFERING,
    "conditions_declined": _OFFERING,
    "use_report": ("use_report_query",),
}
"""Steps that answer a message of the other side, and of which kinds that must be."""

_EARLY: Final = (ORAL, REQUESTED, ACKNOWLEDGED)
_ASKING: Final = tuple(QUESTIONS.values())
WORKING: Final = (*_EARLY, *_ASKING, OBSTRUCTED, DEFERRED, PARTLY_ANSWERED)
"""The states of a request that the executor has at hand."""
_ELSEWHERE: Final = (NOT_COMPETENT, TRANSFER_ORDERED)
_LAST_WORD: Final = (ANSWERED, REFUSED, PASSED_ON)
_REQUEST: Final = (*WORKING, *_ELSEWHERE, *_LAST_WORD, FOLLOWED_UP, WITHDRAWN)
"""The states of a request that is not closed."""
_UNASKED: Final = (INFORMED, CONFERRING, NOTIFIED, HANDED_ON)
"""The states of what is no request; either side may end it."""
_DATA_DUTIES: Final = (
    "use_report_query",
    "use_report",
    "data_correction",
    "data_destruction",
    "disclosure_notice",
)
_EXECUTING: Final = {
    "obstacle_notice": OBSTRUCTED,
    "deferral": DEFERRED,
    "partial_result": PARTLY_ANSWERED,
    "competence_notice": NOT_COMPETENT,
    **QUESTIONS,
}
"""What an executor may send at any time before its last word, and the state after it."""
_SPOKEN: Final = {"result": ANSWERED, "refusal": REFUSED, "transferred": PASSED_ON}
_ANSWERS: Final = (
    "authenticity_answer",
    "clarification_answer",
    "consultation_answer",
    "confidentiality_answer",
)
_ON_CONDITIONS: Final = ("conditions_accepted", "conditions_declined")

Table = dict[tuple[str, str, Role], str]


def _staying(states: Iterable[str], steps: Iterable[str], *roles: Role) -> Table:
    listed = tuple(steps)
    return {(state, step, role): state for state in states for step in listed for role in roles}


def _moving(states: Iterable[str], step: str, role: Role, after: str) -> Table:
    return {(state, step, role): after for state in states}


def _executing() -> Table:
    """The executor at work on a request, to its last word."""
    table = _moving((ORAL, REQUESTED, OBSTRUCTED, DEFERRED), "acknowledgement", "executor", ACKNOWLEDGED)
    for step, after in (*_EXECUTING.items(), *_SPOKEN.items()):
        table |= _moving(WORKING, step, "executor", after)
    table |= _staying(_ELSEWHERE, ("competence_notice",), "executor")
    table |= _moving(_ELSEWHERE, "transferred", "executor", PASSED_ON)
    table |= _moving(_ELSEWHERE, "refusal", "executor", REFUSED)
    table |= _staying((ANSWERED,), ("result",), "executor")
    table |= _staying((FOLLOWED_UP,), ("partial_result",), "executor")
    for step in ("result", "clarification_answer", "refusal"):
        table[FOLLOWED_UP, step, "executor"] = AS_BEFORE
    return table


def _requesting() -> Table:
    """The requester beside it: confirming, answering, asking on, taking back, ending."""
    table = _staying(_REQUEST, ("written_confirmation",), "requester")
    table[ORAL, "written_confirmation", "requester"] = REQUESTED
    del table[WITHDRAWN, "written_confirmation", "requester"]
    table |= _staying(WORKING, (*_ANSWERS, *_ON_CONDITIONS), "requester")
    for step, state in zip(_ANSWERS, _ASKING, strict=True):
        table[state, step, "requester"] = AS_BEFORE
    for step in _ON_CONDITIONS:
        table[CONSULTING, step, "requester"] = AS_BEFORE
    table[DEFERRED, "conditions_accepted", "requester"] = ACKNOWLEDGED
    table[NOT_COMPETENT, "transfer_order", "requester"] = TRANSFER_ORDERED
    table |= _moving((ANSWERED, FOLLOWED_UP), "follow_up", "requester", FOLLOWED_UP)
    table |= _moving((*WORKING, *_ELSEWHERE), "withdrawal", "requester", WITHDRAWN)
    closing = (*_LAST_WORD, *_ELSEWHERE, PARTLY_ANSWERED, FOLLOWED_UP, WITHDRAWN)
    return table | _moving(closing, "closure", "requester", CLOSED)


def _consulting() -> Table:
    """Consultations that stop nothing, by either side."""
    later = (*_ELSEWHERE, *_LAST_WORD, FOLLOWED_UP, WITHDRAWN)
    table = _staying((*WORKING, *later), ("consultation",), "requester")
    table |= _staying(later, ("consultation",), "executor")
    table |= _staying(later, ("consultation_answer",), "requester")
    return table | _staying((*WORKING, *later), ("consultation_answer",), "executor")


def _otherwise() -> Table:
    """Cases that are no requests."""
    told = ("acknowledgement", "clarification_query")
    table = _staying((INFORMED, NOTIFIED), told, "executor")
    table |= _staying((INFORMED, NOTIFIED), ("clarification_answer",), "requester")
    table |= _staying((INFORMED,), ("authenticity_query",), "executor")
    table |= _staying((INFORMED,), ("authenticity_answer", "written_confirmation"), "requester")
    table |= _staying((INFORMED, CONFERRING), ("consultation", "consultation_answer"), *ROLES)
    table |= _staying((CONFERRING,), ("acknowledgement",), "executor")
    for role in ROLES:
        table |= _moving(_UNASKED, "closure", role, CLOSED)
    return table


TRANSITIONS: Final[Table] = {
    **_executing(),
    **_requesting(),
    **_consulting(),
    **_otherwise(),
    **_staying((*_REQUEST, INFORMED, CONFERRING, CLOSED), _DATA_DUTIES, *ROLES),
}
"""The state after a step, by the state before it, the step and the role of its sender."""


def _crossed() -> Table:
    """What the other side sent before our last message reached it."""
    table = _staying((WITHDRAWN,), ("acknowledgement", *_EXECUTING), "executor")
    for step, after in _SPOKEN.items():
        table[WITHDRAWN, step, "executor"] = after
    table |= _staying(_LAST_WORD, ("withdrawal",), "requester")
    table[ACKNOWLEDGED, "acknowledgement", "executor"] = ACKNOWLEDGED
    table |= _staying((NOT_COMPETENT, *_LAST_WORD), (*_ANSWERS, *_ON_CONDITIONS), "requester")
    table |= _staying((PASSED_ON, REFUSED), ("transfer_order",), "requester")
    table |= _moving(set(WORKING) - {ORAL, REQUESTED}, "closure", "requester", CLOSED)
    for state, step, role in TRANSITIONS:
        if role == "executor" or state in _UNASKED:
            table[CLOSED, step, role] = CLOSED
    return table


CROSSED: Final[Table] = {key: after for key, after in _crossed().items() if key not in TRANSITIONS}
"""Steps taken at receipt only, because they may have crossed a message of ours."""


def next_state(state: str | None, step: str, role: Role, *, received: bool = False) -> str | None:
    """The state after a step (or `AS_BEFORE`), or None if the case does not admit it.

    Args:
        state: the case's state; None if there is no such case yet.
        step: the step (`gateway.exchange.steps`).
        role: the role of the message's sender.
        received: the other side sent it, so that it may have crossed a message of ours.
    """
    if state is None:
        return OPENING.get(step) if role == "requester" else None
    after = TRANSITIONS.get((state, step, role))
    return CROSSED.get((state, step, role)) if after is None and received else after


def role_of(authority: str, requester: str) -> Role:
    """The role in a case of one of its two authorities."""
    return "requester" if authority == requester else "executor"


def admitted(state: str, role: Role) -> list[str]:
    """The steps that one side may take now, as far as the state alone decides."""
    return [step for at, step, by in TRANSITIONS if (at, by) == (state, role)]
