"""The closed catalogue of audit events: every name that may stand in a leaf, and what it must say.

docs/AUDIT-EVENTS.md is printed from it. Fields are only ever added, and only as optional ones: old leaves
stay readable. OCSF classes: 2004 detection finding, 3002 authentication, 3004 entity management,
6002 application lifecycle, 6003 API activity, 6005 datastore activity.
"""

from audit.event_spec import Event, EventSpec, evidence, spec

API_CREATE, API_READ, API_UPDATE, API_DELETE = ((6003, n) for n in (1, 2, 3, 4))
ENTITY_CREATE, ENTITY_READ, ENTITY_UPDATE = ((3004, n) for n in (1, 2, 3))
START, STOP = (6002, 3), (6002, 4)
FINDING, FINDING_CLOSED = (2004, 1), (2004, 3)
LOGON = (3002, 1)
DATASTORE_READ, DATASTORE_QUERY = (6005, 1), (6005, 4)

_E = Event
_ALL = (
    evidence(
        _E.SUBMISSION_ACCEPTANCE, API_CREATE, "The sender's gateway has accepted the message for delivery."
    ),
    evidence(
        _E.SUBMISSION_REJECTION, API_CREATE, "The sender's gateway has refused the message.", reason=True
    ),
    evidence(_E.RELAY_ACCEPTANCE, API_CREATE, "The recipient's gateway has taken custody of the message."),
    evidence(_E.RELAY_REJECTION, API_CREATE, "The recipient's gateway has refused the message.", reason=True),
    evidence(_E.CONTENT_CONSIGNMENT, API_UPDATE, "The message is in the recipient's inbox."),
    evidence(
        _E.CONTENT_CONSIGNMENT_FAILURE,
        API_UPDATE,
        "A message in custody did not reach the inbox: refused after inspection, or expired.",
        reason=True,
    ),
    evidence(_E.CONTENT_HANDOVER, API_READ, "A client of the recipient has collected the content."),
    spec(
        _E.MESSAGE_SUBMITTED,
        API_CREATE,
        "message manifest case client authority recipients agreement pack kind provisions"
        " | level purpose in_reply_to decision from_state to_state",
        "A client's message was permitted, sealed and queued for every recipient.",
    ),
    spec(
        _E.MESSAGE_DENIED,
        API_CREATE,
        "client provisions | message manifest case authority recipients agreement pack kind level act reason"
        " missing found_in content decision",
        "A client's message or act was denied; `missing` names unknown facts, `content` is a keyed digest of"
        " what was found and `found_in` where.",
    ),
    spec(
        _E.MESSAGE_RECEIVED,
        API_CREATE,
        "authority message manifest peer case agreement pack kind provisions"
        " | recipient envelope level purpose in_reply_to decision from_state to_state",
        "A peer's message was opened, verified, permitted by this gateway's own pack and put into the inbox.",
    ),
    spec(
        _E.MESSAGE_REFUSED,
        API_CREATE,
        "authority message manifest peer reason"
        " | provisions recipient envelope case agreement pack kind level missing found_in content decision",
        "A peer's verified message was refused; its content is not kept.",
    ),
    spec(
        _E.MESSAGE_COLLECTED,
        API_READ,
        "authority message manifest client provisions | case agreement pack purpose decision",
        "A client was shown the content; logged once per client and message.",
    ),
    spec(
        _E.MESSAGE_ACKNOWLEDGED,
        API_UPDATE,
        "authority message manifest client | case",
        "A client has confirmed that it holds the content.",
    ),
    spec(
        _E.MESSAGE_EXPIRED,
        API_UPDATE,
        "message manifest | authority peer from_state attempts",
        "The message's validity ended before its delivery did.",
    ),
    spec(
        _E.DELIVERY_UNKNOWN,
        FINDING,
        "message manifest peer | authority attempts reason",
        "The message expired and the peer gave no evidence of its fate; an alert goes with it.",
    ),
    spec(
        _E.EVIDENCE_RECEIVED,
        API_UPDATE,
        "authority message manifest peer evidence origin index | size reason",
        "A peer's evidence was verified: its kind, and where it stands in the peer's log.",
    ),
    spec(
        _E.EVIDENCE_SENT,
        API_UPDATE,
        "peer authority message manifest evidence",
        "The peer has confirmed that it holds a piece of our evidence sent by callback.",
    ),
    spec(
        _E.EVIDENCE_EXPIRED,
        FINDING,
        "peer authority message manifest evidence",
        "A piece of our evidence never reached the peer in time; it may still be asked for.",
    ),
    spec(
        _E.EVIDENCE_INVALID,
        FINDING,
        "peer reason | authority message manifest evidence content",
        "What a peer gave as evidence does not verify; `content` is a keyed digest of it.",
    ),
    spec(
        _E.CONFLICT_DETECTED,
        FINDING,
        "authority message manifest offered | peer client",
        "A known message id came with another manifest digest (`offered`) and was refused.",
    ),
    spec(
        _E.REPLAY_ANSWERED,
        API_READ,
        "authority message manifest | peer client count",
        "A message already accepted came again and was answered with its stored evidence.",
    ),
    spec(
        _E.PEER_FROZEN,
        FINDING,
        "peer reason | origin size root offered",
        "Exchange with a peer stopped: its log contradicts itself; `offered` is the other root.",
    ),
    spec(
        _E.PEER_UNFROZEN,
        FINDING_CLOSED,
        "peer admins | reason origin size root",
        "Admins have let the exchange with a peer go on.",
    ),
    spec(
        _E.PEER_REJECTED,
        FINDING,
        "content | peer envelope count",
        "What came from a peer failed cryptographically, whatever the reason; `content` is its keyed digest.",
    ),
    spec(
        _E.PACK_MISMATCH,
        FINDING,
        "peer message agreement pack pack_named | authority manifest",
        "A peer decided by another version of the pack; this gateway's own one ruled.",
    ),
    spec(
        _E.UPLOAD_COMPLETED,
        API_CREATE,
        "upload client bytes content",
        "A client's attachment is complete; `content` is its salted digest.",
    ),
    spec(
        _E.UPLOAD_DISCARDED,
        API_DELETE,
        "upload reason | client bytes",
        "An attachment was dropped before any message used it.",
    ),
    spec(
        _E.TOKEN_ISSUED,
        LOGON,
        "client token key expires | scopes",
        "A client authenticated; `token` is the digest of the access token's id.",
    ),
    spec(
        _E.TOKEN_REFUSED,
        LOGON,
        "reason | client key minute count",
        "A client's assertion was refused; failures without a known client are counted per minute.",
    ),
    spec(
        _E.CLIENT_POLLS,
        API_READ,
        "client minute count",
        "How often a client found its inbox empty in one minute.",
    ),
    spec(
        _E.CASE_TRANSITION,
        ENTITY_UPDATE,
        "case from_state to_state | message authority reason",
        "A case moved from one state to the next.",
    ),
    spec(
        _E.CASE_MOMENT,
        ENTITY_UPDATE,
        "case peer agreement moment since provisions | client",
        "Something happened that no message shows, such as an obstacle that became known; time limits run"
        " from it. A client recorded it, or it is the end of the agreement.",
    ),
    spec(
        _E.AGREEMENT_PROPOSED,
        ENTITY_CREATE,
        "agreement admins from_date reference | party pack",
        "An admin has proposed that an agreement enter into force; `reference` is the notification's digest.",
    ),
    spec(
        _E.AGREEMENT_ACTIVATED,
        ENTITY_UPDATE,
        "agreement admins from_date reference | party pack",
        "A second admin has confirmed it: the agreement is in force from that date.",
    ),
    spec(
        _E.TRUST_IMPORTED,
        ENTITY_UPDATE,
        "party list_version content | not_after",
        "A party's trust list was verified and taken over.",
    ),
    spec(
        _E.TRUST_REFUSED,
        FINDING,
        "reason content | party list_version",
        "A trust list was refused: unsigned, expired, rolled back or of another party.",
    ),
    spec(
        _E.KEY_EPOCH,
        ENTITY_UPDATE,
        "authority key act | not_before not_after",
        "An encryption key's epoch began or ended, or its private half was destroyed.",
    ),
    spec(
        _E.NODE_STARTED,
        START,
        "version config | origin size root",
        "The node started, on this configuration and this head of the log.",
    ),
    spec(_E.NODE_STOPPED, STOP, "reason | size", "The node drained its queues and stopped."),
    spec(_E.CONFIG_CHECKED, ENTITY_READ, "config outcome | count", "The configuration was checked."),
    spec(
        _E.AUDIT_VERIFIED,
        DATASTORE_READ,
        "outcome origin size | root first admins",
        "The log was verified in full or from a checkpoint; `first` is the first bad index.",
    ),
    spec(
        _E.AUDIT_EXPORTED,
        DATASTORE_QUERY,
        "origin first last | content admins client",
        "Entries of the log were shown or exported.",
    ),
    spec(
        _E.DECISION_SIMULATED,
        API_READ,
        "client act outcome | agreement pack provisions decision",
        "A what-if question was answered; nothing changed.",
    ),
    spec(
        _E.CONTENT_DESTROYED,
        API_DELETE,
        "authority message manifest reason | part provisions case",
        "The key of a part, or of all parts, was destroyed; digests and signatures remain.",
    ),
    spec(
        _E.CLOCK_REMINDER,
        FINDING,
        "agreement provisions clock duty owner due | case peer count notice",
        "A time limit comes near, of a case or of the agreement itself; `owner` has the duty, `count` numbers"
        " the run of the clock.",
    ),
    spec(
        _E.CLOCK_OVERDUE,
        FINDING,
        "agreement provisions clock duty owner due outcome | case peer count notice",
        "A time limit was overrun, of a case or of the agreement itself: `owed`, or `unexplained` where no"
        " obstacle notice explains it to the side that has the duty.",
    ),
    spec(
        _E.NOTICE_ACKNOWLEDGED,
        API_UPDATE,
        "notice client | case agreement",
        "A client has confirmed that it has seen a notice.",
    ),
    spec(
        _E.WEBHOOK_DELIVERED,
        API_CREATE,
        "webhook client act | case attempts",
        "A client's system has taken a webhook; `act` is its type.",
    ),
    spec(
        _E.WEBHOOK_FAILED,
        FINDING,
        "webhook client act reason | case attempts",
        "A webhook will not be tried any more.",
    ),
    spec(
        _E.AGREEMENT_WITHDRAWAL_PROPOSED,
        ENTITY_CREATE,
        "agreement admins from_date reference | party pack",
        "An admin has stated that a notice of leaving was received on that date; `reference` is its digest.",
    ),
    spec(
        _E.AGREEMENT_WITHDRAWN,
        ENTITY_UPDATE,
        "agreement admins from_date reference | party pack",
        "A second admin has confirmed it: the agreement ends when the notice's months have passed.",
    ),
    spec(
        _E.AGREEMENT_MOMENT,
        ENTITY_UPDATE,
        "agreement client moment from_date provisions",
        "A client has recorded what happened to the agreement on that date, such as a change of a list of"
        " authorities.",
    ),
    spec(
        _E.AGREEMENT_ENDED,
        FINDING,
        "agreement provisions clock due | count notice",
        "The day has come on which a notice of leaving ends the agreement, for all or for the party that"
        " leaves.",
    ),
)

CATALOGUE: dict[Event, EventSpec] = {row.event: row for row in _ALL}
EVIDENCE_EVENTS = frozenset(row.event for row in _ALL if row.peer_visible)
