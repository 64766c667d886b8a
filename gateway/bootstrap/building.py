"""The composition root: a node's folder becomes a running `Node`. Nothing is opened before this."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from audit.events import Event, FieldValue
from gateway.bootstrap.founding import CASES, LOG, SEAL, TOKENS, database_of
from gateway.bootstrap.publickeys import read_public_key
from gateway.bootstrap.system import SystemClock, SystemEntropy
from gateway.errors import ConfigError
from gateway.exchange.agreements import Agreements
from gateway.exchange.entries import entry
from gateway.exchange.journal import Journal
from gateway.exchange.node import CaseKeys, Identity, Logger, Node, TrustHolder
from gateway.exchange.peerlog import PeerLogs
from gateway.exchange.sequencing import LogSequencer
from gateway.exchange.trustupdate import load_peers, new_peers
from gateway.exchange.waiting import Waiters
from gateway.ports.clock import Clock, Entropy
from gateway.ports.store import Change
from gateway.settings import CONFIG_NAME, Settings, load_settings
from gateway.store.blobs import FolderBlobs
from gateway.store.head import FileHead
from gateway.store.opening import open_store
from gateway.store.vault import KeyVault
from keys import b64
from keys.custody import FileCustody
from keys.errors import KeysError
from keys.jwk import SigningKey, Usage, VerifyKey
from keys.notes import NoteSigner
from keys.trust import Trust
from policies.authorities import Notified
from policies.errors import PackError
from policies.loading import load_packs
from policies.packset import PackSet


@dataclass(frozen=True)
class Built:
    """A node with what only the process around it needs."""

    node: Node
    settings: Settings
    folder: Path
    tokens: SigningKey
    anchors: dict[str, VerifyKey]
    close: Callable[[], None]

    def keep_list(self, party: str, list_version: int, data: bytes) -> None:
        """Store a verified trust list among the node's lists."""
        path = self.folder / self.settings.trust.lists / party
        path.mkdir(parents=True, exist_ok=True)
        draft = path / f".{list_version}.draft"
        draft.write_bytes(data)
        draft.rename(path / f"{list_version}.jws")


def build_node(
    folder: Path,
    *,
    log: Logger,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    packs: PackSet | None = None,
    beside: Executor | None = None,
    crash_point: Callable[[str], None] = lambda _name: None,
) -> Built:
    """Open everything a node needs, check its log against the head store, and log the start.

    Args:
        folder: the node's folder, made by `found`.
        clock, entropy: the machine's, unless a simulation brings its own.
        packs: the agreements; by default those shipped and those that the configuration adds.
        beside: where the journal waits for the disk (`gateway.exchange.journal.Journal`).
        crash_point: called with the name of each point where a test may end the process.

    Raises:
        ConfigError: something of the folder cannot be used; the text says what.
        LogBehindHead: the database's log is not the one last signed.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    settings = load_settings(folder)
    vault = KeyVault(folder / settings.store.vault)
    try:
        store = open_store(database_of(folder, settings), vault)
    except BaseException:
        vault.close()
        raise
    head = FileHead(folder / settings.store.head)

    def close() -> None:
        head.close()
        store.close()

    try:
        custody = FileCustody.with_key_file(folder / settings.keys.folder, folder / settings.keys.master)
        signer = NoteSigner(settings.origin, custody.signing_key(LOG))
        sequencer = LogSequencer(settings.origin, signer)
        sequencer.start(store.last_checkpoint(), head.load(), store, signer.verifier)
        anchors = read_anchors(folder, settings)
        seal = custody.signing_key(SEAL)
        admins = read_admins(folder, settings)
        node = Node(
            settings=settings,
            identity=Identity(settings.node.authority, seal, custody.encryption_key, admins),
            clock=clock,
            entropy=entropy,
            store=store,
            blobs=FolderBlobs(folder / settings.store.blobs),
            journal=Journal(store, head, sequencer, beside=beside),
            agreements=Agreements(
                packs or read_packs(folder, settings),
                store.activations(),
                admins,
                _notices(settings),
                store.withdrawals(),
            ),
            trust=TrustHolder(Trust.load(read_lists(folder, settings), anchors)),
            case_keys=CaseKeys(store, custody.secret(CASES), entropy.random_bytes),
            peers=PeerLogs(store, sequencer),
            waiters=Waiters(),
            log=log,
            crash_point=crash_point,
        )
        _start(node, folder)
    except KeysError as error:
        close()
        raise ConfigError(f"{folder}: {error}") from error
    except BaseException:
        close()
        raise
    return Built(node, settings, folder, custody.signing_key(TOKENS), anchors, close)


def read_packs(folder: Path, settings: Settings) -> PackSet:
    """Load the packs shipped and those that the configuration adds.

    Raises:
        ConfigError: they cannot be used; the text says where and why.
    """
    extra = settings.policies.extra_packs
    try:
        return load_packs() if extra is None else load_packs(None, folder / extra)
    except PackError as error:
        raise ConfigError(f"packs: {error}") from error


def _start(node: Node, folder: Path) -> None:
    now = node.clock.now_ms()
    config = hashlib.sha256((folder / CONFIG_NAME).read_bytes()).digest()
    fields: dict[str, FieldValue] = {
        "version": version("kelisim"),
        "config": b64.encode(config),
        "origin": node.settings.origin,
    }
    rows = tuple(new_peers(node, node.trust.current, now))
    node.journal.record_now(Change(rows, (entry(node, Event.NODE_STARTED, now, fields),)))
    load_peers(node)


def log_stop(node: Node, reason: str) -> None:
    """Log an orderly stop."""
    if node.journal.broken is None:
        fields: dict[str, FieldValue] = {"reason": reason}
        stopped = entry(node, Event.NODE_STOPPED, node.clock.now_ms(), fields)
        node.journal.record_now(Change((), (stopped,)))


def read_admins(folder: Path, settings: Settings) -> dict[str, VerifyKey]:
    """The admins' public keys by key id."""
    keys = [read_public_key(folder / admin.key, Usage.ADMIN) for admin in settings.admins.values()]
    if len({key.kid for key in keys}) != len(keys):
        raise ConfigError("two admins have one key")
    return {key.kid: key for key in keys}


def read_anchors(folder: Path, settings: Settings) -> dict[str, VerifyKey]:
    """The parties' trust keys by party."""
    files = sorted((folder / settings.trust.anchors).glob("*.jwk"))
    return {path.stem: read_public_key(path, Usage.TRUST) for path in files}


def read_lists(folder: Path, settings: Settings) -> dict[str, list[bytes]]:
    """All versions of every party's trust list, oldest first."""
    lists: dict[str, list[bytes]] = {}
    for party in sorted(path for path in (folder / settings.trust.lists).iterdir() if path.is_dir()):
        versions = sorted(party.glob("*.jws"), key=lambda path: int(path.stem))
        lists[party.name] = [path.read_bytes() for path in versions]
    return lists


def _notices(settings: Settings) -> list[Notified]:
    """What the configuration has on record about lists of competent authorities."""
    return [
        Notified(agreement, one.authority, one.since, one.reference, listed=one.listed)
        for agreement, section in sorted(settings.agreements.items())
        for one in section.notices
    ]
