"""Clocks as data: what a time limit runs from, what stops it, whose duty it is. Closed vocabularies.

No rule reads a clock. The gateway runs them: a clock that fires is an event, a notice and, where the
agreement says so, an end. See docs/DECISIONS.md, "Clocks".
"""

from typing import Literal, TypeAlias, get_args

import msgspec

from policies.documents_base import Doc
from policies.facts import Kind

Step = Literal[
    "oral_request",
    "oral_information",
    "written_confirmation",
    "deferral",
    "follow_up",
    "amendment_forwarded",
]
"""Kinds of message told apart more finely: `request` and `information` that are or confirm oral ones, an
`obstacle_notice` that postpones, a `clarification_query` of the requester after a result, an
`amendment_notice` by which the depositary tells the parties."""

Happening = Literal[
    "obstacle_known",
    "competence_lacking",
    "refusal_decided",
    "executed",
    "amendment",
    "leaving_notice",
    "leaving_forwarded",
    "data_error_proven",
    "data_not_needed",
    "deletion_due",
    "disclosure_intended",
    "agreement_ended",
]
"""What is no message: a case's or an admin's record says when it happened. `amendment` is the change of a
list of authorities itself (its notice is the kind `amendment_notice`), `leaving_notice` a party's notice."""

Moment: TypeAlias = Kind | Step | Happening
MOMENTS: tuple[str, ...] = (*get_args(Kind), *get_args(Step), *get_args(Happening))
"""Everything a clock can start, stop, pause or resume on."""

_SHORTEST_MONTH_S = 28 * 86_400

StartsAt = Literal["receipt", "made", "sent", "known"]
"""Which instant of the starting moment counts: its receipt by the other side, the oral statement itself, its
sending, or when the side that has the duty came to know."""

Duty = Literal["requester", "executor", "giver", "holder", "depositary", "party"]
"""Whose duty it is; `party` is a state or ministry as such, outside any case."""


class Clock(Doc, frozen=True):
    """A time limit.

    Args:
        name: machine name.
        provision: provision without the agreement's id.
        label: for a person.
        starts_on: moments it runs from; of several, each starts one of its own.
        starts_at: which instant of the moment counts.
        duty_of: whose duty it is to stop it in time.
        stops_on: moments that stop it; none for a limit that only runs out (an end).
        paused_by, resumed_by: moments that suspend it and let it run on, shown as a wait.
        duration_s: seconds; None, and no months either, where the text sets no figure ("at once").
        months: calendar months.
        remind_before_s: seconds before the end when its duty holder is reminded.
        on_overdue: `flag` shows and asks for an explanation, `deny` bars the late message (a rule does it),
            `end` ends what it runs for.
        notices: whose inbox gets the notice of overrunning.
        labels: label in further languages.
    """

    name: str
    provision: str
    label: str
    starts_on: tuple[Moment, ...]
    starts_at: StartsAt
    duty_of: Duty
    on_overdue: Literal["flag", "deny", "end"]
    stops_on: tuple[Moment, ...] = ()
    paused_by: tuple[Moment, ...] = ()
    resumed_by: tuple[Moment, ...] = ()
    duration_s: int | None = None
    months: int | None = None
    remind_before_s: int | None = None
    notices: Literal["both", "own"] = "own"
    labels: dict[Literal["kk", "ru"], str] = msgspec.field(default_factory=dict)

    @property
    def at_once(self) -> bool:
        """Whether the text sets no figure."""
        return self.duration_s is None and self.months is None


def clock_problem(clock: Clock) -> str | None:
    """What contradicts itself in a clock, or None."""
    if clock.duration_s is not None and clock.months is not None:
        return "counts seconds and months"
    if not clock.starts_on:
        return "starts on nothing"
    counts = (clock.duration_s, clock.months, clock.remind_before_s)
    if any(count is not None and count < 1 for count in counts):
        return "counts less than one unit"
    lasts_s = (clock.duration_s or 0) + (clock.months or 0) * _SHORTEST_MONTH_S
    if clock.remind_before_s is not None and lasts_s <= clock.remind_before_s:
        return "reminds before it starts"
    if bool(clock.paused_by) != bool(clock.resumed_by):
        return "is paused and never resumed, or the reverse"
    if not clock.stops_on and clock.on_overdue != "end":
        return "can never be stopped"
    if set(clock.starts_on) & set(clock.stops_on):
        return "stops on what starts it"
    return None
