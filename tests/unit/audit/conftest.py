"""A real key, a log in memory behind the `LogStore` port, and RFC 6962 written down naively."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.tree import Frontier, extend, leaf_hash
from audit.vkey import ed25519_key_id

ORIGIN = "gw.kz.example/audit/2025"


class Key:
    """Ed25519 key that is both `Signer` and `Verifier`; made from the name, so that tests repeat."""

    def __init__(self, name: str, seed: str = "") -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256((name + seed).encode()).digest())
        self.public = self._private.public_key().public_bytes_raw()
        self.name = name
        self.key_id = ed25519_key_id(name, self.public)
        self.verifications = 0

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        self.verifications += 1
        self._private.public_key().verify(signature, message)


class MemoryLog:
    """A log that grows by groups and keeps what a database would; tests reach in to spoil it."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.rows: list[bytes] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.signed: list[tuple[int, bytes]] = []
        self.frontier = Frontier()
        self.largest_read = 0

    def append(self, leaves: Sequence[bytes]) -> Checkpoint:
        """Add a group and sign a checkpoint over it."""
        hashes = [leaf_hash(leaf) for leaf in leaves]
        extension = extend(self.frontier, hashes)
        self.nodes.update({(0, self.frontier.size + i): node for i, node in enumerate(hashes)})
        self.nodes.update({(level, index): node for level, index, node in extension.completed})
        self.rows += leaves
        self.frontier = extension.frontier
        return self.sign()

    def sign(self) -> Checkpoint:
        head = Checkpoint(self.key.name, self.frontier.size, self.frontier.root())
        self.signed.append((head.size, sign_checkpoint(head, [self.key])))
        return head

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        self.largest_read = max(self.largest_read, count)
        found = []
        while len(found) < count and (level, start + len(found)) in self.nodes:
            found.append(self.nodes[level, start + len(found)])
        return found

    def leaves(self, start: int, count: int) -> Iterable[bytes]:
        self.largest_read = max(self.largest_read, count)
        return iter(self.rows[start : start + count])

    def checkpoints(self, after_size: int) -> Iterable[bytes]:
        return (data for size, data in self.signed if size > after_size)


def naive_root(hashes: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes, by the recursion of RFC 6962 section 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    k = split(len(hashes))
    return hashlib.sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(index: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return ()
    k = split(len(hashes))
    if index < k:
        return (*naive_path(index, hashes[:k]), naive_root(hashes[k:]))
    return (*naive_path(index - k, hashes[k:]), naive_root(hashes[:k]))


def naive_consistency(old: int, hashes: Sequence[bytes], *, whole: bool = True) -> tuple[bytes, ...]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(hashes):
        return () if whole else (naive_root(hashes),)
    k = split(len(hashes))
    if old <= k:
        return (*naive_consistency(old, hashes[:k], whole=whole), naive_root(hashes[k:]))
    return (*naive_consistency(old - k, hashes[k:], whole=False), naive_root(hashes[:k]))


def split(size: int) -> int:
    """The largest power of two below `size`."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@pytest.fixture(scope="session")
def naive() -> SimpleNamespace:
    return SimpleNamespace(root=naive_root, path=naive_path, consistency=naive_consistency)


@pytest.fixture(scope="session")
def new_key() -> Callable[..., Key]:
    return Key


@pytest.fixture(scope="session")
def log_key() -> Key:
    return Key(ORIGIN)


@pytest.fixture(scope="session")
def new_log(log_key: Key) -> Callable[..., MemoryLog]:
    """Make a log of groups of leaves of the given sizes."""

    def make(*groups: int, key: Key = log_key) -> MemoryLog:
        log = MemoryLog(key)
        for size in groups:
            start = len(log.rows)
            log.append([f"leaf {start + i}".encode() for i in range(size)])
        return log

    return make
