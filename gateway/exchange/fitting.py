"""Whether a body fits the kind of its message: what it must hold to be one at all, and what belongs
elsewhere.

What an *agreement* demands (a ground, a reason, the elements of a request) is not asked here: the packs ask
for it and cite the provision.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from gateway.errors import Invalid
from gateway.exchange.body import Body
from keys import instants
from keys.errors import CanonicalError

BELONGS: Final[dict[str, frozenset[str]]] = {
    "refusal": frozenset({"refusal", "result"}),
    "obstacle": frozenset({"obstacle_notice"}),
    "oral": frozenset({"request", "information", "transfer"}),
    "conditions": frozenset({"obstacle_notice", "consultation", "conditions_answer"}),
    "competence": frozenset({"competence_notice"}),
    "transferred": frozenset({"transfer"}),
    "authentic": frozenset({"authenticity_answer"}),
    "execute_despite_disclosure": frozenset({"confidentiality_answer"}),
    "amendment": frozenset({"amendment_notice"}),
    "use_report": frozenset({"use_report"}),
    "correction": frozenset({"data_correction"}),
    "destruction": frozenset({"data_destruction"}),
    "disclosure": frozenset({"disclosure_notice"}),
    "partial": frozenset({"result"}),
    "law_applied": frozenset({"result", "refusal"}),
    "attendance": frozenset({"acknowledgement", "result"}),
}
"""Members of a body, and the only kinds that may have them."""

NEEDED: Final[dict[str, str]] = {
    "obstacle_notice": "obstacle",
    "competence_notice": "competence",
    "transfer": "transferred",
    "conditions_answer": "conditions",
    "authenticity_answer": "authentic",
    "confidentiality_answer": "execute_despite_disclosure",
    "amendment_notice": "amendment",
    "use_report": "use_report",
    "data_correction": "correction",
    "data_destruction": "destruction",
    "disclosure_notice": "disclosure",
}
"""The member without which a message of that kind says nothing."""

_EMPTY = Body()


def require_fit(kind: str, body: Body) -> None:
    """Raise `Invalid` with every place at which a body does not fit its message's kind."""
    problems = list(misfits(kind, body))
    if problems:
        raise Invalid([(f"/body{place}", problem) for place, problem in problems])


def misfits(kind: str, body: Body) -> Iterator[tuple[str, str]]:
    """What does not fit, as (JSON pointer in the body, problem)."""
    for name, kinds in BELONGS.items():
        if kind not in kinds and getattr(body, name) != getattr(_EMPTY, name):
            yield f"/{name}", f"does not belong to a message of kind {kind}"
    needed = NEEDED.get(kind)
    if needed is not None and getattr(body, needed) is None:
        yield f"/{needed}", f"is what a message of kind {kind} says"
    if kind == "result" and body.refusal is not None and not body.refusal.partial:
        yield "/refusal/partial", "is true in a result; a whole refusal is a message of its own"
    yield from _conditions(kind, body)
    yield from _competence(body)
    yield from _dates(body)


def _conditions(kind: str, body: Body) -> Iterator[tuple[str, str]]:
    conditions = body.conditions
    if conditions is None:
        return
    if kind == "conditions_answer":
        if conditions.accepted is None:
            yield "/conditions/accepted", "must be true or false"
        if conditions.offered:
            yield "/conditions/offered", "an answer offers nothing"
        return
    if conditions.accepted is not None:
        yield "/conditions/accepted", "is for the answer"
    if not conditions.offered:
        yield "/conditions/offered", "is empty"
    if kind == "obstacle_notice" and body.obstacle is not None and not body.obstacle.deferral:
        yield "/conditions", "go with a deferral, or with a consultation"


def _competence(body: Body) -> Iterator[tuple[str, str]]:
    said = body.competence
    if said is not None and said.transferred and said.authority is None:
        yield "/competence/authority", "must name the authority that has the request"


def _dates(body: Body) -> Iterator[tuple[str, str]]:
    if body.oral is not None:
        try:
            instants.parse(body.oral.made)
        except CanonicalError as error:
            yield "/oral/made", str(error)
    if body.amendment is not None:
        try:
            date.fromisoformat(body.amendment.effective_from)
        except ValueError as error:
            yield "/amendment/effective_from", str(error)
        if (body.amendment.change == "succeeded") != (body.amendment.successor is not None):
            yield "/amendment/successor", "is given exactly when another authority succeeds"
