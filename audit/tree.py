"""The RFC 6962 tree: hashes, the compact range of a growing tree, and the proofs of a fresh batch.

A log of n leaves needs only the roots of its perfect subtrees (one per set bit of n) to grow. `extend` adds a
batch to them and keeps the batch's own nodes, so that each new leaf's inclusion proof is a row of look-ups.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from audit.errors import AuditError, OutOfTree

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_SIZE = 1 << 62
EMPTY_ROOT = hashlib.sha256(b"").digest()

_SIZE_BYTES = 8
_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data) (RFC 6962 section 2.1)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right) of two 32-byte hashes (RFC 6962 section 2.1)."""
    return _sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root over perfect subtrees given from the largest to the smallest; the empty root for none."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = _sha256(b"\x01" + left + root).digest()
    return root


class Frontier(msgspec.Struct, frozen=True):
    """Compact range [0, size): the roots of the perfect subtrees, from the largest to the smallest."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise OutOfTree(f"a tree cannot have {self.size} leaves")
        if len(self.hashes) != self.size.bit_count() or any(len(h) != HASH_BYTES for h in self.hashes):
            raise AuditError(
                f"a frontier of {self.size} leaves takes {self.size.bit_count()} hashes of 32 bytes"
            )

    def root(self) -> bytes:
        """The tree's 32-byte root hash."""
        return fold(self.hashes)

    def pack(self) -> bytes:
        """The size as 8 bytes (big endian) followed by the hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def unpack(cls, data: bytes) -> "Frontier":
        """Read what `pack` wrote; raises `AuditError` on any other length."""
        if len(data) < _SIZE_BYTES or len(data) % HASH_BYTES != _SIZE_BYTES:
            raise AuditError(f"{len(data)} bytes are not a packed frontier")
        cuts = range(_SIZE_BYTES, len(data), HASH_BYTES)
        return cls(int.from_bytes(data[:_SIZE_BYTES], "big"), tuple(data[i : i + HASH_BYTES] for i in cuts))

    def by_level(self) -> dict[int, bytes]:
        """The hashes keyed by the level of their subtree (2**level leaves)."""
        levels = [bit for bit in range(self.size.bit_length()) if self.size >> bit & 1]
        return dict(zip(reversed(levels), self.hashes, strict=True))


class Extension:
    """A tree just grown by a batch: its new frontier and root, and proofs for the batch's leaves."""

    __slots__ = ("_levels", "_old_size", "completed", "frontier", "root")

    def __init__(self, old: Frontier, leaf_hashes: Sequence[bytes]) -> None:
        self._old_size = old.size
        self._levels: list[tuple[int, list[bytes]]] = []
        self.completed: list[tuple[int, int, bytes]] = []
        new_size = old.size + len(leaf_hashes)
        edges = self._grow(old, leaf_hashes, new_size)
        self.frontier = Frontier(new_size, tuple(reversed(edges)))
        self.root = self._close(new_size)

    def _grow(self, old: Frontier, leaf_hashes: Sequence[bytes], new_size: int) -> list[bytes]:
        """Build every complete node of the batch, level by level; returns the new frontier, smallest first.

        `_levels[h]` is (index of the first node kept, nodes): the nodes the batch completed, and before
        them the old frontier's node where that is the left sibling of the first.
        """
        old_edges = old.by_level()
        edges: list[bytes] = []
        fresh = list(leaf_hashes)
        for level in range(new_size.bit_length()):
            first = old.size >> level
            if level and level % TILE_HEIGHT == 0:
                self.completed += [(level, first + i, node) for i, node in enumerate(fresh)]
            nodes = [old_edges[level], *fresh] if first & 1 else fresh
            self._levels.append((first & ~1, nodes))
            if new_size >> level & 1:
                edges.append(nodes[-1])
            pairs = iter(nodes)
            fresh = [_sha256(b"\x01" + a + b).digest() for a, b in zip(pairs, pairs, strict=False)]
        return edges

    def _close(self, new_size: int) -> bytes:
        """Append to each level the hash of its incomplete last node, if any, and return the root."""
        ragged: bytes | None = None
        for level, (_, nodes) in enumerate(self._levels):
            edge = nodes[-1] if new_size >> level & 1 else None
            if ragged is not None:
                nodes.append(ragged)
            if edge is not None:
                ragged = edge if ragged is None else _sha256(b"\x01" + edge + ragged).digest()
        return EMPTY_ROOT if ragged is None else ragged

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The audit path in the new tree of a leaf of this batch (RFC 6962 section 2.1.1).

        Raises `OutOfTree` for an index outside [old size, new size).
        """
        if not self._old_size <= index < self.frontier.size:
            raise OutOfTree(f"leaf {index} is not in the batch [{self._old_size}, {self.frontier.size})")
        path = []
        for start, nodes in self._levels:
            sibling = (index ^ 1) - start
            if sibling < len(nodes):
                path.append(nodes[sibling])
            index >>= 1
        return tuple(path)


def extend(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Extension:
    """Grow the tree by 32-byte leaf hashes in order; an empty batch leaves it as it is."""
    return Extension(frontier, leaf_hashes)
