"""Facts about a message as a step of its case: what it answers, confirms, refuses, offers, passes on."""

from gateway.exchange.body import Body
from gateway.exchange.manifest import Manifest
from gateway.exchange.standing import Memory
from gateway.exchange.verified import CasePosition, Verified
from keys import instants
from keys.errors import CanonicalError
from policies.facts import LEVELS, FactValue

Facts = dict[str, FactValue]
_DATA_DUTIES = frozenset(
    {"use_report_query", "use_report", "data_correction", "data_destruction", "disclosure_notice"}
)


def case_facts(verified: Verified, position: CasePosition) -> Facts:
    """The facts, from the body and from the record of the case; what cannot be known is left out."""
    manifest, body = verified.manifest, verified.body
    memory = position.memory if position.after is None else position.after.memory
    facts: Facts = {
        "case_role": position.role,
        "case_transition_allowed": position.allowed,
        "partial": body.partial or (body.refusal is not None and body.refusal.partial),
        "law_applied_stated": body.law_applied is not None,
        "attendance": body.attendance,
        "reason_given": body.reason is not None or body.obstacle is not None,
    }
    _add_reply(facts, manifest, position)
    _add_oral(facts, manifest, body, position, memory)
    _add_refusal(facts, manifest, body, memory)
    _add_conditions(facts, body, memory)
    _add_confidentiality(facts, body, position, memory)
    _add_transfer(facts, verified, position, memory)
    if body.correction is not None:
        facts["data_fault"] = body.correction.fault
    if body.destruction is not None:
        facts["destruction_ground"] = body.destruction.ground
    return facts


def _add_reply(facts: Facts, manifest: Manifest, position: CasePosition) -> None:
    if manifest.in_reply_to is None:
        return
    facts["in_reply_to_known"] = position.reply_known
    if position.case is not None:
        facts["reply_agreement_same"] = position.case.agreement == manifest.agreement
    if manifest.kind in _DATA_DUTIES and position.answered is not None:
        # The message answered is what the data came in, or a query about it by whoever gave it.
        facts["query_role_of_giver"] = position.answered.authority == manifest.sender


def _add_oral(facts: Facts, manifest: Manifest, body: Body, position: CasePosition, memory: Memory) -> None:
    facts["requested_authority_known"] = "requested_authority" in body.elements
    facts["oral"] = body.oral is not None and not body.oral.confirms and manifest.kind != "transfer"
    facts["oral_confirms"] = body.oral is not None and body.oral.confirms
    facts["oral_unconfirmed"] = position.case is not None and memory.oral == "unconfirmed"
    if body.oral is None:
        return
    facts["urgency_reason"] = body.oral.urgency
    try:
        # What is on record counts; a confirmation is believed only about what is on no record.
        made_ms = memory.oral_made_ms or instants.parse(body.oral.made)
    except CanonicalError:
        return
    age_ms = manifest.created_ms - made_ms
    if age_ms >= 0:
        facts["oral_age_s"] = -(-age_ms // 1000)


def _add_refusal(facts: Facts, manifest: Manifest, body: Body, memory: Memory) -> None:
    refusal, obstacle = body.refusal, body.obstacle
    consultation = None
    if refusal is not None:
        consultation = refusal.consultation
        facts["refusal_reason_given"] = refusal.reason is not None
        facts["refusal_written"] = True
        if refusal.ground is not None:
            facts["refusal_ground"] = refusal.ground
        elif manifest.kind == "result":
            facts["refusal_ground"] = "none"
    elif body.partial:
        facts["refusal_reason_given"] = body.reason is not None  # why it is a part only
    if obstacle is not None:
        consultation = obstacle.consultation or consultation
        facts["deferral"] = obstacle.deferral
        if obstacle.deferral_ground is not None:
            facts["deferral_ground"] = obstacle.deferral_ground
    facts["consultation_held"] = consultation == "held" or len(memory.consulted) == 2
    facts["consultation_impossible_reason"] = (
        consultation == "not_possible" and refusal is not None and refusal.consultation_note is not None
    )


def _add_conditions(facts: Facts, body: Body, memory: Memory) -> None:
    said = body.conditions
    facts["conditions_offered"] = memory.conditions != "none" or (said is not None and bool(said.offered))
    if said is not None and said.accepted is not None:
        facts["conditions_accepted"] = said.accepted
    elif memory.conditions in ("accepted", "declined"):
        facts["conditions_accepted"] = memory.conditions == "accepted"


def _add_confidentiality(facts: Facts, body: Body, position: CasePosition, memory: Memory) -> None:
    facts["confidentiality_of_request"] = body.confidential or memory.confidential
    if position.case is not None:
        # An executor that cannot keep it asks; one that has not asked keeps it.
        facts["confidentiality_can_be_kept"] = memory.privacy == "none"
    if body.execute_despite_disclosure is not None:
        facts["execute_despite_disclosure"] = body.execute_despite_disclosure
    elif memory.privacy in ("execute", "leave"):
        facts["execute_despite_disclosure"] = memory.privacy == "execute"


def _add_transfer(facts: Facts, verified: Verified, position: CasePosition, memory: Memory) -> None:
    manifest, competence, carried = verified.manifest, verified.body.competence, position.carried
    facts["transferred"] = competence is not None and competence.transferred
    facts["transfer_asked"] = memory.transfer_asked if carried is None else carried.asked
    if carried is None:
        return
    request = carried.request
    facts["purpose_same"] = manifest.purpose == request.purpose
    facts["level_set_by_originator"] = manifest.level == request.level
    if manifest.level != request.level:
        raised = LEVELS.index(manifest.level) > LEVELS.index(request.level)
        facts |= {"level_changed": "raised" if raised else "lowered", "changed_by_originator": False}
