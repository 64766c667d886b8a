"""Compact JWS (RFC 7515, RFC 7797) through PyJWT, narrowed to one algorithm and to our own key types.

PyJWT by itself knows a dozen algorithms, takes keys as text and lets the token's header choose. Here its
registry holds one entry, which signs with a `Signer`, verifies with a `VerifyKey` and refuses all else, so
no header can lead to another algorithm or turn a public key into a shared secret.
"""

import json
from functools import lru_cache
from typing import Any, NoReturn, cast

from jwt import PyJWS
from jwt.algorithms import Algorithm
from jwt.exceptions import PyJWTError

from keys import b64, canonical
from keys.errors import CanonicalError, OpenFailed
from keys.jwk import SIGNATURE_BYTES, Signer, VerifyKey

ALGORITHM = "EdDSA"
SIGNATURE_CHARACTERS = 86  # 64 bytes in unpadded base64url


class _PinnedEd25519(Algorithm):
    """The one algorithm: keys come in as key objects and cannot be made from text."""

    def prepare_key(self, key: Any) -> Any:
        if isinstance(key, (str, bytes)):
            raise OpenFailed("a key given as text")
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:
        return cast("Signer", key).sign(msg)

    def verify(self, msg: bytes, key: Any, sig: bytes) -> bool:
        if not isinstance(key, VerifyKey):
            raise OpenFailed("not a public key")
        key.verify(sig, msg)
        return True

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> NoReturn:
        raise NotImplementedError("keys are written by keys.jwk")

    @staticmethod
    def from_jwk(jwk: Any) -> NoReturn:
        raise NotImplementedError("keys are read by keys.jwk")


def _pinned_jws() -> PyJWS:
    jws = PyJWS(algorithms=[])
    jws.register_algorithm(ALGORITHM, _PinnedEd25519())
    return jws


_JWS = _pinned_jws()


def sign(key: Signer, typ: str, payload: bytes) -> str:
    """Return the attached compact JWS of payload under the header `protected` gives."""
    headers: dict[str, Any] = {"kid": key.kid, "typ": typ}
    return _JWS.encode(payload, cast("Any", key), algorithm=ALGORITHM, headers=headers)


def sign_detached(key: Signer, typ: str, payload: bytes) -> str:
    """Return the compact JWS of payload with the payload left out and not encoded (RFC 7797).

    Its header is fixed by type and key, so only the signature is left to make; PyJWT would write the same.
    """
    header = protected(typ, key.kid, detached=True)
    signature = key.sign(header.encode("ascii") + b"." + payload)
    return f"{header}..{b64.encode(signature)}"


def verify(jws: str, key: VerifyKey, payload: bytes | None) -> bytes:
    """Verify a compact JWS and return its payload; payload is given when it is detached.

    The header is the caller's to check: it knows what it expects.

    Raises:
        OpenFailed: malformed, another algorithm, or a wrong signature.

    """
    signature = jws[-SIGNATURE_CHARACTERS:]
    try:
        b64.decode(signature, SIGNATURE_BYTES)
        verified = _JWS.decode(jws, cast("Any", key), algorithms=[ALGORITHM], detached_payload=payload)
    except (PyJWTError, CanonicalError, ValueError) as error:
        raise OpenFailed("not a JWS of this key") from error
    return cast("bytes", verified)


@lru_cache(maxsize=4096)
def protected(typ: str, kid: str, *, detached: bool) -> str:
    """Return the only first segment a JWS of this type and key may have (canonical JSON, base64url)."""
    header: dict[str, object] = {"alg": ALGORITHM, "kid": kid, "typ": typ}
    if detached:
        header |= {"b64": False, "crit": ["b64"]}
    return b64.encode(canonical.encode(header))


def split(jws: str, max_characters: int) -> tuple[bytes, bytes, bytes]:
    """Return (header, payload, signature) of an attached compact JWS, unverified.

    Raises:
        OpenFailed: too long, not three segments, or a segment is not canonical base64url.

    """
    if len(jws) > max_characters:
        raise OpenFailed("a JWS is too long")
    segments = jws.split(".")
    if len(segments) != 3:
        raise OpenFailed("a JWS has three segments")
    try:
        header, payload, signature = (b64.decode(segment) for segment in segments)
    except CanonicalError as error:
        raise OpenFailed("a segment is not canonical base64url") from error
    return header, payload, signature


def loads_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object written by other software: any order and spacing, but no repeated names.

    Raises:
        OpenFailed: not JSON, not an object, a repeated name, or a number JSON does not have.

    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise OpenFailed("not a JSON object") from error
    if not isinstance(value, dict):
        raise OpenFailed("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
