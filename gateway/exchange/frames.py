"""What gateways send one another: MessagePack maps over one authenticated request (docs/PROTOCOL.md)."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from gateway.errors import EnvelopeRejected

VERSION = 1
MEDIA_TYPE = "application/vnd.kelisim.frame+msgpack"
MAX_BATCH = 64
MAX_EVIDENCE_PER_MESSAGE = 8

_Note = Annotated[bytes, Meta(max_length=64 * 1024)]
_Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Proof = Annotated[list[_Hash], Meta(max_length=128)]
_Bundle = Annotated[bytes, Meta(max_length=256 * 1024)]


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """Proof that the log's head of `size` entries lies in the log whose head is shown (RFC 6962 2.1.2)."""

    size: Annotated[int, Meta(ge=1)]
    proof: _Proof


class LogView(Struct, frozen=True, forbid_unknown_fields=True):
    """The head of the speaker's own log, linked to the heads of it that the listener last named.

    `checkpoint` is empty while the log has no entry. `seen` are the sizes of the listener's log that the
    speaker has verified and wants linked next time.
    """

    checkpoint: _Note
    links: Annotated[list[Link], Meta(max_length=4)]
    seen: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(max_length=4)]


class EnvelopeFrame(Struct, frozen=True, forbid_unknown_fields=True):
    """An envelope. A part that is None was sent ahead as a stream under (envelope id, position)."""

    header: Annotated[bytes, Meta(max_length=8192)]
    wrap: Annotated[bytes, Meta(max_length=4096)]
    parts: Annotated[list[bytes | None], Meta(min_length=2, max_length=64)]


class DeliverRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 64 envelopes for one recipient authority."""

    v: Annotated[int, Meta(ge=1, le=1)]
    sender: str
    recipient: str
    log: LogView
    envelopes: Annotated[list[EnvelopeFrame], Meta(max_length=MAX_BATCH)]


class DeliverResult(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one envelope.

    `outcome`: `accepted` or `rejected` (both with evidence), `conflict` (another manifest has this id),
    `unprocessable` (nothing could be verified), `again` (not now; the same envelope may be sent later),
    `parts_missing` (a streamed part is not complete).
    """

    outcome: str
    evidence: Annotated[list[_Bundle], Meta(max_length=MAX_EVIDENCE_PER_MESSAGE)]


class DeliverAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """One result per envelope, in order."""

    v: Annotated[int, Meta(ge=1, le=1)]
    log: LogView
    links: Annotated[list[Link], Meta(max_length=MAX_BATCH * MAX_EVIDENCE_PER_MESSAGE)]
    results: Annotated[list[DeliverResult], Meta(max_length=MAX_BATCH)]


class EvidenceRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence by callback, each the stored bytes."""

    v: Annotated[int, Meta(ge=1, le=1)]
    sender: str
    recipient: str
    log: LogView
    links: Annotated[list[Link], Meta(max_length=MAX_BATCH)]
    evidence: Annotated[list[_Bundle], Meta(max_length=MAX_BATCH)]


class EvidenceAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """`taken` tells for each piece whether it is stored now (or was already)."""

    v: Annotated[int, Meta(ge=1, le=1)]
    log: LogView
    taken: Annotated[list[bool], Meta(max_length=MAX_BATCH)]


class QueryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask what evidence there is about messages: (message id, manifest digest) pairs."""

    v: Annotated[int, Meta(ge=1, le=1)]
    sender: str
    recipient: str
    log: LogView
    messages: Annotated[list[tuple[str, str]], Meta(max_length=MAX_BATCH)]


T = TypeVar("T", bound=Struct)

_encoder = msgspec.msgpack.Encoder()
_decoders = {
    kind: msgspec.msgpack.Decoder(kind)
    for kind in (DeliverRequest, DeliverAnswer, EvidenceRequest, EvidenceAnswer, QueryRequest)
}


def pack(frame: Struct) -> bytes:
    """A frame's bytes."""
    return _encoder.encode(frame)


def unpack(kind: type[T], data: bytes) -> T:
    """Read a frame of the given kind; raises `EnvelopeRejected` for anything else."""
    try:
        frame: T = _decoders[kind].decode(data)  # type: ignore[assignment, index]
    except msgspec.DecodeError as error:
        raise EnvelopeRejected(f"not a {kind.__name__}: {error}") from error
    return frame
