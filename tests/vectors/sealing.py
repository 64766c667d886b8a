"""Vectors of envelopes. HPKE and the streams take no seed, so envelopes are sealed once and then kept.

What is deterministic about a kept envelope (header, message secret, part keys, content) is checked anew at
every run; what is derived from one (a bit turned over, parts exchanged) is derived anew.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gateway.exchange.manifest import (
    SALT_BYTES,
    Manifest,
    PartLanguage,
    Signatory,
    encode_manifest,
    part_digest,
)
from keys import b64
from keys.envelope import begin_open, begin_seal, open_part, seal_part
from keys.errors import OpenFailed
from keys.header import write_header
from keys.jwk import SigningKey, Usage
from keys.signature_block import encode_part0
from keys.signatures import OFFICIAL_TYP, SEAL_TYP, official_sign, seal_sign
from keys.suites import SUITE_1
from tests.vectors.case import Case, Document, accept, compact, flipped, hs256, raw_jws, refuse
from tests.vectors.material import (
    ANCHORS,
    ANNEX,
    BODY,
    CREATED,
    DEPUTY,
    DEPUTY_NAME,
    ENCRYPTION,
    ENCRYPTION_OTHER,
    ENVELOPE_ID,
    HEAD,
    MANIFEST,
    MANIFEST_BYTES,
    OTHER,
    RECEIPT,
    RECIPIENT,
    SEAL,
    SEAL_ENDED,
    SEAL_OLD,
    SEAL_RU,
    SEAL_UNLISTED,
    SENDER,
    manifest_with,
    part,
    stream_of,
    trust_files,
)
from tests.vectors.signing import DEPUTYS, OFFICIAL, SEALED, SEALED_BARE, header

Content = tuple[bytes, ...]
Frame = dict[str, Any]


def _signed(manifest: Manifest, official: SigningKey | None = HEAD, seal: SigningKey = SEAL) -> Content:
    """Parts of a message that is signed as it should be."""
    data = encode_manifest(manifest)
    return _sealed(data, official, seal)


def _sealed(data: bytes, official: SigningKey | None = HEAD, seal: SigningKey = SEAL) -> Content:
    jws = None if official is None else official_sign(official, data)
    return encode_part0(data, jws, seal_sign(seal, data, jws)), BODY, ANNEX


def _block(official: str | None, seal: str, manifest: bytes = MANIFEST_BYTES) -> Content:
    return encode_part0(manifest, official, seal), BODY, ANNEX


def contents() -> dict[str, Content]:
    """What lies inside each kept envelope, by case name: first the good ones."""
    unsigned = manifest_with(signatory=None)
    later = MANIFEST_BYTES.replace(MANIFEST.id.encode(), MANIFEST.case.encode(), 1)
    block = encode_part0(MANIFEST_BYTES, OFFICIAL, SEALED)
    made = header(SEAL, SEAL_TYP)
    sealed = hashlib.sha256(MANIFEST_BYTES).digest() + hashlib.sha256(OFFICIAL.encode()).digest()
    return {
        "official and seal": _signed(MANIFEST),
        "seal alone": _signed(unsigned, official=None),
        TWINS: (*_signed(_twins())[:2], ANNEX, TWIN),
        "official's signature stripped": _block(None, SEALED),
        "official's signature exchanged": _block(DEPUTYS, SEALED),
        "official's signature by another than the signatory": _signed(MANIFEST, official=DEPUTY),
        "official's signature over another manifest": _block(
            OFFICIAL, seal_sign(SEAL, later, OFFICIAL), later
        ),
        "office of the signatory raised": _signed(
            manifest_with(signatory=Signatory(DEPUTY_NAME, "head")), official=DEPUTY
        ),
        "a signatory who has not signed": _signed(MANIFEST, official=None),
        "an official who is no signatory": _signed(unsigned),
        "seal by a key that is not listed": _signed(MANIFEST, seal=SEAL_UNLISTED),
        "seal by the recipient's own key": _signed(MANIFEST, seal=SEAL_RU),
        "seal by a key revoked before receipt": _signed(MANIFEST, seal=SEAL_OLD),
        "seal by a key that had ended at created": _signed(MANIFEST, seal=SEAL_ENDED),
        "created before the list": _signed(manifest_with(created="2025-12-31T23:59:59Z")),
        "seal by an official's key": _signed(MANIFEST, seal=SigningKey(HEAD.seed, Usage.SEAL)),
        "an official's signature in place of the seal": _block(OFFICIAL, OFFICIAL),
        "seal with alg none": _block(
            OFFICIAL, raw_jws(header(SEAL, SEAL_TYP, alg="none"), sealed, lambda _: b"")
        ),
        "seal with HMAC under the public key": _block(
            OFFICIAL, raw_jws(made, sealed, hs256(SEAL.public.raw))
        ),
        "seal with jwk in its header": _block(
            OFFICIAL, raw_jws(header(SEAL, SEAL_TYP, jwk=SEAL_UNLISTED.public.to_jwk()), sealed, SEAL.sign)
        ),
        "official's signature with padding": _block(
            OFFICIAL + "==", seal_sign(SEAL, MANIFEST_BYTES, OFFICIAL + "==")
        ),
        "official's signature of another typ": _with_official(header(HEAD, "kelisim-officer+jws")),
        "official's signature with an extra member": _with_official(header(HEAD, OFFICIAL_TYP, cty="json")),
        "replayed under another message id": _block(OFFICIAL, SEALED, later),
        "level lowered": _block(
            OFFICIAL, SEALED, MANIFEST_BYTES.replace(b'"level":"restricted"', b'"level":"open"')
        ),
        "seal of a message without official": _block(OFFICIAL, SEALED_BARE),
        "manifest with a repeated name": _sealed(b'{"agreement":"kz-tm-2024",' + MANIFEST_BYTES[1:]),
        "manifest with a space": _sealed(MANIFEST_BYTES.replace(b'"v":1', b'"v": 1')),
        "manifest of suite 2": _sealed(MANIFEST_BYTES.replace(b'"suite":1', b'"suite":2')),
        "manifest with an unknown field": _sealed(MANIFEST_BYTES[:-1] + b',"x":1}'),
        "block with a space": (block.replace(b":", b": ", 1), BODY, ANNEX),
        "block with a repeated name": (b'{"manifest":"e30",' + block[1:], BODY, ANNEX),
        "block with an extra member": (_extra(block), BODY, ANNEX),
        "for somebody else": _signed(manifest_with(recipients=[OTHER])),
        "from an authority of another certificate": _signed(manifest_with(sender=OTHER)),
        "body other than signed": (_signed(MANIFEST)[0], flipped(BODY, -3), ANNEX),
        "salt other than signed": (_signed(MANIFEST)[0], flipped(BODY, 0), ANNEX),
        "attachment other than signed": (_signed(MANIFEST)[0], BODY, flipped(ANNEX, -1)),
        "attachment longer than signed": (_signed(MANIFEST)[0], BODY, ANNEX + b"x"),
        "attachment left out": (_signed(MANIFEST)[0], BODY),
        "attachment nobody signed": (_signed(_body_only())[0], BODY, ANNEX),
        "body that is not canonical": _spaced_body(),
    }


TWINS = "two attachments of one length"
TWIN = flipped(ANNEX, 20)
GOOD = ("official and seal", "seal alone", TWINS)


def _with_official(head: bytes) -> Content:
    official = raw_jws(head, MANIFEST_BYTES, HEAD.sign)
    return _block(official, seal_sign(SEAL, MANIFEST_BYTES, official))


def _extra(block: bytes) -> bytes:
    return compact(dict(sorted((json.loads(block) | {"note": "x"}).items())))


def _twins() -> Manifest:
    annex = part(3, TWIN, "application/pdf", "attachment", "twin.pdf")
    return manifest_with(
        parts=[*MANIFEST.parts, annex], languages=[*MANIFEST.languages, PartLanguage(3, "ru", None)]
    )


def _body_only() -> Manifest:
    return manifest_with(parts=MANIFEST.parts[:1], languages=MANIFEST.languages[:1])


def _spaced_body() -> Content:
    body = BODY[:SALT_BYTES] + b'{"text": "x"}'
    entry = msgspec.structs.replace(MANIFEST.parts[0], size=len(body) - SALT_BYTES, digest=part_digest(body))
    return _signed(manifest_with(parts=[entry, MANIFEST.parts[1]]))[0], body, ANNEX


def seal_once(name: str, content: Content, recipient: str = RECIPIENT) -> Frame:
    """Seal content; only the message secret is repeatable."""
    sizes = [len(part) for part in content]
    sealed = begin_seal(recipient, ENCRYPTION.public, ENVELOPE_ID, sizes, stream_of(f"secret/{name}"))
    parts = [b64.encode(seal_part(sealed, index, part)) for index, part in enumerate(content)]
    return {"header": b64.encode(sealed.header), "wrap": b64.encode(sealed.wrap), "parts": parts}


def still_holds(name: str, content: Content, frame: Frame, recipient: str = RECIPIENT) -> bool:
    """Whether a kept envelope has the header, keys and content it should have."""
    clear = write_header(SUITE_1, ENVELOPE_ID, ENCRYPTION.kid, [len(part) for part in content])
    secret = stream_of(f"secret/{name}")(SUITE_1.secret_bytes)
    if frame["header"] != b64.encode(clear.data) or len(frame["parts"]) != len(content):
        return False
    try:
        opened = begin_open(
            clear.data, b64.decode(frame["wrap"]), recipient, {ENCRYPTION.kid: ENCRYPTION}.get
        )
        return all(
            opened.part_key(index) == SUITE_1.part_key(secret, clear.digest, index)
            and open_part(opened, index, b64.decode(frame["parts"][index])) == part
            for index, part in enumerate(content)
        )
    except OpenFailed:
        return False


Keep = Callable[[str, Content, str], Frame]
"""Gives the kept envelope of a name, content and recipient."""


def envelopes_document(ca: str, keep: Keep) -> Document:
    """Whole envelopes as a recipient's gateway takes them (steps R2 to R6)."""
    cases: list[Case] = []
    for name, content in contents().items():
        make = accept if name in GOOD else refuse
        cases.append(make(name, **_given(keep(name, content, RECIPIENT))))
    good = keep(GOOD[0], contents()[GOOD[0]], RECIPIENT)
    cases += [refuse(name, **_given(frame)) for name, frame in _damaged(good).items()]
    elsewhere = keep("wrapped for another authority", contents()[GOOD[0]], OTHER)
    cases += [
        refuse("wrapped for another authority", **_given(elsewhere)),
        refuse("handed on to another authority", **_given(good) | {"recipient": OTHER}),
        refuse("sent over another authority's connection", **_given(good) | {"senders": [OTHER]}),
        refuse(
            "received before the sender is listed", **_given(good) | {"receipt": CREATED - 30 * 86_400_000}
        ),
        *_mixed(good, keep("seal alone", contents()["seal alone"], RECIPIENT)),
        *_exchanged(keep(TWINS, contents()[TWINS], RECIPIENT)),
    ]
    shared = {
        "ca": ca,
        "lists": {party: [file.decode() for file in files] for party, files in trust_files(ca).items()},
        "anchors": {party: key.to_jwk() for party, key in ANCHORS.items()},
        "decryption_seeds": b64.encode(ENCRYPTION.seeds),
    }
    return {"kind": "envelopes", "shared": shared, "cases": cases}


def _given(frame: Frame) -> dict[str, Any]:
    return {"recipient": RECIPIENT, "senders": [SENDER], "receipt": RECEIPT, "frame": frame}


def _damaged(good: Frame) -> dict[str, Frame]:
    head, wrap = b64.decode(good["header"]), b64.decode(good["wrap"])
    block, body, annex = (b64.decode(part) for part in good["parts"])

    def frame(**changes: object) -> Frame:
        return good | changes

    def with_head(data: bytes) -> Frame:
        return frame(header=b64.encode(data))

    def with_parts(*parts: bytes | None) -> Frame:
        return frame(parts=[None if part is None else b64.encode(part) for part in parts])

    return {
        "header: another envelope id": with_head(head.replace(b"-0123456789ab", b"-0123456789ac")),
        "header: another key id": with_head(
            head.replace(ENCRYPTION.kid.encode(), ENCRYPTION_OTHER.kid.encode())
        ),
        "header: unknown suite 2": with_head(head.replace(b'"suite":1', b'"suite":2')),
        "header: suite 0": with_head(head.replace(b'"suite":1', b'"suite":0')),
        "header: version 2": with_head(head.replace(b'"v":1', b'"v":2')),
        "header: extra member": with_head(head[:-1] + b',"z":1}'),
        "header: repeated name": with_head(b'{"envelope":"",' + head[1:]),
        "header: another part size": with_head(head.replace(b'"parts":[', b'"parts":[1')),
        "header: truncated": with_head(head[:-1]),
        "wrap: first bit turned over": frame(wrap=b64.encode(flipped(wrap, 0))),
        "wrap: X25519 half changed": frame(wrap=b64.encode(flipped(wrap, 1100))),
        "wrap: tag changed": frame(wrap=b64.encode(flipped(wrap, -1))),
        "wrap: truncated": frame(wrap=b64.encode(wrap[:-1])),
        "wrap: longer": frame(wrap=b64.encode(wrap + b"\x00")),
        "part 0: salt of the stream changed": with_parts(flipped(block, 0), body, annex),
        "part 0: commitment changed": with_parts(flipped(block, 30), body, annex),
        "part 0: last bit turned over": with_parts(flipped(block, -1), body, annex),
        "part 0: missing": with_parts(None, body, annex),
        "part 1: truncated by a byte": with_parts(block, body[:-1], annex),
        "part 1: a byte longer": with_parts(block, body + b"\x00", annex),
        "part 1: missing": with_parts(block, None, annex),
        "part 1: empty": with_parts(block, b"", annex),
        "parts 1 and 2 exchanged": with_parts(block, annex, body),
        "parts 0 and 1 exchanged": with_parts(body, block, annex),
        "part 2: in its middle changed": with_parts(block, body, flipped(annex, 100)),
        "part 2: not streamed ahead": with_parts(block, body, None),
        "part 2: left out": with_parts(block, body),
        "part 3: added": with_parts(block, body, annex, annex),
    }


def _mixed(good: Frame, other: Mapping[str, Any]) -> list[Case]:
    return [
        refuse("wrap of another envelope", **_given(good | {"wrap": other["wrap"]})),
        refuse(
            "part 1 of another envelope",
            **_given(good | {"parts": [*good["parts"][:1], *other["parts"][1:]]}),
        ),
        refuse("header of another envelope", **_given(good | {"header": other["header"]})),
    ]


def _exchanged(twins: Frame) -> list[Case]:
    block, body, first, second = twins["parts"]
    return [
        refuse(
            "attachments of one length exchanged", **_given(twins | {"parts": [block, body, second, first]})
        ),
        refuse("an attachment twice", **_given(twins | {"parts": [block, body, first, first]})),
    ]


def header_document() -> Document:
    """Clear headers."""
    sizes = [900, 16, 16 + 16 * 1024, 1 << 40]
    good = write_header(SUITE_1, ENVELOPE_ID, ENCRYPTION.kid, sizes).data
    members = json.loads(good)
    bad = {
        "no part": members | {"parts": []},
        "257 parts": members | {"parts": [16] * 257},
        "size below zero": members | {"parts": [-1]},
        "size over 2^40": members | {"parts": [(1 << 40) + 1]},
        "size as text": members | {"parts": ["16"]},
        "size true": members | {"parts": [True]},
        "sizes in an object": members | {"parts": {"0": 16}},
        "suite 2": members | {"suite": 2},
        "suite as text": members | {"suite": "1"},
        "suite true": members | {"suite": True},
        "version 0": members | {"v": 0},
        "version true": members | {"v": True},
        "envelope id in capitals": members | {"envelope": ENVELOPE_ID.upper()},
        "envelope id in braces": members | {"envelope": f"{{{ENVELOPE_ID}}}"},
        "key id too short": members | {"recipient_key": ENCRYPTION.kid[:-1]},
        "key id with a plus": members | {"recipient_key": "+" + ENCRYPTION.kid[1:]},
        "recipient named": members | {"recipient": RECIPIENT},
        "no suite": {name: value for name, value in members.items() if name != "suite"},
    }
    cases = [accept("four parts", header=b64.encode(good))]
    cases.append(accept("one empty part", header=b64.encode(compact(members | {"parts": [0]}))))
    cases += [
        refuse(name, header=b64.encode(compact(dict(sorted(value.items()))))) for name, value in bad.items()
    ]
    raw = {
        "repeated name": b'{"envelope":"",' + good[1:],
        "space": good + b" ",
        "truncated": good[:-1],
        "empty": b"",
    }
    cases += [refuse(name, header=b64.encode(data)) for name, data in raw.items()]
    return {"kind": "header", "cases": cases}


def key_schedule_document() -> Document:
    """HPKE info, part keys and part contexts of a header and a message secret."""
    head = write_header(SUITE_1, ENVELOPE_ID, ENCRYPTION.kid, [900, 16, 400]).data
    secret = stream_of("secret/key schedule")(SUITE_1.secret_bytes)
    given = {"header": b64.encode(head), "recipient": RECIPIENT}
    return {
        "kind": "key_schedule",
        "cases": [
            accept("three parts", **given, secret=b64.encode(secret)),
            accept("another recipient", **given | {"recipient": OTHER}, secret=b64.encode(secret)),
            refuse("secret of 31 bytes", **given, secret=b64.encode(secret[:-1])),
            refuse(
                "header with a space",
                secret=b64.encode(secret),
                recipient=RECIPIENT,
                header=b64.encode(head + b" "),
            ),
        ],
    }
