import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import b64, canonical, jose
from keys import signatures as sigs
from keys.errors import KeyRefused, OpenFailed
from keys.jwk import SigningKey, Usage

MakeKey = Callable[..., SigningKey]
MANIFEST = b'{"kind":"request","v":1}'
KEY = SigningKey(bytes(range(32)), Usage.SEAL)


def _resigned(key: SigningKey, header: bytes, payload: bytes) -> str:
    """Sign a detached payload like our own code, but under a header of the test's choice."""
    first = b64.encode(header)
    return f"{first}..{b64.encode(key.sign(first.encode() + b'.' + payload))}"


def _header(key: SigningKey, **changes: object) -> dict[str, object]:
    return {"alg": "EdDSA", "b64": False, "crit": ["b64"], "kid": key.kid, "typ": sigs.OFFICIAL_TYP} | changes


@pytest.mark.parametrize("with_official", [True, False])
def test_official_and_seal_verify(make_key: MakeKey, with_official: bool) -> None:
    official, seal = make_key(Usage.OFFICIAL), make_key(Usage.SEAL)
    signature = sigs.official_sign(official, MANIFEST) if with_official else None
    sealed = sigs.seal_sign(seal, MANIFEST, signature)
    sigs.verify_seal(sealed, MANIFEST, signature, seal.public)
    assert sigs.peek_kid(sealed, sigs.SEAL_TYP) == seal.kid
    if signature is not None:
        sigs.verify_official(signature, MANIFEST, official.public)
        assert sigs.peek_kid(signature, sigs.OFFICIAL_TYP) == official.kid


def test_the_header_is_canonical_and_the_seal_covers_what_the_design_says(make_key: MakeKey) -> None:
    seal = make_key(Usage.SEAL)
    first, middle, signature = sigs.seal_sign(seal, MANIFEST, "a.b.c").split(".")
    header = b64.decode(first)
    assert canonical.decode(header) == _header(seal, typ=sigs.SEAL_TYP)
    assert middle == ""
    covered = hashlib.sha256(MANIFEST).digest() + hashlib.sha256(b"a.b.c").digest()
    seal.public.verify(b64.decode(signature), first.encode() + b"." + covered)


def test_an_officials_signature_cannot_be_stripped_added_or_exchanged(make_key: MakeKey) -> None:
    seal, official = make_key(Usage.SEAL), make_key(Usage.OFFICIAL)
    one = sigs.official_sign(official, MANIFEST)
    other = sigs.official_sign(make_key(Usage.OFFICIAL, "two"), MANIFEST)
    with_one, without = sigs.seal_sign(seal, MANIFEST, one), sigs.seal_sign(seal, MANIFEST, None)
    for sealed, beside in (
        (with_one, None),
        (with_one, other),
        (with_one, ""),
        (without, one),
        (without, ""),
    ):
        with pytest.raises(OpenFailed):
            sigs.verify_seal(sealed, MANIFEST, beside, seal.public)
    with pytest.raises(KeyRefused):
        sigs.seal_sign(seal, MANIFEST, "")
    with pytest.raises(KeyRefused):
        sigs.seal_sign(seal, MANIFEST, "подпись")


def test_another_manifest_key_or_type_is_refused(make_key: MakeKey) -> None:
    official = make_key(Usage.OFFICIAL)
    jws = sigs.official_sign(official, MANIFEST)
    with pytest.raises(OpenFailed):
        sigs.verify_official(jws, MANIFEST + b" ", official.public)
    with pytest.raises(OpenFailed):
        sigs.verify_official(jws, MANIFEST, make_key(Usage.OFFICIAL, "two").public)
    with pytest.raises(OpenFailed):
        sigs.peek_kid(jws, sigs.SEAL_TYP)
    with pytest.raises(OpenFailed):
        sigs.peek_kid(jws, "kelisim-unknown+jws")


@pytest.mark.parametrize("usage", [usage for usage in Usage if usage is not Usage.SEAL])
def test_a_key_of_another_usage_neither_seals_nor_verifies_a_seal(usage: Usage) -> None:
    # The same bytes under another usage: only the usage stands between them.
    other = SigningKey(KEY.seed, usage)
    with pytest.raises(KeyRefused):
        sigs.seal_sign(other, MANIFEST, None)
    with pytest.raises(OpenFailed):
        sigs.verify_seal(sigs.seal_sign(KEY, MANIFEST, None), MANIFEST, None, other.public)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_character_of_a_seal_is_refused(data: st.DataObject) -> None:
    sealed = sigs.seal_sign(KEY, MANIFEST, None)
    at = data.draw(st.integers(0, len(sealed) - 1))
    put = data.draw(st.sampled_from([c for c in "AZaz09-_=+/. \n\x00é" if c != sealed[at]]))
    with pytest.raises(OpenFailed):
        sigs.verify_seal(sealed[:at] + put + sealed[at + 1 :], MANIFEST, None, KEY.public)


def test_padding_extra_and_missing_pieces_are_refused() -> None:
    sealed = sigs.seal_sign(KEY, MANIFEST, None)
    first, _, last = sealed.split(".")
    covered = b64.encode(hashlib.sha256(MANIFEST).digest() + hashlib.sha256(b"").digest())
    for bad in (
        "",
        ".",
        "..",
        sealed + "=",
        sealed + "==",
        sealed + ".",
        sealed + "A",
        sealed + "\n",
        " " + sealed,
        sealed[:-1],
        f"{first}=..{last}",
        f"{first}.{covered}.{last}",
        f"{first}..",
        f"{first}.{last}",
        f"..{last}",
        base64.urlsafe_b64encode(b64.decode(first)).decode() + "=.." + last,
    ):
        with pytest.raises(OpenFailed):
            sigs.verify_seal(bad, MANIFEST, None, KEY.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": sigs.SEAL_TYP},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "A" * 43},
        {"kid": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "Ed25519"},
        {"alg": "ES256"},
        {"alg": None},
        {"b64": True},
        {"crit": []},
        {"crit": ["b64", "exp"]},
        {"crit": None},
        {"jwk": {"kty": "OKP"}},
        {"jku": "https://example.org/keys"},
        {"x5c": ["AAAA"]},
        {"x5u": "https://example.org"},
        {"zip": "DEF"},
        {"cty": "json"},
    ],
    ids=str,
)
def test_a_validly_signed_jws_under_another_header_is_refused(
    make_key: MakeKey, changes: dict[str, object]
) -> None:
    key = make_key(Usage.OFFICIAL)
    header = {name: value for name, value in _header(key, **changes).items() if value is not None}
    jws = _resigned(key, canonical.encode(header), MANIFEST)
    with pytest.raises(OpenFailed):
        sigs.verify_official(jws, MANIFEST, key.public)
    if changes != {"kid": "A" * 43}:
        with pytest.raises(OpenFailed):
            sigs.peek_kid(jws, sigs.OFFICIAL_TYP)


def test_a_header_that_is_not_canonical_is_refused(make_key: MakeKey) -> None:
    key = make_key(Usage.OFFICIAL)
    text = canonical.encode(_header(key)).decode()
    sigs.verify_official(_resigned(key, text.encode(), MANIFEST), MANIFEST, key.public)
    for bad in (
        text.replace(",", ", "),
        text[:-1] + ',"alg":"EdDSA"}',
        '{"alg":"none",' + text[1:],
        json.dumps(dict(reversed(_header(key).items())), separators=(",", ":")),
        text.replace("EdDSA", "\\u0045dDSA"),
        "\ufeff" + text,
        "[" + text + "]",
    ):
        jws = _resigned(key, bad.encode(), MANIFEST)
        with pytest.raises(OpenFailed):
            sigs.verify_official(jws, MANIFEST, key.public)
        with pytest.raises(OpenFailed):
            sigs.peek_kid(jws, sigs.OFFICIAL_TYP)


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "none"])
def test_the_public_key_is_never_a_shared_secret(make_key: MakeKey, algorithm: str) -> None:
    key = make_key(Usage.TRUST)
    for header in ({"alg": algorithm, "kid": key.kid, "typ": sigs.TRUST_TYP}, {"alg": algorithm}):
        signed = f"{b64.encode(canonical.encode(header))}.{b64.encode(b'{}')}"
        mac = hmac.digest(key.public.raw, signed.encode(), "sha512" if algorithm == "HS512" else "sha256")
        for signature in (b64.encode(mac), "", b64.encode(mac + mac)[:86]):
            jws = f"{signed}.{signature}"
            with pytest.raises(OpenFailed):
                sigs.verify_statement(jws, sigs.TRUST_TYP, key.public)
            with pytest.raises(OpenFailed):
                jose.verify(jws, key.public, None)


@pytest.mark.parametrize(
    ("typ", "usage"),
    [
        (sigs.TRUST_TYP, Usage.TRUST),
        (sigs.EPOCH_TYP, Usage.SEAL),
        (sigs.ADMIN_TYP, Usage.ADMIN),
        (sigs.GRANT_TYP, Usage.SEAL),
    ],
)
def test_statements_verify_under_their_type_and_usage_only(make_key: MakeKey, typ: str, usage: Usage) -> None:
    key, payload = make_key(usage), b'{"v":1}'
    jws = sigs.sign_statement(key, typ, payload)
    assert sigs.verify_statement(jws, typ, key.public) == payload
    assert sigs.peek_kid(jws, typ) == key.kid
    for other in Usage:
        if other is not usage:
            with pytest.raises(OpenFailed):
                sigs.verify_statement(jws, typ, SigningKey(key.seed, other).public)
            with pytest.raises(KeyRefused):
                sigs.sign_statement(SigningKey(key.seed, other), typ, payload)
    for other_typ in {
        sigs.TRUST_TYP,
        sigs.EPOCH_TYP,
        sigs.ADMIN_TYP,
        sigs.GRANT_TYP,
        sigs.SEAL_TYP,
        "JWT",
    } - {typ}:
        with pytest.raises(OpenFailed):
            sigs.verify_statement(jws, other_typ, key.public)


def test_a_statement_that_was_changed_is_refused(make_key: MakeKey) -> None:
    key = make_key(Usage.ADMIN)
    jws = sigs.sign_statement(key, sigs.ADMIN_TYP, b'{"act":"activate"}')
    first, payload, signature = jws.split(".")
    for bad in (
        f"{first}.{b64.encode(b'{}')}.{signature}",
        f"{first}..{signature}",
        f"{first}.{payload}=.{signature}",
        f"{first}.{payload}.{signature}=",
        f"{first}.{payload}.{signature}==",
        f"{first}.{payload}==.{signature}",
        f"{first}.{payload}.{signature}.",
        f"{first}.{payload}.",
        f"{first}.{payload}",
        jws + "A",
        jws[:-1],
        "",
    ):
        with pytest.raises(OpenFailed):
            sigs.verify_statement(bad, sigs.ADMIN_TYP, key.public)


@pytest.mark.parametrize("padding", ["", "=", "=="])
def test_a_statement_signed_over_a_padded_payload_is_refused(make_key: MakeKey, padding: str) -> None:
    key = make_key(Usage.ADMIN)
    first, payload, _ = sigs.sign_statement(key, sigs.ADMIN_TYP, b"1").split(".")
    signed = f"{first}.{payload}{padding}"
    jws = f"{signed}.{b64.encode(key.sign(signed.encode()))}"
    if padding:
        with pytest.raises(OpenFailed):
            sigs.verify_statement(jws, sigs.ADMIN_TYP, key.public)
    else:
        assert sigs.verify_statement(jws, sigs.ADMIN_TYP, key.public) == b"1"


def test_padding_that_pyjwt_would_forgive_is_refused(make_key: MakeKey) -> None:
    key = make_key(Usage.ADMIN)
    jws = sigs.sign_statement(key, sigs.ADMIN_TYP, b"1")
    assert jose.verify(jws, key.public, None) == b"1"
    with pytest.raises(OpenFailed):
        jose.verify(jws + "==", key.public, None)


def test_a_statement_that_is_too_long_is_refused(make_key: MakeKey) -> None:
    key = make_key(Usage.ADMIN)
    jws = sigs.sign_statement(key, sigs.ADMIN_TYP, b"x" * sigs.MAX_STATEMENT_CHARACTERS)
    with pytest.raises(OpenFailed):
        sigs.verify_statement(jws, sigs.ADMIN_TYP, key.public)


def test_every_refusal_reads_the_same_to_a_peer() -> None:
    sealed = sigs.seal_sign(KEY, MANIFEST, None)
    texts, causes = set(), set()
    for bad in ("", sealed + "=", sealed[:-6] + "AAAAAA"):
        with pytest.raises(OpenFailed) as caught:
            sigs.verify_seal(bad, MANIFEST, None, KEY.public)
        texts.add(str(caught.value))
        causes.add(caught.value.local_cause())
    assert texts == {"could not be opened or verified"}
    assert len(causes) > 1
