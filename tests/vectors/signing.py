"""Vectors of signatures: the official's, the seal, statements, and the block that carries them."""

import json
from typing import Any

from keys import b64, canonical
from keys.jose import protected
from keys.jwk import SigningKey, Usage
from keys.signature_block import encode_part0
from keys.signatures import (
    ADMIN_TYP,
    EPOCH_TYP,
    OFFICIAL_TYP,
    SEAL_TYP,
    TRUST_TYP,
    official_sign,
    seal_sign,
    sign_statement,
)
from tests.vectors.case import (
    EDDSA,
    UNENCODED,
    Case,
    Document,
    accept,
    compact,
    flipped,
    hs256,
    raw_jws,
    refuse,
)
from tests.vectors.material import (
    ADMIN,
    DEPUTY,
    ENCRYPTION_OTHER,
    HEAD,
    MANIFEST_BYTES,
    RECIPIENT,
    SEAL,
    SEAL_RU,
    SEAL_UNLISTED,
    SENDER,
    TRUST_KZ,
    epoch,
)

OFFICIAL = official_sign(HEAD, MANIFEST_BYTES)
DEPUTYS = official_sign(DEPUTY, MANIFEST_BYTES)
SEALED = seal_sign(SEAL, MANIFEST_BYTES, OFFICIAL)
SEALED_BARE = seal_sign(SEAL, MANIFEST_BYTES, None)
MANIFEST = b64.encode(MANIFEST_BYTES)
OTHER_MANIFEST = MANIFEST_BYTES.replace(b'"restricted"', b'"open"')


def header(key: SigningKey, typ: str, **more: object) -> bytes:
    """A detached JWS' header with members added or replaced, names sorted."""
    members = {**EDDSA, **UNENCODED, "kid": key.kid, "typ": typ, **more}
    return compact(dict(sorted(members.items())))


def forged_officials() -> dict[str, str]:
    """Official's signatures that are wrong in their form or algorithm, though made with the right key."""
    first, _, signature = OFFICIAL.partition("..")
    good = header(HEAD, OFFICIAL_TYP)

    def made(data: bytes) -> str:
        return raw_jws(data, MANIFEST_BYTES, HEAD.sign)

    return {
        "signature truncated": OFFICIAL[:-1],
        "signature with one bit turned over": f"{first}..{b64.encode(flipped(b64.decode(signature), 10))}",
        "signature empty": f"{first}..",
        "padded signature": f"{OFFICIAL}==",
        "padded header": f"{first}=..{signature}",
        "signature with stray low bits": OFFICIAL[:-1] + chr(ord(OFFICIAL[-1]) + 1),
        "signature in standard base64": f"{first}..{signature.replace('-', '+').replace('_', '/')}!",
        "attached payload": raw_jws(good, MANIFEST_BYTES, HEAD.sign, detached=False),
        "four segments": f"{OFFICIAL}.",
        "header with a space": made(good.replace(b":", b": ", 1)),
        "header in another order": made(compact(dict(reversed(json.loads(good).items())))),
        "header with a repeated name": made(b'{"alg":"EdDSA",' + good[1:]),
        "header with jwk": made(header(HEAD, OFFICIAL_TYP, jwk={"kty": "OKP"})),
        "header with jku": made(header(HEAD, OFFICIAL_TYP, jku="https://example.org")),
        "header with x5c": made(header(HEAD, OFFICIAL_TYP, x5c=["MA"])),
        "header with another crit": made(header(HEAD, OFFICIAL_TYP, crit=["b64", "exp"], exp=1)),
        "b64 true": made(header(HEAD, OFFICIAL_TYP, b64=True)),
        "no typ": made(good.replace(b',"typ":"kelisim-official+jws"', b"")),
        "typ JWT": made(header(HEAD, "JWT")),
        "typ of a seal": made(header(HEAD, SEAL_TYP)),
        "alg none": raw_jws(header(HEAD, OFFICIAL_TYP, alg="none"), MANIFEST_BYTES, lambda _: b""),
        "alg Ed25519": made(header(HEAD, OFFICIAL_TYP, alg="Ed25519")),
        "alg HS256 with the public key": raw_jws(
            header(HEAD, OFFICIAL_TYP, alg="HS256"), MANIFEST_BYTES, hs256(HEAD.public.raw)
        ),
        "alg EdDSA named, HMAC made": raw_jws(good, MANIFEST_BYTES, hs256(HEAD.public.raw)),
        "another official's key under this kid": raw_jws(good, MANIFEST_BYTES, DEPUTY.sign),
        "another kid": DEPUTYS,
        "another manifest": official_sign(HEAD, OTHER_MANIFEST),
    }


def signatures_document() -> Document:
    """Every kind of signature under the key it is checked with."""
    official: dict[str, Any] = {"typ": OFFICIAL_TYP, "manifest": MANIFEST, "key": HEAD.public.to_jwk()}
    cases = [accept("official", **official, jws=OFFICIAL)]
    cases += [refuse(f"official: {name}", **official, jws=jws) for name, jws in forged_officials().items()]
    wrong_use = official | {"key": SigningKey(HEAD.seed, Usage.SEAL).public.to_jwk()}
    cases.append(refuse("official: the key is listed as a seal key", **wrong_use, jws=OFFICIAL))
    return {"kind": "signatures", "cases": [*cases, *_seals(), *_statements()]}


def _seals() -> list[Case]:
    given: dict[str, Any] = {"typ": SEAL_TYP, "manifest": MANIFEST, "key": SEAL.public.to_jwk()}
    over_manifest = raw_jws(header(SEAL, SEAL_TYP), MANIFEST_BYTES, SEAL.sign)
    as_seal = SigningKey(HEAD.seed, Usage.SEAL)
    return [
        accept("seal over manifest and official", **given, official=OFFICIAL, jws=SEALED),
        accept("seal without an official", **given, official=None, jws=SEALED_BARE),
        refuse("seal: the official's signature was stripped", **given, official=None, jws=SEALED),
        refuse("seal: an official's signature was added", **given, official=OFFICIAL, jws=SEALED_BARE),
        refuse("seal: another official's signature stands there", **given, official=DEPUTYS, jws=SEALED),
        refuse("seal: the official's signature is empty text", **given, official="", jws=SEALED_BARE),
        refuse("seal: the official's signature is not ASCII", **given, official="қ", jws=SEALED_BARE),
        refuse(
            "seal: another manifest",
            **(given | {"manifest": b64.encode(OTHER_MANIFEST)}),
            official=OFFICIAL,
            jws=SEALED,
        ),
        refuse("seal: over the manifest itself", **given, official=None, jws=over_manifest),
        refuse("seal: an official's JWS in its place", **given, official=OFFICIAL, jws=OFFICIAL),
        refuse(
            "seal: by an authority that is not listed",
            **given,
            official=OFFICIAL,
            jws=seal_sign(SEAL_UNLISTED, MANIFEST_BYTES, OFFICIAL),
        ),
        refuse(
            "seal: made with an official's key",
            **(given | {"key": HEAD.public.to_jwk()}),
            official=OFFICIAL,
            jws=seal_sign(as_seal, MANIFEST_BYTES, OFFICIAL),
        ),
    ]


def _statements() -> list[Case]:
    payload = canonical.encode({"v": 1})
    admin: dict[str, Any] = {"typ": ADMIN_TYP, "key": ADMIN.public.to_jwk()}
    signed = sign_statement(ADMIN, ADMIN_TYP, payload)
    head, body, signature = signed.split(".")
    other_typ = raw_jws(
        b64.decode(protected(TRUST_TYP, ADMIN.kid, detached=False)), payload, ADMIN.sign, detached=False
    )
    return [
        accept("admin's statement", **admin, jws=signed),
        refuse("statement: payload changed", **admin, jws=f"{head}.{b64.encode(b'{}')}.{signature}"),
        refuse("statement: payload padded", **admin, jws=f"{head}.{body}==.{signature}"),
        refuse("statement: detached", **admin, jws=f"{head}..{signature}"),
        refuse("statement: typ of a trust list", **admin, jws=other_typ),
        refuse("statement: truncated", **admin, jws=signed[:-1]),
        refuse("statement: a trust key", typ=ADMIN_TYP, key=TRUST_KZ.public.to_jwk(), jws=signed),
        *_epochs(),
    ]


def _epochs() -> list[Case]:
    given: dict[str, Any] = {"typ": EPOCH_TYP, "authority": RECIPIENT, "key": SEAL_RU.public.to_jwk()}
    said = json.loads(b64.decode(epoch().statement.split(".")[1]))

    def signed(**changes: object) -> str:
        return sign_statement(SEAL_RU, EPOCH_TYP, compact(dict(sorted((said | changes).items()))))

    return [
        accept("epoch", **given, jws=epoch().statement),
        refuse("epoch: signed by another authority", **given, jws=epoch(key=SEAL).statement),
        refuse("epoch: about another authority", **given, jws=epoch(authority=SENDER).statement),
        refuse("epoch: another key's id", **given, jws=signed(kid=ENCRYPTION_OTHER.kid)),
        refuse("epoch: longer than 100 days", **given, jws=signed(not_after="2026-06-01T00:00:00Z")),
        refuse("epoch: ends before it begins", **given, jws=signed(not_after="2026-01-09T00:00:00Z")),
        refuse("epoch: public key cut short", **given, jws=signed(public=said["public"][:-4])),
        refuse("epoch: unknown field", **given, jws=signed(note="x")),
        refuse("epoch: version 2", **given, jws=signed(v=2)),
    ]


def block_document() -> Document:
    """Part 0 before encryption, signatures not verified."""
    whole = encode_part0(MANIFEST_BYTES, OFFICIAL, SEALED)
    members = json.loads(whole)
    bad = {
        "truncated": whole[:-1],
        "space": whole.replace(b":", b": ", 1),
        "repeated name": b'{"manifest":"e30",' + whole[1:],
        "names in another order": compact(dict(reversed(members.items()))),
        "extra member": compact(dict(sorted((members | {"note": "x"}).items()))),
        "no official member": compact({name: members[name] for name in ("manifest", "seal")}),
        "official empty": compact(members | {"official": ""}),
        "official a number": compact(members | {"official": 1}),
        "seal null": compact(members | {"seal": None}),
        "manifest padded": compact(members | {"manifest": members["manifest"] + "="}),
        "manifest in standard base64": compact(members | {"manifest": "+/+/"}),
        "manifest with stray low bits": compact(members | {"manifest": "e31"}),
        "manifest as an object": compact(members | {"manifest": {}}),
        "an array": b"[]",
    }
    cases = [
        accept("with an official", block=b64.encode(whole)),
        accept("without an official", block=b64.encode(encode_part0(MANIFEST_BYTES, None, SEALED_BARE))),
    ]
    cases += [refuse(name, block=b64.encode(data)) for name, data in bad.items()]
    return {"kind": "block", "cases": cases}
