"""What the API answers with. Times are RFC 3339 UTC, digests and bytes unpadded base64url."""

from typing import Any

import msgspec
from msgspec import Struct

from gateway.exchange.standings import Listed
from gateway.ports.rows import EvidenceRow, MessageRow
from gateway.ports.store import InboxItem
from keys import instants
from policies.cure import Cure
from policies.decision import Decision, Explanation, Obligation


class Health(Struct, frozen=True):
    """Whether the node takes requests: `ok`, or `failing` when its log cannot be written."""

    status: str


class DecisionView(Struct, frozen=True):
    """What was decided, the provisions it rests on, and what it obliges to."""

    outcome: str
    provisions: tuple[str, ...]
    obligations: tuple[Obligation, ...]


class SimulatedView(Decision, frozen=True, kw_only=True):
    """A decision on supposed facts. `filled_in` are the facts that followed from the day asked about."""

    explanation_: Explanation = msgspec.field(name="explanation")
    cure: Cure | None = None
    filled_in: dict[str, Any] = msgspec.field(default_factory=dict)


class PreparedView(Struct, frozen=True):
    """What the official signs (`manifest`), and what to hand over again with the submission."""

    manifest: str
    manifest_digest: str
    message: str
    body: str
    uploads: dict[str, str]


class SubmittedView(Struct, frozen=True):
    """An accepted message. `evidence` is the SubmissionAcceptance, a C2SP tlog-proof."""

    message: str
    manifest_digest: str
    case: str
    state: str
    evidence: str
    decision: DecisionView


class UploadView(Struct, frozen=True):
    """A completed upload, its size in bytes and its salted digest."""

    upload: str
    size: int
    digest: str


class MessageView(Struct, frozen=True):
    """A message this client sent."""

    message: str
    manifest_digest: str
    kind: str
    case: str
    in_reply_to: str | None
    agreement: str
    recipients: list[str]
    level: str
    created: str
    expires: str
    accepted: str


class RecipientState(Struct, frozen=True):
    """Where one recipient's copy stands."""

    recipient: str
    state: str
    updated: str


class EvidenceView(Struct, frozen=True):
    """One piece of evidence: its event (ETSI EN 319 522), who gave it, when it was recorded, the proof."""

    event: str
    giver: str
    at: str
    bundle: str


class MessageStatus(Struct, frozen=True):
    """A message with everything known of its delivery. `state` is `mixed` when recipients differ."""

    message: MessageView
    state: str
    recipients: list[RecipientState]
    evidence: list[EvidenceView]
    decision: DecisionView
    pack: str


class MessagePage(Struct, frozen=True):
    """Messages, oldest first; `cursor` continues after the last one."""

    items: list[MessageView]
    cursor: str


class InboxView(Struct, frozen=True):
    """A received message as the list shows it. `id` is the one to collect by."""

    id: str
    message: str
    manifest_digest: str
    sender: str
    kind: str
    case: str
    in_reply_to: str | None
    agreement: str
    level: str
    created: str
    expires: str
    received: str
    state: str


class InboxPage(Struct, frozen=True):
    """Received messages, oldest first; `cursor` continues after the last one."""

    items: list[InboxView]
    cursor: str


class AttachmentView(Struct, frozen=True):
    """An attachment of a collected message; its content is a request of its own."""

    position: int
    media_type: str
    role: str
    name: str | None
    size: int
    digest: str


class CollectedView(Struct, frozen=True):
    """Content as collected: what was signed, by whom, and what it says.

    `manifest_bytes` are the very bytes under both signatures.
    """

    id: str
    message: str
    manifest: msgspec.Raw
    manifest_bytes: str
    manifest_digest: str
    official_signature: str | None
    seal: str
    body: msgspec.Raw
    attachments: list[AttachmentView]
    decision: DecisionView


class ClockView(Struct, frozen=True):
    """One run of a time limit of a case.

    `owner` is the authority that has the duty; `started` and `due` are null until the receipt that starts it
    is proven; `waited_s` is the time it stood still; `overdue` stays true once the limit was overrun.
    """

    clock: str
    run: int
    provision: str
    label: str
    duty: str
    owner: str
    state: str
    started: str | None
    due: str | None
    ended: str | None
    waited_s: int
    overdue: bool


class NoticeView(Struct, frozen=True):
    """A time limit that comes near (`clock.reminder`) or was overrun (`clock.overdue`).

    `flag` is `unexplained` where this authority owes something, and no obstacle notice tells why it is late;
    `ended` where nothing is owed, but an agreement has ended. `case` and `counterpart` are null where the
    limit is the agreement's own.
    """

    id: str
    event: str
    case: str | None
    counterpart: str | None
    clock: str
    provision: str
    label: str
    agreement: str
    duty: str
    owner: str
    flag: str
    due: str
    at: str


class NoticePage(Struct, frozen=True):
    """Notices, oldest first; `cursor` continues after the last one."""

    items: list[NoticeView]
    cursor: str


class CounterpartView(Struct, frozen=True):
    """A case with one counterpart: this authority's role in it, its state and its time limits."""

    counterpart: str
    role: str
    state: str
    agreement: str
    opened: str
    updated: str
    standing: "StandingView"
    clocks: list[ClockView]


class StandingView(Struct, frozen=True):
    """What a case remembers beside its state, and the steps this authority may take now.

    `oral`: `none`, `unconfirmed` or `confirmed`; `conditions`: `none`, `offered`, `accepted` or `declined`;
    `confidentiality`: `none`, `asked`, `execute` or `leave`; `question`: the message that waits for an
    answer.
    """

    oral: str
    conditions: str
    confidentiality: str
    question: str | None
    transfer_asked: bool
    transferred_to: str | None
    admits: list[str]


class CaseEventView(Struct, frozen=True):
    """One message of a case: who sent it, in which role, the state it led to, and the step it was."""

    message: str
    authority: str
    kind: str
    role: str
    state: str
    at: str
    step: str


class CaseView(Struct, frozen=True):
    """A case. `state` is `mixed` and `role` the first when there are several counterparts that differ."""

    case: str
    state: str
    role: str
    counterparts: list[CounterpartView]
    events: list[CaseEventView]


class MomentView(Struct, frozen=True):
    """A recorded moment of a case, and the time limits that run from it."""

    case: str
    counterpart: str
    moment: str
    at: str
    clocks: list[ClockView]


class AgreementClocks(Struct, frozen=True):
    """The time limits of an agreement itself, which are about no case."""

    agreement: str
    clocks: list[ClockView]


class AgreementList(Struct, frozen=True):
    """All agreements of this gateway, as of today in each one's own zone, or as of the date asked for."""

    items: list[Listed]


class ImportedView(Struct, frozen=True):
    """The version of a party's trust list that is in force now."""

    party: str
    version: int


def decision_view(decision: Decision) -> DecisionView:
    """The part of a decision that a client needs."""
    return DecisionView(decision.outcome, decision.provisions, decision.obligations)


_stored = msgspec.json.Decoder(DecisionView)


def stored_decision(row: MessageRow) -> DecisionView:
    """The decision a message was accepted with."""
    return _stored.decode(row.decision)


def message_view(row: MessageRow) -> MessageView:
    """A sent message."""
    return MessageView(
        row.message_id,
        row.manifest_digest,
        row.kind,
        row.case_id,
        row.in_reply_to,
        row.agreement,
        row.recipients.split(" "),
        row.level,
        instants.write(row.created_ms),
        instants.write(row.expires_ms),
        instants.write(row.accepted_ms),
    )


def evidence_views(rows: list[EvidenceRow]) -> list[EvidenceView]:
    """Evidence that has its place in a log."""
    return [
        EvidenceView(row.event, row.giver, instants.write(row.at_ms), row.bundle.decode("utf-8"))
        for row in rows
        if row.bundle is not None
    ]


def inbox_view(item: InboxItem) -> InboxView:
    """A received message."""
    row = item.message
    return InboxView(
        item.envelope.envelope_id,
        row.message_id,
        row.manifest_digest,
        row.sender,
        row.kind,
        row.case_id,
        row.in_reply_to,
        row.agreement,
        row.level,
        instants.write(row.created_ms),
        instants.write(row.expires_ms),
        instants.write(row.accepted_ms),
        item.envelope.state,
    )
