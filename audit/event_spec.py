"""The names of audit events, and what a row of the catalogue says about each."""

from enum import StrEnum

import msgspec

from audit.fields import FIELDS, FieldType


class Event(StrEnum):
    """Names of audit events: evidence as in ETSI EN 319 522, the node's own ones as `thing.happened`."""

    SUBMISSION_ACCEPTANCE = "SubmissionAcceptance"
    SUBMISSION_REJECTION = "SubmissionRejection"
    RELAY_ACCEPTANCE = "RelayAcceptance"
    RELAY_REJECTION = "RelayRejection"
    CONTENT_CONSIGNMENT = "ContentConsignment"
    CONTENT_CONSIGNMENT_FAILURE = "ContentConsignmentFailure"
    CONTENT_HANDOVER = "ContentHandover"
    MESSAGE_SUBMITTED = "message.submitted"
    MESSAGE_DENIED = "message.denied"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_REFUSED = "message.refused"
    MESSAGE_COLLECTED = "message.collected"
    MESSAGE_ACKNOWLEDGED = "message.acknowledged"
    MESSAGE_EXPIRED = "message.expired"
    DELIVERY_UNKNOWN = "delivery.unknown"
    EVIDENCE_RECEIVED = "evidence.received"
    EVIDENCE_SENT = "evidence.sent"
    EVIDENCE_EXPIRED = "evidence.expired"
    EVIDENCE_INVALID = "evidence.invalid"
    CONFLICT_DETECTED = "conflict.detected"
    REPLAY_ANSWERED = "replay.answered"
    PEER_FROZEN = "peer.frozen"
    PEER_UNFROZEN = "peer.unfrozen"
    PEER_REJECTED = "peer.rejected"
    PACK_MISMATCH = "pack.mismatch"
    UPLOAD_COMPLETED = "upload.completed"
    UPLOAD_DISCARDED = "upload.discarded"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an event's name
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an event's name
    CLIENT_POLLS = "client.polls"
    CASE_TRANSITION = "case.transition"
    CASE_MOMENT = "case.moment"
    AGREEMENT_PROPOSED = "agreement.proposed"
    AGREEMENT_ACTIVATED = "agreement.activated"
    TRUST_IMPORTED = "trust.imported"
    TRUST_REFUSED = "trust.refused"
    KEY_EPOCH = "key.epoch"
    NODE_STARTED = "node.started"
    NODE_STOPPED = "node.stopped"
    CONFIG_CHECKED = "config.checked"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_EXPORTED = "audit.exported"
    DECISION_SIMULATED = "decision.simulated"
    CONTENT_DESTROYED = "content.destroyed"
    CLOCK_REMINDER = "clock.reminder"
    CLOCK_OVERDUE = "clock.overdue"
    NOTICE_ACKNOWLEDGED = "notice.acknowledged"
    WEBHOOK_DELIVERED = "webhook.delivered"
    WEBHOOK_FAILED = "webhook.failed"
    AGREEMENT_WITHDRAWAL_PROPOSED = "agreement.withdrawal_proposed"
    AGREEMENT_WITHDRAWN = "agreement.withdrawn"
    AGREEMENT_MOMENT = "agreement.moment"
    AGREEMENT_ENDED = "agreement.ended"


class EventSpec(msgspec.Struct, frozen=True):
    """One event: what it records, its fields and their types, and its OCSF class and activity."""

    event: Event
    description: str
    fields: dict[str, FieldType]
    required: frozenset[str]
    peer_visible: bool
    ocsf: tuple[int, int]


def spec(
    event: Event, ocsf: tuple[int, int], fields: str, description: str, *, peer_visible: bool = False
) -> EventSpec:
    """A row; in `fields` the names before the bar are required, those after it optional."""
    required, _, optional = fields.partition("|")
    types = {name: FIELDS[name] for name in sorted((required + optional).split())}
    return EventSpec(event, description, types, frozenset(required.split()), peer_visible, ocsf)


def evidence(event: Event, ocsf: tuple[int, int], description: str, *, reason: bool = False) -> EventSpec:
    """A row for evidence, which all has the same fields; a rejection must give its reason."""
    fields = f"authority message manifest {'reason |' if reason else '| reason'} recipient"
    return spec(event, ocsf, fields, description, peer_visible=True)
