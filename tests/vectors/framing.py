"""Vectors of frames: MessagePack maps between gateways."""

from typing import Any

import msgspec

from gateway.exchange import frames
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EnvelopeFrame,
    EvidenceAnswer,
    EvidenceRequest,
    Link,
    LogView,
    QueryRequest,
)
from keys import b64
from tests.vectors.case import Case, Document, accept, refuse
from tests.vectors.material import MESSAGE_ID, RECIPIENT, SENDER
from tests.vectors.proving import DIGEST

_VIEW = LogView(b"origin\n1\nroot\n", [Link(1, [bytes(32)])], [1, 2])
_ENVELOPE = EnvelopeFrame(b"{}", b"wrap", [b"part 0", b"part 1", None])
_DELIVER = DeliverRequest(1, SENDER, RECIPIENT, _VIEW, [_ENVELOPE])
_ANSWER = DeliverAnswer(1, _VIEW, [], [DeliverResult("accepted", [b"bundle"])])
_GOOD = {
    "DeliverRequest": _DELIVER,
    "DeliverAnswer": _ANSWER,
    "EvidenceRequest": EvidenceRequest(1, RECIPIENT, SENDER, _VIEW, [], [b"bundle"]),
    "EvidenceAnswer": EvidenceAnswer(1, _VIEW, [True, False]),
    "QueryRequest": QueryRequest(1, SENDER, RECIPIENT, _VIEW, [(MESSAGE_ID, DIGEST)]),
}


def frames_document() -> Document:
    """Frames: packed by this implementation, and packed as they must not be."""
    cases: list[Case] = [
        accept(kind, kind=kind, frame=b64.encode(frames.pack(frame))) for kind, frame in _GOOD.items()
    ]
    deliver = msgspec.to_builtins(_DELIVER, builtin_types=(bytes,))
    reordered = msgspec.msgpack.encode(dict(reversed(deliver.items())))
    cases.append(accept("names in another order", kind="DeliverRequest", frame=b64.encode(reordered)))
    cases += [
        refuse(name, kind="DeliverRequest", frame=b64.encode(data)) for name, data in _bad(deliver).items()
    ]
    cases += [
        refuse(
            f"{kind} in place of a QueryRequest", kind="QueryRequest", frame=b64.encode(frames.pack(frame))
        )
        for kind, frame in _GOOD.items()
        if kind != "QueryRequest"
    ]
    return {"kind": "frames", "cases": cases}


def _bad(deliver: dict[str, Any]) -> dict[str, bytes]:
    whole = frames.pack(_DELIVER)
    view, one = deliver["log"], deliver["envelopes"][0]

    def changed(**members: object) -> bytes:
        return msgspec.msgpack.encode(deliver | members)

    def envelope(**members: object) -> bytes:
        return changed(envelopes=[one | members])

    def log(**members: object) -> bytes:
        return changed(log=view | members)

    return {
        "truncated": whole[:-1],
        "a byte more": whole + b"\x00",
        "empty": b"",
        "JSON": b'{"v":1}',
        "an array": msgspec.msgpack.encode([1]),
        "version 2": changed(v=2),
        "version 0": changed(v=0),
        "unknown member": changed(note="x"),
        "no sender": msgspec.msgpack.encode({k: v for k, v in deliver.items() if k != "sender"}),
        "sender as bytes": changed(sender=b"kz/mia"),
        "65 envelopes": changed(envelopes=[one] * 65),
        "an envelope with one part": envelope(parts=[b"x"]),
        "an envelope with 65 parts": envelope(parts=[b"x"] * 65),
        "a header of 8193 bytes": envelope(header=bytes(8193)),
        "a wrap of 4097 bytes": envelope(wrap=bytes(4097)),
        "a part as text": envelope(parts=["x", "y"]),
        "an unknown member of an envelope": envelope(id="x"),
        "a hash of 31 bytes": log(links=[{"size": 1, "proof": [bytes(31)]}]),
        "a link from size 0": log(links=[{"size": 0, "proof": []}]),
        "five links": log(links=[{"size": 1, "proof": []}] * 5),
        "five sizes seen": log(seen=[1, 2, 3, 4, 5]),
        "a proof of 129 hashes": log(links=[{"size": 1, "proof": [bytes(32)] * 129}]),
        "a checkpoint over 64 KiB": log(checkpoint=bytes(64 * 1024 + 1)),
    }
