"""Client authentication and access tokens of agency systems (OAuth 2.0).

A client proves itself with a short-lived assertion under its own key (RFC 7523, RFC 7521); the gateway
answers with an access token under its own (RFC 9068). All instants here are Unix milliseconds; the tokens
hold whole seconds, as JWT asks.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from keys import canonical, jose
from keys.errors import KeyRefused, OpenFailed, TokenError
from keys.jwk import Signer, Usage, VerifyKey

MAX_CHARACTERS = 4096
MAX_ASSERTION_S = 60
MAX_ACCESS_TOKEN_S = 600
SKEW_S = 30
ACCESS_TOKEN_TYP = "at+jwt"  # noqa: S105  (a media type)
ASSERTION_TYP = "client-authentication+jwt"
# Libraries of agency systems write one or the other, or none.
_ASSERTION_TYPS = (ASSERTION_TYP, "JWT", None)
_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})
_ASSERTION_CLAIMS = frozenset({"iss", "sub", "aud", "jti", "exp", "iat"})
_ACCESS_CLAIMS = frozenset({"iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti"})
_JTI = re.compile(r"[\x21-\x7e]{8,128}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")


class ClientAssertion(msgspec.Struct, frozen=True):
    """A verified assertion. The caller keeps (client_id, jti) until expires and refuses it a second time."""

    client_id: str
    kid: str
    jti: str
    expires: int


class AccessToken(msgspec.Struct, frozen=True):
    """A verified access token."""

    client_id: str
    subject: str
    scope: frozenset[str]
    jti: str
    expires: int


def verify_client_assertion(
    assertion: str, client_key: Callable[[str, str], VerifyKey | None], issuer: str, now: int
) -> ClientAssertion:
    """Verify a client's assertion (RFC 7523 section 3), as OAuth's private_key_jwt.

    Args:
        assertion: compact JWS.
        client_key: finds a client's key by (client id, key id); None if it has no such key.
        issuer: this gateway's issuer string; `aud` must be exactly this string, not a list.
        now: Unix milliseconds.

    Raises:
        TokenError: malformed, another algorithm, key, issuer or audience, expired, from the future, or
            made for longer than 60 seconds.

    """
    header, claims = _parse(assertion, _ASSERTION_TYPS)
    client_id, kid = claims.get("sub"), header["kid"]
    if not isinstance(client_id, str) or claims.get("iss") != client_id:
        raise TokenError("iss and sub are not one client")
    key = client_key(client_id, kid)
    if key is None or key.kid != kid or key.usage is not Usage.CLIENT:
        raise TokenError("no such key of this client")
    _verify(assertion, key)
    if claims.keys() - {"nbf"} != _ASSERTION_CLAIMS:
        raise TokenError("other claims than an assertion has")
    expires = _check_times(claims, now, MAX_ASSERTION_S)
    if claims["aud"] != issuer:
        raise TokenError("the assertion is for another audience")
    return ClientAssertion(client_id, kid, _jti_of(claims), expires)


def make_client_assertion(
    key: Signer, client_id: str, issuer: str, now: int, jti: str, lifetime_s: int = MAX_ASSERTION_S
) -> str:
    """Make an assertion for the token endpoint of a gateway.

    Args:
        key: the client's key.
        client_id: the client's id.
        issuer: the gateway's issuer string.
        now: Unix milliseconds.
        jti: a fresh random id, 8 to 128 visible ASCII characters.
        lifetime_s: seconds, at most 60.

    Raises:
        KeyRefused: the key is not a client's.
        TokenError: too long a lifetime or a bad jti.

    """
    _check_request(key, Usage.CLIENT, lifetime_s, MAX_ASSERTION_S, jti)
    issued = now // 1000
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": jti,
        "iat": issued,
        "exp": issued + lifetime_s,
    }
    return jose.sign(key, ASSERTION_TYP, canonical.encode(claims))


def issue_access_token(
    key: Signer,
    issuer: str,
    audience: str,
    client_id: str,
    scope: Sequence[str],
    now: int,
    jti: str,
    lifetime_s: int = MAX_ACCESS_TOKEN_S,
) -> str:
    """Issue an access token (RFC 9068) whose subject is the client itself.

    Args:
        key: the gateway's token key.
        issuer: the gateway's issuer string.
        audience: the API it is for.
        client_id: the client's id.
        scope: scopes granted, at least one.
        now: Unix milliseconds.
        jti: a fresh random id, 8 to 128 visible ASCII characters.
        lifetime_s: seconds, at most 600.

    Raises:
        KeyRefused: the key is not a token key.
        TokenError: too long a lifetime, a bad jti or a bad scope.

    """
    _check_request(key, Usage.TOKENS, lifetime_s, MAX_ACCESS_TOKEN_S, jti)
    scopes = " ".join(sorted(set(scope)))
    if _SCOPE.fullmatch(scopes) is None:
        raise TokenError("not a scope")
    issued = now // 1000
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": client_id,
        "client_id": client_id,
        "scope": scopes,
        "iat": issued,
        "exp": issued + lifetime_s,
        "jti": jti,
    }
    return jose.sign(key, ACCESS_TOKEN_TYP, canonical.encode(claims))


def verify_access_token(token: str, key: VerifyKey, issuer: str, audience: str, now: int) -> AccessToken:
    """Verify an access token this gateway issued (RFC 9068 section 4).

    Args:
        token: compact JWS.
        key: the gateway's token key.
        issuer: the gateway's issuer string.
        audience: the API it must be for.
        now: Unix milliseconds.

    Raises:
        TokenError: malformed, another type, key, issuer or audience, expired, or from the future.

    """
    if key.usage is not Usage.TOKENS:
        raise TokenError("not a token key")
    header, claims = _parse(token, (ACCESS_TOKEN_TYP,))
    if header["kid"] != key.kid:
        raise TokenError("another key than this gateway's")
    _verify(token, key)
    if claims.keys() != _ACCESS_CLAIMS:
        raise TokenError("other claims than an access token has")
    expires = _check_times(claims, now, MAX_ACCESS_TOKEN_S)
    if claims["iss"] != issuer or claims["aud"] != audience:
        raise TokenError("the token is for another audience")
    client_id, subject, scope = claims["client_id"], claims["sub"], claims["scope"]
    if not (isinstance(client_id, str) and isinstance(subject, str) and isinstance(scope, str)):
        raise TokenError("claims of another type")
    return AccessToken(client_id, subject, frozenset(scope.split(" ")), _jti_of(claims), expires)


def _parse(token: str, typs: tuple[str | None, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header_bytes, payload, _ = jose.split(token, MAX_CHARACTERS)
        header, claims = jose.loads_object(header_bytes), jose.loads_object(payload)
    except OpenFailed as error:
        raise TokenError("not a JWT") from error
    if not header.keys() <= _HEADER_MEMBERS or not isinstance(header.get("kid"), str):
        raise TokenError("other header members than a JWT may have")
    if header.get("alg") != jose.ALGORITHM or header.get("typ") not in typs:
        raise TokenError("another algorithm or type")
    return header, claims


def _verify(token: str, key: VerifyKey) -> None:
    try:
        jose.verify(token, key, None)
    except OpenFailed as error:
        raise TokenError("wrong signature") from error


def _check_times(claims: dict[str, Any], now: int, longest_s: int) -> int:
    issued, expires, not_before = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
    if any(type(moment) is not int for moment in (issued, expires, not_before)):
        raise TokenError("times are not whole seconds")
    if not 0 < expires - issued <= longest_s:
        raise TokenError(f"made for longer than {longest_s} seconds")
    if now >= expires * 1000:
        raise TokenError("expired")
    if max(issued, not_before) * 1000 > now + SKEW_S * 1000:
        raise TokenError("from the future")
    return int(expires) * 1000


def _jti_of(claims: dict[str, Any]) -> str:
    jti = claims["jti"]
    if not isinstance(jti, str) or _JTI.fullmatch(jti) is None:
        raise TokenError("jti is not 8 to 128 visible ASCII characters")
    return jti


def _check_request(key: Signer, usage: Usage, lifetime_s: int, longest_s: int, jti: str) -> None:
    if key.usage is not usage:
        raise KeyRefused(f"a {key.usage} key does not sign this")
    if not 0 < lifetime_s <= longest_s or _JTI.fullmatch(jti) is None:
        raise TokenError("too long a lifetime or a bad jti")
