"""What every step works with: the node's identity, its ports and its caches. Built once in `bootstrap`."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import NotFound
from gateway.exchange.agreements import Agreements
from gateway.exchange.journal import Journal
from gateway.exchange.peerlog import PeerLogs
from gateway.exchange.waiting import Waiters
from gateway.ports.blobs import BlobStore
from gateway.ports.clock import Clock, Entropy
from gateway.ports.store import Store, VaultCase, vault_id
from gateway.settings import Settings
from keys.encryption import EncryptionPrivateKey
from keys.jwk import Signer, VerifyKey
from keys.trust import Trust
from keys.wrapping import derive, keyed_digest, unwrap_key, wrap_key

_CACHED_CASES = 4096
KEY_BYTES = 32


class Logger(Protocol):
    """The part of a structlog logger that is used: an event name and fields."""

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...

    def error(self, event: str, **fields: object) -> object: ...


class TrustHolder:
    """The trust in force; an import replaces it as a whole."""

    __slots__ = ("current",)

    def __init__(self, trust: Trust) -> None:
        self.current = trust


class CaseKeys:
    """Keys of cases: they wrap the keys of parts at rest and are themselves wrapped by the master key."""

    def __init__(self, store: Store, master: bytes, random: Callable[[int], bytes]) -> None:
        self._store = store
        self._kek = derive(master, "case-keys")
        self._upload_kek = derive(master, "upload-keys")
        self._digest_key = derive(master, "keyed-digests")
        self._random = random
        self._known: OrderedDict[str, bytes] = OrderedDict()

    def new(self, case_id: str, counterpart: str) -> tuple[bytes, VaultCase]:
        """A fresh key for a case that opens, and its wrapped form for the vault."""
        key = self._random(KEY_BYTES)
        return key, VaultCase(vault_id(case_id, counterpart), wrap_key(self._kek, key))

    def get(self, case: str, counterpart: str) -> bytes:
        """The key of a known case; raises `NotFound` if it was destroyed."""
        case_id = vault_id(case, counterpart)
        known = self._known.get(case_id)
        if known is None:
            wrapped = self._store.vault_case(case_id)
            if wrapped is None:
                raise NotFound("the case's key was destroyed")
            known = self._known[case_id] = unwrap_key(self._kek, wrapped.wrapped)
            if len(self._known) > _CACHED_CASES:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(case_id)
        return known

    def wrap_upload(self, key: bytes) -> bytes:
        """Wrap the key of an upload that no case has yet."""
        return wrap_key(self._upload_kek, key)

    def unwrap_upload(self, wrapped: bytes) -> bytes:
        """The key of an upload."""
        return unwrap_key(self._upload_kek, wrapped)

    def digest(self, data: bytes) -> bytes:
        """HMAC-SHA-256 under a key of this node: names content in the log without giving it away."""
        return keyed_digest(self._digest_key, data)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is and the secrets it holds in memory."""

    authority: str
    seal_key: Signer
    decryption_key: Callable[[str], EncryptionPrivateKey | None]
    admins: Mapping[str, VerifyKey]


@dataclass(frozen=True, slots=True)
class Node:
    """One authority's gateway, free of HTTP; the use cases here take it as first argument."""

    settings: Settings
    identity: Identity
    clock: Clock
    entropy: Entropy
    store: Store
    blobs: BlobStore
    journal: Journal
    agreements: Agreements
    trust: TrustHolder
    case_keys: CaseKeys
    peers: PeerLogs
    waiters: Waiters
    log: Logger
    crash_point: Callable[[str], None] = field(default=lambda _name: None)

    @property
    def authority(self) -> str:
        """This node's authority id."""
        return self.identity.authority
