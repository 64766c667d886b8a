"""The signatures of a message and of statements (design section 3).

A message carries two detached compact JWS (RFC 7797). The official signs the manifest's bytes. The
authority's seal signs SHA-256(manifest) followed by SHA-256(the official's JWS, or nothing), so that the
official's signature can be neither removed nor replaced once sealed. Statements (trust lists, epochs, acts of
administrators, grants) are attached JWS.

Order when verifying: the key's usage, then the whole header against the only one allowed for this type and
key, then the signature. Nothing is read from a header that was not compared first.
"""

import hashlib
import re
from functools import cache
from types import MappingProxyType

from keys import b64, jose
from keys.errors import CanonicalError, KeyRefused, OpenFailed
from keys.jwk import SIGNATURE_BYTES, Signer, Usage, VerifyKey

OFFICIAL_TYP = "kelisim-official+jws"
SEAL_TYP = "kelisim-seal+jws"
TRUST_TYP = "kelisim-trust+jws"
EPOCH_TYP = "kelisim-epoch+jws"
ADMIN_TYP = "kelisim-admin+jws"
GRANT_TYP = "kelisim-grant+jws"
LEXICON_TYP = "kelisim-lexicon+jws"

_DETACHED_USAGE = MappingProxyType({OFFICIAL_TYP: Usage.OFFICIAL, SEAL_TYP: Usage.SEAL})
_STATEMENT_USAGE = MappingProxyType(
    {
        TRUST_TYP: Usage.TRUST,
        EPOCH_TYP: Usage.SEAL,
        ADMIN_TYP: Usage.ADMIN,
        GRANT_TYP: Usage.SEAL,
        LEXICON_TYP: Usage.TRUST,
    }
)
MAX_STATEMENT_CHARACTERS = 4 << 20
_MAX_HEADER_CHARACTERS = 512
_KID = "([A-Za-z0-9_-]{43})"


def official_sign(key: Signer, manifest: bytes) -> str:
    """Return the official's detached JWS over the manifest's bytes.

    Raises:
        KeyRefused: the key is not an official's.

    """
    return _sign_detached(key, OFFICIAL_TYP, manifest)


def seal_sign(key: Signer, manifest: bytes, official_jws: str | None) -> str:
    """Return the authority's detached JWS over the manifest and the official's signature.

    Args:
        key: the authority's seal key.
        manifest: the manifest's canonical bytes.
        official_jws: the official's JWS, or None where the agreement asks for none.

    Raises:
        KeyRefused: the key is not a seal key, or the official's JWS is empty or not ASCII.

    """
    try:
        payload = _sealed_payload(manifest, official_jws)
    except OpenFailed as error:
        raise KeyRefused("the official's JWS is not a JWS") from error
    return _sign_detached(key, SEAL_TYP, payload)


def verify_official(jws: str, manifest: bytes, key: VerifyKey) -> None:
    """Verify an official's signature over these very manifest bytes.

    Raises:
        OpenFailed: another header, key, usage, manifest or signature.

    """
    _verify_detached(jws, OFFICIAL_TYP, manifest, key)


def verify_seal(jws: str, manifest: bytes, official_jws: str | None, key: VerifyKey) -> None:
    """Verify an authority's seal over the manifest and over the official's JWS beside it.

    Raises:
        OpenFailed: another header, key, usage, manifest, official's signature or signature.

    """
    _verify_detached(jws, SEAL_TYP, _sealed_payload(manifest, official_jws), key)


def sign_statement(key: Signer, typ: str, payload: bytes) -> str:
    """Return the attached compact JWS of a statement.

    Args:
        key: of the usage this type of statement asks for.
        typ: one of the statement types of this module.
        payload: canonical JSON.

    Raises:
        KeyRefused: unknown type or another usage.

    """
    if _STATEMENT_USAGE.get(typ) is not key.usage:
        raise KeyRefused(f"a {key.usage} key does not sign {typ}")
    return jose.sign(key, typ, payload, detached=False)


def verify_statement(jws: str, typ: str, key: VerifyKey) -> bytes:
    """Verify a statement and return its payload.

    Raises:
        OpenFailed: another type, header, key, usage or signature, or too long.

    """
    if _STATEMENT_USAGE.get(typ) is not key.usage:
        raise OpenFailed(f"a {key.usage} key does not sign {typ}")
    header = jose.protected(typ, key.kid, detached=False) + "."
    if not jws.startswith(header):
        raise OpenFailed("another header than this key's")
    jose.split(jws, MAX_STATEMENT_CHARACTERS)  # strict base64url in all segments; PyJWT forgives padding
    return jose.verify(jws, key, None)


def peek_kid(jws: str, typ: str) -> str:
    """Return the key id a JWS of this type names, before anything is verified: only to look the key up.

    Raises:
        OpenFailed: the header is not exactly the one this type has.

    """
    segment, dot, _ = jws[:_MAX_HEADER_CHARACTERS].partition(".")
    if not dot or not (typ in _DETACHED_USAGE or typ in _STATEMENT_USAGE):
        raise OpenFailed("not a JWS of this type")
    try:
        header = b64.decode(segment).decode("ascii")
    except (CanonicalError, UnicodeDecodeError) as error:
        raise OpenFailed("a header is not base64url of ASCII") from error
    found = _header_form(typ).fullmatch(header)
    if found is None:
        raise OpenFailed("another header than this type has")
    return found[1]


@cache
def _header_form(typ: str) -> re.Pattern[str]:
    flags = r'"b64":false,"crit":\["b64"\],' if typ in _DETACHED_USAGE else ""
    return re.compile(rf'\{{"alg":"EdDSA",{flags}"kid":"{_KID}","typ":"{re.escape(typ)}"\}}')


def _sign_detached(key: Signer, typ: str, payload: bytes) -> str:
    if key.usage is not _DETACHED_USAGE[typ]:
        raise KeyRefused(f"a {key.usage} key does not sign {typ}")
    return jose.sign(key, typ, payload, detached=True)


def _verify_detached(jws: str, typ: str, payload: bytes, key: VerifyKey) -> None:
    if key.usage is not _DETACHED_USAGE[typ]:
        raise OpenFailed(f"a {key.usage} key does not sign {typ}")
    header = jose.protected(typ, key.kid, detached=True) + ".."
    if len(jws) != len(header) + jose.SIGNATURE_CHARACTERS or not jws.startswith(header):
        raise OpenFailed("another header than this key's")
    # All of the token is fixed but the signature, so there is nothing left for a JWS parser to decide.
    try:
        signature = b64.decode(jws[-jose.SIGNATURE_CHARACTERS :], SIGNATURE_BYTES)
    except CanonicalError as error:
        raise OpenFailed("a signature is not canonical base64url") from error
    key.verify(signature, header[:-1].encode("ascii") + payload)


def _sealed_payload(manifest: bytes, official_jws: str | None) -> bytes:
    if official_jws is None:
        official = b""
    elif official_jws and official_jws.isascii():
        official = official_jws.encode("ascii")
    else:
        # An empty text would hash like no signature at all.
        raise OpenFailed("the official's JWS is not a JWS")
    return hashlib.sha256(manifest).digest() + hashlib.sha256(official).digest()
