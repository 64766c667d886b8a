"""Who the API speaks for and to: its issuer, its token key, and the agency systems it knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.exchange.collect import Reader
from keys.jwk import Signer, VerifyKey


@dataclass(frozen=True, slots=True)
class ApiClient:
    """An agency system as configured.

    Args:
        client_id: its id.
        key: the public key its assertions are signed with.
        scopes: what it may ask tokens for.
        clearance: the highest level it may read.
        caveats: the handling caveats it satisfies.
    """

    client_id: str
    key: VerifyKey
    scopes: frozenset[str]
    clearance: str
    caveats: frozenset[str]

    @property
    def reader(self) -> Reader:
        """The client as the use cases know it."""
        return Reader(self.client_id, self.clearance, self.caveats)


@dataclass(frozen=True, slots=True)
class ApiIdentity:
    """What the API needs beside the node; `gateway.bootstrap` builds it.

    Args:
        issuer: the `aud` of client assertions, and issuer and audience of access tokens.
        tokens: the key access tokens are signed with.
        clients: agency systems by id.
        anchors: pinned trust keys by party.
        keep_list: stores a verified trust list (party, version, file).
    """

    issuer: str
    tokens: Signer
    clients: Mapping[str, ApiClient]
    anchors: Mapping[str, VerifyKey]
    keep_list: Callable[[str, int, bytes], None]

    def client_key(self, client_id: str, kid: str) -> VerifyKey | None:
        """The key of a client with that key id; None if it has no such key."""
        client = self.clients.get(client_id)
        return client.key if client is not None and client.key.kid == kid else None
