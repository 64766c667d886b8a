"""Vectors of the trust list: files as they are imported, and keys as they are resolved in time."""

import json
from typing import Any

import msgspec

from keys import b64, canonical, instants
from keys.jwk import SigningKey, Usage
from keys.signatures import ADMIN_TYP, TRUST_TYP, sign_statement
from keys.trust_file import AgreementEntry, AuthorityEntry, CheckpointEntry, TrustFile, sign_file
from tests.vectors.case import Case, Document, accept, refuse
from tests.vectors.material import (
    ANCHORS,
    CREATED,
    DEPUTY,
    HEAD,
    HEAD_RU,
    LIST_ISSUED,
    LIST_REVOKING,
    LOG_RU,
    ORIGIN,
    RECIPIENT,
    SEAL,
    SEAL_ENDED,
    SEAL_OLD,
    SEAL_RU,
    SEAL_UNLISTED,
    SENDER,
    TRUST_KZ,
    TRUST_RU,
    epoch,
    recipient_entry,
    seal_entry,
    sender_entry,
    trust_file,
    trust_files,
)

_replace = msgspec.structs.replace
_NOW = instants.parse("2026-01-15T12:00:00Z")


def trust_files_document(ca: str) -> Document:
    """Files as a gateway imports them: after `kept` versions, at `now`."""
    files = trust_files(ca)
    first, second = (file.decode() for file in files["KZ"])
    given: dict[str, Any] = {"party": "KZ", "kept": [], "now": _NOW}
    cases: list[Case] = [
        accept("a first version", **given, file=first),
        accept("a second version", **given | {"kept": [first]}, file=second),
        accept("the same file again", **given | {"kept": [first]}, file=first),
        accept("another party's", **given | {"party": "RU"}, file=files["RU"][0].decode()),
        refuse("rolled back", **given | {"kept": [second]}, file=first),
        refuse(
            "same version, other content",
            **given | {"kept": [first]},
            file=_signed(_listed(ca, names={"en": "x"})),
        ),
        refuse("newer version, issued earlier", **given | {"kept": [second]}, file=_signed(_early(ca))),
        refuse("expired", **given | {"now": instants.parse("2027-01-01T00:00:00Z")}, file=first),
        refuse("issued in the future", **given | {"now": instants.parse(LIST_ISSUED) - 120_001}, file=first),
        refuse("signed by another party", **given, file=sign_file(TRUST_RU, _listed(ca)).decode()),
        refuse(
            "of another party, signed by this one", **given, file=_signed(trust_file("RU", 1, LIST_ISSUED))
        ),
        refuse("signed by an authority's seal key", **given, file=_by_seal(ca)),
        refuse("typ of an admin's statement", **given, file=_other_typ(ca)),
        refuse("truncated", **given, file=first[:-1]),
        refuse("trailing newline", **given, file=first + "\n"),
        refuse(
            "one character changed",
            **given,
            file=first[:200] + ("A" if first[200] != "A" else "B") + first[201:],
        ),
    ]
    cases += [refuse(name, **given, file=text) for name, text in _bad_payloads(ca).items()]
    cases += [refuse(name, **given, file=_signed(file)) for name, file in _bad_entries(ca).items()]
    shared = {"anchors": {party: key.to_jwk() for party, key in ANCHORS.items()}}
    return {"kind": "trust_files", "shared": shared, "cases": cases}


def _listed(ca: str, **changes: object) -> TrustFile:
    return trust_file("KZ", 1, LIST_ISSUED, _replace(sender_entry(ca), **changes))


def _early(ca: str) -> TrustFile:
    return _replace(_listed(ca), version=3)


def _signed(file: TrustFile) -> str:
    return sign_file(TRUST_KZ, file).decode()


def _by_seal(ca: str) -> str:
    return sign_file(SigningKey(SEAL.seed, Usage.TRUST), _listed(ca)).decode()


def _other_typ(ca: str) -> str:
    key = SigningKey(TRUST_KZ.seed, Usage.ADMIN)
    return sign_statement(key, ADMIN_TYP, canonical.encode(msgspec.to_builtins(_listed(ca))))


def _bad_payloads(ca: str) -> dict[str, str]:
    payload = canonical.encode(msgspec.to_builtins(_listed(ca)))
    members = json.loads(payload)

    def signed(data: bytes) -> str:
        return sign_statement(TRUST_KZ, TRUST_TYP, data)

    def changed(**more: object) -> str:
        return signed(canonical.encode(members | more))

    return {
        "payload with a space": signed(payload.replace(b":", b": ", 1)),
        "payload with a repeated name": signed(b'{"authorities":[],' + payload[1:]),
        "payload that is not JSON": signed(b"list"),
        "unknown member": changed(note="x"),
        "version 0": changed(version=0),
        "format 2": changed(v=2),
        "issued as a number": changed(issued=0),
        "issued on a day there is not": changed(issued="2026-02-30T00:00:00Z"),
        "next update before issue": changed(next_update=LIST_ISSUED),
        "party in small letters": changed(party="kz"),
    }


def _bad_entries(ca: str) -> dict[str, TrustFile]:
    entry = sender_entry(ca)
    gateway = entry.gateway
    twice = (entry.seal_keys[0], entry.seal_keys[0])
    jwk = SEAL.public.to_jwk()

    def key(**changes: object) -> TrustFile:
        return _listed(ca, seal_keys=(_replace(seal_entry(SEAL), jwk=jwk | changes),))

    return {
        "an authority of another party": trust_file("KZ", 1, LIST_ISSUED, recipient_entry(ca)),
        "another party's authority under this state": trust_file(
            "KZ", 1, LIST_ISSUED, _replace(recipient_entry(ca), state="KZ")
        ),
        "an authority twice": trust_file("KZ", 1, LIST_ISSUED, entry, entry),
        "no seal key": _listed(ca, seal_keys=()),
        "a seal key twice": _listed(ca, seal_keys=twice),
        "an official's key as a seal key": _listed(ca, seal_keys=(seal_entry(HEAD),)),
        "a seal key whose time is empty": _listed(ca, seal_keys=(seal_entry(SEAL, to=LIST_ISSUED),)),
        "a key with a private half": key(d=b64.encode(bytes(32))),
        "a key with another id": key(kid=SEAL_OLD.kid),
        "a key of another curve": key(crv="X25519"),
        "a key for another algorithm": key(alg="HS256"),
        "a key that may sign": key(key_ops=["sign"]),
        "a key of small order": key(x=b64.encode(bytes(32))),
        "a key with padding": key(x=str(jwk["x"]) + "="),
        "an epoch signed by another authority": _listed(ca, epochs=(epoch(authority=SENDER).statement,)),
        "an epoch of another authority": _listed(ca, epochs=(epoch(key=SEAL).statement,)),
        "an epoch that begins when its key has ended": _listed(
            ca,
            seal_keys=(seal_entry(SEAL_ENDED, to="2026-01-09T00:00:00Z"),),
            epochs=(epoch(key=SEAL_ENDED, authority=SENDER).statement,),
        ),
        "a checkpoint key of another name": _listed(ca, checkpoint=CheckpointEntry(LOG_RU.vkey, ORIGIN)),
        "a checkpoint key whose id does not fit": _listed(
            ca, checkpoint=CheckpointEntry(_other_id(entry), ORIGIN)
        ),
        "no suite floor": _listed(ca, min_suite=0),
        "a gateway without https": _listed(
            ca, gateway=_replace(gateway, url="http://gateway.mia.kz.example")
        ),
        "a gateway without pins": _listed(ca, gateway=_replace(gateway, client_pins=())),
        "a gateway whose authority is no certificate": _listed(ca, gateway=_replace(gateway, ca=("none",))),
        "a day there is not": _listed(ca, agreements=(AgreementEntry("kz-ru-mvd-2008", "2008-02-30", None),)),
    }


def _other_id(entry: AuthorityEntry) -> str:
    name, key_id, rest = entry.checkpoint.vkey.split("+", 2)
    return f"{name}+{int(key_id, 16) ^ 1:08x}+{rest}"


def listed_keys_document(ca: str) -> Document:
    """Keys by authority, id and two instants; list 2 revokes a key one second before receipt."""
    revoked = instants.parse(LIST_REVOKING)
    receipt = CREATED + 5_000
    at: dict[str, Any] = {"authority": SENDER, "created": CREATED, "receipt": receipt}
    seal: dict[str, Any] = {"usage": "seal", **at}
    official: dict[str, Any] = {"usage": "official", **at}
    cases = [
        accept("a seal key in its time", **seal, kid=SEAL.kid),
        accept("a key received before it was revoked", **seal | {"receipt": revoked - 1}, kid=SEAL_OLD.kid),
        accept("the head", **official, kid=HEAD.kid),
        accept("the deputy", **official, kid=DEPUTY.kid),
        accept(
            "a key that had not ended yet", **seal | {"created": CREATED - 2 * 86_400_000}, kid=SEAL_ENDED.kid
        ),
        refuse("a revoked key", **seal, kid=SEAL_OLD.kid),
        refuse("a revoked key, received that very instant", **seal | {"receipt": revoked}, kid=SEAL_OLD.kid),
        refuse("a revoked key, backdated", **seal | {"created": CREATED - 5 * 86_400_000}, kid=SEAL_OLD.kid),
        refuse("a key that had ended", **seal, kid=SEAL_ENDED.kid),
        refuse(
            "a key at the instant of its end",
            **seal | {"created": instants.parse("2026-01-14T00:00:00Z")},
            kid=SEAL_ENDED.kid,
        ),
        refuse("a key before its time", **seal | {"created": instants.parse(LIST_ISSUED) - 1}, kid=SEAL.kid),
        refuse(
            "received after the list has gone stale",
            **seal | {"receipt": instants.parse("2027-01-01T00:00:00Z")},
            kid=SEAL.kid,
        ),
        refuse("a key that is not listed", **seal, kid=SEAL_UNLISTED.kid),
        refuse("another authority's key", **seal, kid=SEAL_RU.kid),
        refuse("an official's key as a seal", **seal, kid=HEAD.kid),
        refuse("a seal key as an official's", **official, kid=SEAL.kid),
        refuse("an official of another authority", **official, kid=HEAD_RU.kid),
        refuse("an authority that is not listed", **seal | {"authority": "kz/none"}, kid=SEAL.kid),
        refuse("an authority under another party", **seal | {"authority": RECIPIENT}, kid=SEAL.kid),
        refuse("a party that is not known", **seal | {"authority": "by/mia"}, kid=SEAL.kid),
    ]
    shared = {
        "lists": {party: [file.decode() for file in files] for party, files in trust_files(ca).items()},
        "anchors": {party: key.to_jwk() for party, key in ANCHORS.items()},
    }
    return {"kind": "listed_keys", "shared": shared, "cases": cases}
