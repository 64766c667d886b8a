"""Which step in a case a message is: its kind, told more finely where the case machine needs it."""

from gateway.exchange.body import Body
from gateway.exchange.case import Role
from gateway.exchange.manifest import Manifest
from gateway.exchange.standing import Move
from keys import instants


def opening_step(manifest: Manifest, body: Body) -> str:
    """The step of a message of its kind, if it opens a case (or finds it open)."""
    oral = body.oral
    if oral is not None:
        if not oral.confirms:
            return f"oral_{manifest.kind}"
        if manifest.in_reply_to is not None:
            return "written_confirmation"
    return manifest.kind


def step_of(manifest: Manifest, body: Body, role: Role, answered_kind: str | None) -> str:
    """The step of a message in a case.

    Args:
        role: its sender's role.
        answered_kind: kind of the message it answers, if that is one of the case and of the other side.
    """
    kind = manifest.kind
    if kind in ("request", "information"):
        return opening_step(manifest, body)
    if kind == "obstacle_notice" and body.obstacle is not None and body.obstacle.deferral:
        return "deferral"
    if kind == "competence_notice" and body.competence is not None and body.competence.transferred:
        return "transferred"
    if kind == "conditions_answer":
        accepted = body.conditions is not None and body.conditions.accepted is True
        return "conditions_accepted" if accepted else "conditions_declined"
    if kind == "consultation" and answered_kind == "consultation":
        return "consultation_answer"
    if kind == "clarification_query" and role == "requester":
        return "follow_up"
    return "partial_result" if kind == "result" and body.partial else kind


def move_of(manifest: Manifest, body: Body, role: Role, step: str, *, received: bool) -> Move:
    """The message as the case machine sees it.

    Args:
        role: its sender's role.
        step: from `step_of`.
        received: it came from the other side.
    """
    competence = body.competence
    return Move(
        step,
        role,
        manifest.id,
        manifest.in_reply_to or "",
        received=received,
        offers=body.conditions is not None and bool(body.conditions.offered),
        made_ms=0 if body.oral is None or body.oral.confirms else instants.parse(body.oral.made),
        execute=body.execute_despite_disclosure is True,
        authority="" if competence is None or competence.authority is None else competence.authority,
        confidential=body.confidential,
    )
