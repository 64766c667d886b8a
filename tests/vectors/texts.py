"""Vectors of the texts: canonical JSON, manifest, body."""

import json
from collections.abc import Callable, Iterator

import msgspec

from gateway.exchange.body import (
    Amendment,
    Body,
    Competence,
    Conditions,
    Obstacle,
    Oral,
    Refusal,
    encode_body,
)
from gateway.exchange.manifest import PartLanguage, PersonalData, encode_manifest
from keys import b64
from tests.vectors.case import Case, Document, accept, compact, flipped, refuse
from tests.vectors.material import MANIFEST, MANIFEST_BYTES, OTHER, RECIPIENT, SENDER, manifest_with

_CANONICAL_GOOD = {
    "empty object": b"{}",
    "names sorted by bytes": b'{"A":1,"a":2,"b":3}',
    "letters beyond ASCII stay as they are": '{"a":"Қазақ ё 🙂"}'.encode(),
    "control characters escaped shortly": b'{"a":"\\b\\t\\n\\f\\r\\u001f\\"\\\\"}',
    "largest integer": b"9007199254740991",
    "smallest integer": b"-9007199254740991",
    "nested 16 deep": b"[" * 16 + b"]" * 16,
}
_CANONICAL_BAD = {
    "repeated name": b'{"a":1,"a":1}',
    "names not sorted": b'{"b":1,"a":2}',
    "space": b'{"a": 1}',
    "newline at the end": b"{}\n",
    "byte order mark": b"\xef\xbb\xbf{}",
    "needless escape of a letter": b'{"a":"\\u0041"}',
    "escape in capitals": b'{"a":"\\u001F"}',
    "escaped slash": b'{"a":"\\/"}',
    "escaped letter beyond ASCII": b'{"a":"\\u0451"}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "not UTF-8": b'{"a":"\xff"}',
    "name beyond ASCII": '{"ё":1}'.encode(),
    "fraction": b'{"a":1.5}',
    "integer as a fraction": b'{"a":1.0}',
    "exponent": b'{"a":1e3}',
    "minus zero": b'{"a":-0}',
    "leading zero": b'{"a":01}',
    "integer of 2^53": b"9007199254740992",
    "integer of 2^64": b"18446744073709551616",
    "NaN": b'{"a":NaN}',
    "trailing comma": b'{"a":1,}',
    "comment": b"{}//",
    "two values": b"{}{}",
    "nested 17 deep": b"[" * 17 + b"]" * 17,
    "nothing": b"",
    "truncated": b'{"a":"b',
}


def canonical_document() -> Document:
    """Canonical JSON: bytes in, the same bytes out."""
    cases = [accept(name, json=b64.encode(data)) for name, data in _CANONICAL_GOOD.items()]
    cases += [refuse(name, json=b64.encode(data)) for name, data in _CANONICAL_BAD.items()]
    return {"kind": "canonical", "cases": cases}


def manifest_document() -> Document:
    """Manifests: form, canonical bytes and contradictions."""
    good = {
        "a request": MANIFEST,
        "two recipients, sorted": manifest_with(recipients=sorted([RECIPIENT, OTHER])),
        "an answer": manifest_with(kind="result", in_reply_to=MANIFEST.case, signatory=None),
        "a consultation that opens a case": manifest_with(kind="consultation", signatory=None),
        "a recipient that is a designated unit": manifest_with(recipients=["ru/mia/transport"]),
        "personal data of which the giver said less than is asked for": manifest_with(
            personal_data=PersonalData("розыск", None, None)
        ),
    }
    cases = [accept(name, manifest=b64.encode(encode_manifest(value))) for name, value in good.items()]
    cases += [refuse(name, manifest=b64.encode(data)) for name, data in _bad_manifest_bytes()]
    cases += _contradictions()
    return {"kind": "manifest", "cases": cases}


def _changed(**members: object) -> bytes:
    fields = json.loads(MANIFEST_BYTES) | members
    return compact(dict(sorted(fields.items())))


def _without(name: str) -> bytes:
    fields = json.loads(MANIFEST_BYTES)
    del fields[name]
    return compact(dict(sorted(fields.items())))


def _bad_manifest_bytes() -> Iterator[tuple[str, bytes]]:
    yield "truncated", MANIFEST_BYTES[:-1]
    yield "trailing newline", MANIFEST_BYTES + b"\n"
    yield "repeated name", b'{"agreement":"kz-tm-2024",' + MANIFEST_BYTES[1:]
    yield "space after a colon", MANIFEST_BYTES.replace(b'"v":1', b'"v": 1')
    yield "names in another order", compact(dict(reversed(json.loads(MANIFEST_BYTES).items())))
    yield (
        "escaped letters",
        json.dumps(json.loads(MANIFEST_BYTES), sort_keys=True, separators=(",", ":")).encode(),
    )
    yield "unknown field", _changed(priority="high")
    yield "field missing instead of null", _without("in_reply_to")
    yield "version 2", _changed(v=2)
    yield "version as text", _changed(v="1")
    yield "suite 2", _changed(suite=2)
    yield "suite 0", _changed(suite=0)
    yield "unknown kind", _changed(kind="grant")
    yield "unknown level", _changed(level="secret")
    yield "message id in capitals", _changed(id=MANIFEST.id.upper())
    yield "message id without hyphens", _changed(id=MANIFEST.id.replace("-", ""))
    yield "sender without a state", _changed(sender="mia")
    yield "sender with a unit of a unit", _changed(sender="kz/mia/a/b")
    yield "no recipient", _changed(recipients=[])
    yield "no part", _changed(parts=[])
    yield "true for a number", _changed(v=True)
    yield "time as a number", _changed(created=1768467600)
    yield "digest with padding", _changed(parts=[_part(digest="A" * 43 + "=")])
    yield "digest too short", _changed(parts=[_part(digest="A" * 42)])
    yield "part with a size below zero", _changed(parts=[_part(size=-1)])
    yield "unknown office", _changed(signatory={"name": "x", "office": "clerk"})


def _part(**members: object) -> dict[str, object]:
    return {**json.loads(MANIFEST_BYTES)["parts"][0], **members}


def _contradictions() -> list[Case]:
    body, annex = MANIFEST.parts
    replaced = msgspec.structs.replace
    bad: dict[str, dict[str, object]] = {
        "expires before created": {"expires": "2026-01-15T08:59:59Z"},
        "expires with created": {"expires": MANIFEST.created},
        "created in another zone": {"created": "2026-01-15T14:00:00+05"},
        "created that is no date": {"created": "2026-02-30T09:00:00Z"},
        "created with needless milliseconds": {"created": "2026-01-15T09:00:00.000Z"},
        "recipients not sorted": {"recipients": [OTHER, RECIPIENT]},
        "recipient twice": {"recipients": [RECIPIENT, RECIPIENT]},
        "sender among the recipients": {"recipients": [SENDER, RECIPIENT]},
        "an answer to nothing": {"kind": "result"},
        "a withdrawal of nothing": {"kind": "withdrawal"},
        "a deletion deadline that is no instant": {
            "personal_data": PersonalData("p", "c", "2026-13-01T00:00:00Z")
        },
        "positions with a gap": {"parts": [body, replaced(annex, position=3)]},
        "first part is not the body": {"parts": [replaced(annex, position=1), replaced(body, position=2)]},
        "a second body": {"parts": [body, replaced(annex, role="body")]},
        "a file name with a path": {"parts": [body, replaced(annex, name="../annex.pdf")]},
        "a file name with a control character": {"parts": [body, replaced(annex, name="a\nb.pdf")]},
        "language of a part there is not": {"languages": [*MANIFEST.languages, PartLanguage(3, "ru", None)]},
        "a part without a language": {"languages": MANIFEST.languages[:1]},
        "a part's language twice": {"languages": [*MANIFEST.languages, PartLanguage(2, "kk", None)]},
        "a part that translates itself": {
            "languages": [MANIFEST.languages[0], PartLanguage(2, "ru", 2)],
        },
    }
    return [
        refuse(name, manifest=b64.encode(encode_manifest(manifest_with(**changes))))
        for name, changes in bad.items()
    ]


def body_document() -> Document:
    """Part 1 without its salt."""
    whole = encode_body(Body(text="Ответ."))
    refusal = encode_body(Body(refusal=Refusal(ground="sovereignty", reason="Причина.")))
    bad = {
        "truncated": whole[:-1],
        "one bit turned over": flipped(whole, 0),
        "unknown field": b'{"note":"x","text":"y"}',
        "a default written out in another order": b'{"v":1,"text":"x"}',
        "version 2": b'{"v":2}',
        "empty text": b'{"text":""}',
        "element's name in capitals": b'{"elements":{"Purpose":"x"}}',
        "element that is a number": b'{"elements":{"purpose":1}}',
        "unknown excluded matter": b'{"matter":"tax"}',
        "refusal without its members": b'{"refusal":{}}',
        "array in place of the body": b"[]",
        "repeated name": b'{"text":"a","text":"b"}',
    }
    cases = [accept("text", body=b64.encode(whole)), accept("refusal", body=b64.encode(refusal))]
    cases += [accept("defaults only", body=b64.encode(b"{}"))]
    cases += [refuse(name, body=b64.encode(data)) for name, data in bad.items()]
    cases += [_of_kind(accept, name, kind, body) for name, kind, body in _FITTING]
    cases += [_of_kind(refuse, name, kind, body) for name, kind, body in _UNFIT]
    return {"kind": "body", "cases": cases}


def _of_kind(expect: Callable[..., Case], name: str, kind: str, body: Body) -> Case:
    return expect(name, message_kind=kind, body=b64.encode(encode_body(body)))


_MADE = "2026-01-15T08:00:00Z"
_LATE = Obstacle("Причина.")
_FITTING = (
    ("an oral request on record", "request", Body(oral=Oral(_MADE, "prevent_crime"))),
    (
        "a deferral under conditions",
        "obstacle_notice",
        Body(obstacle=Obstacle("Причина.", deferral=True), conditions=Conditions(["Условие."])),
    ),
    ("conditions declined", "conditions_answer", Body(conditions=Conditions(accepted=False))),
    (
        "an authority that was renamed",
        "amendment_notice",
        Body(amendment=Amendment("kz/mia", "renamed", {"ru": "МВД"}, "2026-02-01")),
    ),
)
_UNFIT = (
    ("an obstacle in a result", "result", Body(obstacle=_LATE)),
    ("an obstacle notice without an obstacle", "obstacle_notice", Body(text="Причина.")),
    ("a result that is refused as a whole", "result", Body(refusal=Refusal("sovereignty", "Причина."))),
    ("an acknowledgement of something oral", "acknowledgement", Body(oral=Oral(_MADE, "prevent_crime"))),
    (
        "an oral request made at no instant",
        "request",
        Body(oral=Oral("2026-01-15T08:00:00+05", "prevent_crime")),
    ),
    ("an answer to conditions that says nothing", "conditions_answer", Body(conditions=Conditions())),
    ("conditions accepted by who offers them", "consultation", Body(conditions=Conditions(accepted=True))),
    (
        "conditions of an obstacle that is no deferral",
        "obstacle_notice",
        Body(obstacle=_LATE, conditions=Conditions(["Условие."])),
    ),
    (
        "a request passed on to nobody",
        "competence_notice",
        Body(competence=Competence(transferred=True, authority=None)),
    ),
    ("authenticity neither confirmed nor denied", "authenticity_answer", Body(text="Ответ.")),
    (
        "an amendment from no date",
        "amendment_notice",
        Body(amendment=Amendment("kz/mia", "renamed", {"ru": "МВД"}, "2026-02-30")),
    ),
    (
        "a successor of an authority that is renamed",
        "amendment_notice",
        Body(amendment=Amendment("kz/mia", "renamed", {}, "2026-02-01", "kz/gpo")),
    ),
    ("a destruction of nothing said", "data_destruction", Body(reason="Причина.")),
    ("a transfer without the request", "transfer", Body(text="Передаём.")),
)
