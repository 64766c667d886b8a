"""`POST /v1/token`: OAuth 2.0 client credentials with private_key_jwt (RFC 6749 section 4.4, RFC 7523).

The assertion serves once: its `jti` is stored in the change that logs the token, so that a second use meets a
conflict. Refusals of known clients are logged one by one, all others counted per minute; the rate limit comes
before either.
"""

import hashlib
import re
from typing import NoReturn
from urllib.parse import parse_qsl

from msgspec import Struct

from audit.events import Event, FieldValue
from gateway.api.call import Call
from gateway.api.replies import Reply, json_reply
from gateway.errors import Conflict
from gateway.exchange.entries import entry
from gateway.ports.rows import AssertionRow
from gateway.ports.store import Change
from keys import b64
from keys.errors import TokenError
from keys.jwk import VerifyKey
from keys.tokens import ClientAssertion, issue_access_token, verify_client_assertion

FORM = "application/x-www-form-urlencoded"
GRANT_TYPE = "client_credentials"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MAX_FORM_BYTES = 16 * 1024
_MAX_FIELDS = 16
_JTI_BYTES = 16
_UNAUTHORIZED = 401
_BAD_REQUEST = 400


class TokenAnswer(Struct, frozen=True):
    """An access token (RFC 6749 section 5.1); `expires_in` counts seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenRefusal(Struct, frozen=True):
    """A refusal (RFC 6749 section 5.2)."""

    error: str
    error_description: str


class _Refused(Exception):
    """Ends a token request with an OAuth error."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


async def token(call: Call) -> Reply:
    """Issue an access token to a client that proves itself with an assertion.

    Raises:
        StoreUnavailable: the log cannot write, so nobody gets a token.
    """
    try:
        return json_reply(await _issue(call))
    except _Refused as refused:
        status = _UNAUTHORIZED if refused.error == "invalid_client" else _BAD_REQUEST
        return json_reply(TokenRefusal(refused.error, str(refused)), status)


async def _issue(call: Call) -> TokenAnswer:
    form = _form(call, await call.body())
    if form.get("grant_type") != GRANT_TYPE:
        raise _Refused("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _Refused("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    assertion = await _authenticated(call, form)
    scopes = await _granted(call, assertion, form.get("scope"))
    answer, change = _token(call, assertion, scopes)
    try:
        await call.node.journal.record(change)
    except Conflict:
        await _refuse(call, assertion.client_id, "replayed", "invalid_client", "it was used before")
    call.api.strangers.give_back(call.address)
    return answer


def _form(call: Call, data: bytes) -> dict[str, str]:
    given = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if given != FORM:
        raise _Refused("invalid_request", f"send {FORM}")
    if len(data) > _MAX_FORM_BYTES:
        raise _Refused("invalid_request", "the form is too large")
    try:
        pairs = parse_qsl(
            data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise _Refused("invalid_request", "the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Refused("invalid_request", "a parameter is given twice")
    return form


async def _authenticated(call: Call, form: dict[str, str]) -> ClientAssertion:
    known: list[str] = []
    identity = call.api.identity

    def client_key(client_id: str, kid: str) -> VerifyKey | None:
        if client_id in identity.clients:
            known.append(client_id)
        return identity.client_key(client_id, kid)

    try:
        assertion = verify_client_assertion(
            form.get("client_assertion", ""), client_key, identity.issuer, call.node.clock.now_ms()
        )
    except TokenError as error:
        # Only the operators' log says what was wrong: the answer must not help to guess.
        reason = _code(str(error))
        await _refuse(call, known[0] if known else None, reason, "invalid_client", "not authenticated")
    if form.get("client_id", assertion.client_id) != assertion.client_id:
        text = "client_id is not the assertion's"
        await _refuse(call, assertion.client_id, "other_client_id", "invalid_client", text)
    return assertion


async def _granted(call: Call, assertion: ClientAssertion, wanted: str | None) -> list[str]:
    allowed = call.api.identity.clients[assertion.client_id].scopes
    scopes = allowed if wanted is None else frozenset(wanted.split(" "))
    if not scopes or not scopes <= allowed:
        await _refuse(
            call, assertion.client_id, "scope", "invalid_scope", "a scope is unknown or not this client's"
        )
    return sorted(scopes)


def _token(call: Call, assertion: ClientAssertion, scopes: list[str]) -> tuple[TokenAnswer, Change]:
    node, identity = call.node, call.api.identity
    now, lifetime_s = node.clock.now_ms(), node.settings.api.token_lifetime_s
    jti = b64.encode(node.entropy.random_bytes(_JTI_BYTES))
    text = issue_access_token(
        identity.tokens, identity.issuer, identity.issuer, assertion.client_id, scopes, now, jti, lifetime_s
    )
    fields: dict[str, FieldValue] = {
        "client": assertion.client_id,
        "token": b64.encode(hashlib.sha256(jti.encode()).digest()),
        "key": assertion.kid,
        "expires": (now // 1000 + lifetime_s) * 1000,
        "scopes": scopes,
    }
    used = AssertionRow(client=assertion.client_id, jti=assertion.jti, expires_ms=assertion.expires)
    change = Change((used,), (entry(node, Event.TOKEN_ISSUED, now, fields),))
    return TokenAnswer(text, "Bearer", lifetime_s, " ".join(scopes)), change


async def _refuse(call: Call, client: str | None, reason: str, error: str, description: str) -> NoReturn:
    """Log or count a refusal, then refuse."""
    node = call.node
    node.log.warning("token.refused", client=client, reason=reason)
    if client is None:
        call.api.minutes.refused("unknown_client")
    else:
        fields: dict[str, FieldValue] = {"reason": reason, "client": client}
        now = node.clock.now_ms()
        await node.journal.record(Change((), (entry(node, Event.TOKEN_REFUSED, now, fields),)))
    raise _Refused(error, description)


def _code(text: str) -> str:
    """One of the fixed texts of `keys.tokens` as a code for the log."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:64]
