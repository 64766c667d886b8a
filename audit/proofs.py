"""Inclusion and consistency proofs: verifying them, and building them from a `LogStore`.

Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2 (same tree as RFC 6962, algorithms spelt out).
"""

from collections.abc import Sequence

from audit.errors import HashMissing, OutOfTree, ProofInvalid
from audit.ports import LogStore
from audit.tree import HASH_BYTES, MAX_SIZE, TILE_HEIGHT, TILE_WIDTH, Frontier, fold, node_hash


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with this 32-byte hash is at `index` of the tree (`size`, `root`).

    Raises `ProofInvalid` when it is not, or when the proof has any other length than the tree demands.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofInvalid(f"leaf {index} cannot be in a tree of {size} leaves")
    _require_hashes([leaf_hash, root, *proof])
    node, last, current = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            node, last = _skip_promoted(node, last)
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the inclusion proof is too short")
    if current != root:
        raise ProofInvalid(f"the inclusion proof of leaf {index} leads to another root")


def verify_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree (`new_size`, `new_root`) only appends to (`old_size`, `old_root`).

    Every tree extends the empty one, so size 0 proves nothing and is refused. Raises `ProofInvalid`.
    """
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise ProofInvalid(f"no consistency proof leads from size {old_size} to size {new_size}")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise ProofInvalid("trees of one size are consistent only if they are the same tree")
        return
    _require_hashes([old_root, new_root, *proof])
    old, new = _consistent_roots(old_size, new_size, proof, old_root)
    if old != old_root:
        raise ProofInvalid("the consistency proof leads to another old root")
    if new != new_root:
        raise ProofInvalid("the consistency proof leads to another new root")


def _consistent_roots(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    """The old and the new root the proof leads to. A perfect old tree is its own first node."""
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not path:
        raise ProofInvalid("the consistency proof is empty")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            node, last = _skip_promoted(node, last)
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the consistency proof is too short")
    return old, new


def _skip_promoted(node: int, last: int) -> tuple[int, int]:
    """Climb the levels at which the last node of a ragged tree has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _require_hashes(hashes: Sequence[bytes]) -> None:
    """Two hashes of 31 and 33 bytes would hash like two of 32, so lengths are checked first."""
    if any(len(h) != HASH_BYTES for h in hashes):
        raise ProofInvalid("every hash of a proof has 32 bytes")


def prove_inclusion(store: LogStore, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1).

    Raises `OutOfTree` for an impossible index and `HashMissing` where the store has a gap.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise OutOfTree(f"leaf {index} is not in a tree of {size} leaves")
    nodes = _Nodes(store, size)
    path = []
    for level in range((size - 1).bit_length()):
        first = ((index >> level) ^ 1) << level
        if first < size:
            path.append(nodes.root_of(first, min(first + (1 << level), size)))
    return tuple(path)


def prove_consistency(store: LogStore, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of `new` leaves extends the one of `old` (RFC 6962 section 2.1.2).

    Raises `OutOfTree` unless 0 < old <= new, and `HashMissing` where the store has a gap.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise OutOfTree(f"no consistency proof leads from size {old} to size {new}")
    nodes = _Nodes(store, new)
    path: list[bytes] = []
    low, high, at_left_edge = 0, new, True
    while old != high:
        split = low + (1 << (high - low - 1).bit_length() - 1)
        if old <= split:
            path.append(nodes.root_of(split, high))
            high = split
        else:
            path.append(nodes.root_of(low, split))
            low, at_left_edge = split, False
    if not at_left_edge:
        path.append(nodes.root_of(low, high))
    return tuple(reversed(path))


def frontier_at(store: LogStore, size: int) -> Frontier:
    """The compact range of the first `size` leaves, from stored hashes; raises `HashMissing` on a gap."""
    return Frontier(size, _Nodes(store, size).perfect_subtrees(0, size))


class _Nodes:
    """Hashes of any aligned range below `size`, with every tile read at most once."""

    def __init__(self, store: LogStore, size: int) -> None:
        self._store = store
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root_of(self, low: int, high: int) -> bytes:
        """Root over leaves [low, high), `low` being a multiple of a power of two >= high - low."""
        return fold(self.perfect_subtrees(low, high))

    def perfect_subtrees(self, low: int, high: int) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees of [low, high), from the largest to the smallest."""
        hashes = []
        while low < high:
            level = (high - low).bit_length() - 1
            hashes.append(self._node(level, low >> level))
            low += 1 << level
        return tuple(hashes)

    def _node(self, level: int, index: int) -> bytes:
        rise = level % TILE_HEIGHT
        first = index << rise
        tile = self._tile(level - rise, first // TILE_WIDTH)
        offset = first % TILE_WIDTH
        row = tile[offset : offset + (1 << rise)]
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]

    def _tile(self, level: int, number: int) -> list[bytes]:
        known = self._tiles.get((level, number))
        if known is not None:
            return known
        first = number * TILE_WIDTH
        count = min(TILE_WIDTH, (self._size >> level) - first)
        hashes = self._store.hashes(level, first, count)
        if len(hashes) != count or any(len(h) != HASH_BYTES for h in hashes):
            raise HashMissing(f"level {level} lacks hashes between {first} and {first + count}")
        return self._tiles.setdefault((level, number), hashes)
