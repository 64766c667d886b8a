"""What the store keeps, as frozen values. A `Row` is inserted; a `Shift` moves an existing row on.

Column names are the field names. Times are Unix milliseconds (`_ms`). Digests and ids are text
(unpadded base64url, UUID); sealed content, headers and evidence are bytes exactly as they came.
"""

from typing import ClassVar, TypeAlias

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row to insert into `TABLE`."""

    TABLE: ClassVar[str]


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Update of exactly one row of `TABLE`.

    `WHERE` maps a field of this value to the column it must equal; the remaining fields are the new
    values. If no row matches, the whole change fails with `Conflict`.
    """

    TABLE: ClassVar[str]
    WHERE: ClassVar[dict[str, str]]


class MessageRow(Row, frozen=True, kw_only=True):
    """A message sealed here (`out`) or received here (`in`); its content lies in its envelope's parts."""

    TABLE: ClassVar[str] = "message"
    direction: str
    authority: str
    message_id: str
    manifest_digest: str
    kind: str
    case_id: str
    in_reply_to: str | None
    agreement: str
    pack: str
    sender: str
    recipients: str
    level: str
    purpose: str
    created_ms: int
    expires_ms: int
    accepted_ms: int
    client: str
    decision: bytes


class EnvelopeRow(Row, frozen=True, kw_only=True):
    """One recipient's sealed copy. `wrap` is dropped once it is not needed to deliver."""

    TABLE: ClassVar[str] = "envelope"
    envelope_id: str
    direction: str
    authority: str
    message_id: str
    peer: str
    header: bytes
    wrap: bytes | None
    state: str
    expires_ms: int = 0
    updated_ms: int = 0


class PartRow(Row, frozen=True, kw_only=True):
    """A part's ciphertext: inline, or a blob's name where it is large. `size` counts plaintext bytes."""

    TABLE: ClassVar[str] = "part"
    envelope_id: str
    position: int
    size: int
    ciphertext: bytes | None
    blob: str | None


class CaseRow(Row, frozen=True, kw_only=True):
    """A case with one counterpart. A request to several authorities is a case with each.

    `memory` is what the state does not say, as `gateway.exchange.standing` writes it.
    """

    TABLE: ClassVar[str] = "case_file"
    case_id: str
    counterpart: str
    agreement: str
    requester: str
    executor: str
    state: str
    version: int
    opened_ms: int
    updated_ms: int
    memory: str = "{}"


class CaseEventRow(Row, frozen=True, kw_only=True):
    """One message of a case: the step it was, and the state it led to.

    `move` is the message as the case machine saw it (`gateway.exchange.standing`).
    """

    TABLE: ClassVar[str] = "case_event"
    case_id: str
    counterpart: str
    version: int
    authority: str
    message_id: str
    kind: str
    role: str
    state: str
    at_ms: int
    step: str = ""
    move: str = ""


class EvidenceRow(Row, frozen=True, kw_only=True):
    """One piece of evidence, given by us or by a peer. `bundle` is the C2SP tlog-proof text, byte for byte.

    In a `Change`, evidence that is being given carries `bundle=None` and names its audit entry; the store
    fills the bundle in once the entry has its place in the log.
    """

    TABLE: ClassVar[str] = "evidence"
    authority: str
    message_id: str
    manifest_digest: str
    event: str
    giver: str
    receiver: str
    at_ms: int
    bundle: bytes | None
    pushed: int
    expires_ms: int = 0


class IdempotencyRow(Row, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "idempotency"
    client: str
    idempotency_key: str
    request_digest: str
    message_id: str
    at_ms: int


class AssertionRow(Row, frozen=True, kw_only=True):
    """A client assertion's `jti`, kept until it expires so that it serves once (RFC 7523 section 3)."""

    TABLE: ClassVar[str] = "assertion"
    client: str
    jti: str
    expires_ms: int


class DisclosureRow(Row, frozen=True, kw_only=True):
    """Content shown to a client for the first time."""

    TABLE: ClassVar[str] = "disclosure"
    client: str
    envelope_id: str
    purpose: str
    at_ms: int


class UploadRow(Row, frozen=True, kw_only=True):
    """An attachment waiting to be named by a message; its bytes lie encrypted in a blob."""

    TABLE: ClassVar[str] = "upload"
    upload_id: str
    client: str
    size: int
    digest: str
    blob: str
    wrapped_key: bytes
    message_id: str | None
    created_ms: int


class ActivationRow(Row, frozen=True, kw_only=True):
    """One admin's signed statement that an agreement is in force from a date."""

    TABLE: ClassVar[str] = "activation"
    agreement: str
    from_date: str
    reference: str
    statement_digest: str
    admin: str
    statement: str
    at_ms: int


class PeerRow(Row, frozen=True, kw_only=True):
    """What is known of a peer's log: its last proven head, and why the peer is frozen, if it is."""

    TABLE: ClassVar[str] = "peer"
    origin: str
    size: int
    checkpoint: bytes
    frozen: str | None


class EnvelopeState(Shift, frozen=True, kw_only=True):
    """Move an envelope on; `wrap` goes to None with `EnvelopeDelivered` instead."""

    TABLE: ClassVar[str] = "envelope"
    WHERE: ClassVar[dict[str, str]] = {"envelope_id": "envelope_id", "expected": "state"}
    envelope_id: str
    expected: str
    state: str
    updated_ms: int


class EnvelopeDelivered(Shift, frozen=True, kw_only=True):
    """Delivery is settled: the HPKE wrap is dropped (design: recorded today, unreadable tomorrow)."""

    TABLE: ClassVar[str] = "envelope"
    WHERE: ClassVar[dict[str, str]] = {"envelope_id": "envelope_id", "expected": "state"}
    envelope_id: str
    expected: str
    state: str
    wrap: bytes | None
    updated_ms: int


class CaseMoved(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "case_file"
    WHERE: ClassVar[dict[str, str]] = {
        "case_id": "case_id",
        "counterpart": "counterpart",
        "expected": "version",
    }
    case_id: str
    counterpart: str
    expected: int
    state: str
    version: int
    updated_ms: int
    memory: str = "{}"


class EvidencePushed(Shift, frozen=True, kw_only=True):
    """A callback's outcome: `pushed` is 1 once the peer has it."""

    TABLE: ClassVar[str] = "evidence"
    WHERE: ClassVar[dict[str, str]] = {
        "authority": "authority",
        "message_id": "message_id",
        "manifest_digest": "manifest_digest",
        "event": "event",
        "giver": "giver",
        "receiver": "receiver",
    }
    authority: str
    message_id: str
    manifest_digest: str
    event: str
    giver: str
    receiver: str
    pushed: int


class UploadUsed(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "upload"
    WHERE: ClassVar[dict[str, str]] = {"upload_id": "upload_id", "client": "client", "expected": "message_id"}
    upload_id: str
    client: str
    expected: str | None
    message_id: str


class PeerSeen(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "peer"
    WHERE: ClassVar[dict[str, str]] = {"origin": "origin"}
    origin: str
    size: int
    checkpoint: bytes
    frozen: str | None


Write: TypeAlias = Row | Shift
