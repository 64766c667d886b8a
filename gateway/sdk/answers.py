"""What the gateway answers, typed. Members that a later gateway adds are passed over."""

from typing import Any

from msgspec import Struct


class Decision(Struct, frozen=True):
    """What was decided, the provisions it rests on, and what it obliges to."""

    outcome: str
    provisions: tuple[str, ...]
    obligations: tuple[dict[str, Any], ...] = ()


class Prepared(Struct, frozen=True):
    """A prepared message: `manifest` holds the bytes the official signs; the rest goes with it."""

    manifest: bytes
    manifest_digest: str
    message: str
    body: bytes
    uploads: dict[str, str]


class Submitted(Struct, frozen=True):
    """An accepted message; `evidence` is the SubmissionAcceptance, `state` that of all recipients."""

    message: str
    manifest_digest: str
    case: str
    state: str
    evidence: str
    decision: Decision


class Upload(Struct, frozen=True):
    """A completed upload."""

    upload: str
    size: int
    digest: str


class SentMessage(Struct, frozen=True):
    """A message this client sent."""

    message: str
    manifest_digest: str
    kind: str
    case: str
    in_reply_to: str | None
    agreement: str
    recipients: tuple[str, ...]
    level: str
    created: str
    expires: str
    accepted: str


class SentPage(Struct, frozen=True):
    """Messages sent, oldest first; `cursor` continues after the last one."""

    items: tuple[SentMessage, ...]
    cursor: str


class RecipientState(Struct, frozen=True):
    """Where one recipient's copy stands."""

    recipient: str
    state: str
    updated: str


class Evidence(Struct, frozen=True):
    """One piece of evidence: its event, who gave it, and the proof (C2SP tlog-proof)."""

    event: str
    giver: str
    at: str
    bundle: str


class Status(Struct, frozen=True):
    """A message with everything known of its delivery."""

    message: SentMessage
    state: str
    recipients: tuple[RecipientState, ...]
    evidence: tuple[Evidence, ...]
    decision: Decision
    pack: str


class InboxItem(Struct, frozen=True):
    """A received message as the list shows it; `id` is the one to collect by."""

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

    items: tuple[InboxItem, ...]
    cursor: str


class CollectedAttachment(Struct, frozen=True):
    """An attachment of a collected message; `save_attachment` gets its content."""

    position: int
    media_type: str
    role: str
    name: str | None
    size: int
    digest: str


class Collected(Struct, frozen=True):
    """A collected message; `manifest_bytes` are the bytes under both signatures, unpadded base64url."""

    id: str
    message: str
    manifest: dict[str, Any]
    manifest_bytes: str
    manifest_digest: str
    official_signature: str | None
    seal: str
    body: dict[str, Any]
    attachments: tuple[CollectedAttachment, ...]
    decision: Decision


class Clock(Struct, frozen=True):
    """One run of a time limit of a case; `owner` has the duty, `overdue` stays true once it was overrun."""

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


class Moment(Struct, frozen=True):
    """A recorded moment of a case, and the time limits that run from it."""

    case: str
    counterpart: str
    moment: str
    at: str
    clocks: tuple[Clock, ...]


class AgreementClocks(Struct, frozen=True):
    """The time limits of an agreement itself, which are about no case."""

    agreement: str
    clocks: tuple[Clock, ...]


class Notice(Struct, frozen=True):
    """A time limit that comes near (`clock.reminder`) or was overrun (`clock.overdue`).

    `case` and `counterpart` are None where it is the agreement's own.
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

    items: tuple[Notice, ...]
    cursor: str


class Standing(Struct, frozen=True):
    """What a case remembers beside its state, and the steps this authority may take now (`admits`)."""

    oral: str
    conditions: str
    confidentiality: str
    question: str | None
    transfer_asked: bool
    transferred_to: str | None
    admits: tuple[str, ...]


class Counterpart(Struct, frozen=True):
    """A case with one counterpart."""

    counterpart: str
    role: str
    state: str
    agreement: str
    opened: str
    updated: str
    standing: Standing
    clocks: tuple[Clock, ...] = ()


class CaseEvent(Struct, frozen=True):
    """One message of a case, and the step it was."""

    message: str
    authority: str
    kind: str
    role: str
    state: str
    at: str
    step: str


class Case(Struct, frozen=True):
    """A case with its events."""

    case: str
    state: str
    role: str
    counterparts: tuple[Counterpart, ...]
    events: tuple[CaseEvent, ...]


class AgreementStanding(Struct, frozen=True):
    """Where an agreement stands towards one other party, with the provision and the record it rests on."""

    counterpart: str
    status: str
    since: str | None
    until: str | None
    provision: str
    reference: str | None


class Agreement(Struct, frozen=True):
    """An agreement of the gateway, whether it is in force on the date `on`, and towards whom."""

    agreement: str
    pack: str
    hash: str
    in_force: bool
    stage: str = ""
    on: str = ""
    standings: tuple[AgreementStanding, ...] = ()


class Agreements(Struct, frozen=True):
    """All agreements of the gateway."""

    items: tuple[Agreement, ...]


class Token(Struct, frozen=True):
    """An access token; `expires_in` counts seconds."""

    access_token: str
    expires_in: int


class TokenRefusal(Struct, frozen=True):
    """Why there is no token (RFC 6749 section 5.2)."""

    error: str
    error_description: str = ""
