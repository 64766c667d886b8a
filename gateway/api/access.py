"""Access tokens on the way in (RFC 6750): verified once, then known by their text until they expire."""

from collections import OrderedDict
from dataclasses import dataclass

from gateway.api.identity import ApiClient, ApiIdentity
from gateway.api.refusals import InvalidToken
from keys.errors import TokenError
from keys.tokens import verify_access_token

_REMEMBERED = 4096
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a token: the client, the scopes granted, and until when (Unix milliseconds)."""

    client: ApiClient
    scopes: frozenset[str]
    expires_ms: int


class Access:
    """Verifies access tokens. A token of a client that is no longer configured is worth nothing."""

    def __init__(self, identity: ApiIdentity) -> None:
        self._identity = identity
        self._key = identity.tokens.public
        self._known: OrderedDict[str, Caller] = OrderedDict()

    def known(self, authorization: str, now_ms: int) -> Caller | None:
        """The holder of a token verified before; None if it was not, or has expired since."""
        caller = self._known.get(authorization)
        if caller is None or caller.expires_ms > now_ms:
            return caller
        del self._known[authorization]
        return None

    def verify(self, authorization: str, now_ms: int) -> Caller:
        """The holder of the token in an `Authorization` header.

        Raises:
            InvalidToken: it holds no token that is ours and valid now.
        """
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise InvalidToken("a bearer token is needed")
        caller = self._verified(authorization[len(_SCHEME) :], now_ms)
        self._known[authorization] = caller
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def _verified(self, token: str, now_ms: int) -> Caller:
        issuer = self._identity.issuer
        try:
            claims = verify_access_token(token, self._key, issuer, issuer, now_ms)
        except TokenError as error:
            raise InvalidToken("the token is not valid here") from error
        client = self._identity.clients.get(claims.client_id)
        if client is None or claims.subject != claims.client_id:
            raise InvalidToken("the token is not valid here")
        return Caller(client, claims.scope & client.scopes, claims.expires)
