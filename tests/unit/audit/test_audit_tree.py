"""The growing tree against RFC 6962's own recursion."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError, OutOfTree, ProofInvalid
from audit.proofs import verify_inclusion
from audit.tree import EMPTY_ROOT, Frontier, extend, fold, leaf_hash, node_hash

LEAVES = [leaf_hash(i.to_bytes(4, "big")) for i in range(600)]
splits = st.lists(st.integers(0, 90), min_size=1, max_size=8)


def grown(size: int) -> Frontier:
    return extend(Frontier(), LEAVES[:size]).frontier


def test_leaf_and_node_hashes_are_domain_separated() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"a") == hashlib.sha256(b"\x00a").digest()
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()


def test_the_empty_tree_has_the_hash_of_nothing_as_root() -> None:
    assert Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest() == fold(())
    assert extend(Frontier(), []).root == EMPTY_ROOT


@given(splits)
@settings(max_examples=60, deadline=None)
def test_any_split_into_batches_gives_the_naive_root_and_paths(naive, batches) -> None:
    frontier, done = Frontier(), 0
    for count in batches:
        batch = LEAVES[done : done + count]
        extension = extend(frontier, batch)
        known = LEAVES[: done + len(batch)]
        assert extension.root == extension.frontier.root() == naive.root(known)
        for index in {done, done + len(batch) // 2, len(known) - 1} & set(range(done, len(known))):
            assert extension.inclusion(index) == naive.path(index, known)
        frontier, done = extension.frontier, len(known)
        assert frontier.size == done


@given(st.integers(0, 300), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_every_path_of_a_batch_verifies_and_fits_no_other_leaf(old, count) -> None:
    extension = extend(grown(old), LEAVES[old : old + count])
    for index in range(old, old + count):
        path = extension.inclusion(index)
        verify_inclusion(LEAVES[index], index, old + count, path, extension.root)
        with pytest.raises(ProofInvalid):
            verify_inclusion(LEAVES[index + 1], index, old + count, path, extension.root)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 512, 599])
def test_an_empty_batch_changes_nothing(size) -> None:
    extension = extend(grown(size), [])
    assert extension.frontier == grown(size)
    assert extension.root == grown(size).root()
    assert extension.completed == []


@pytest.mark.parametrize("index", [-1, 0, 4, 9, 10])
def test_no_path_for_a_leaf_outside_the_batch(index) -> None:
    extension = extend(grown(5), LEAVES[5:9])
    with pytest.raises(OutOfTree, match="not in the batch"):
        extension.inclusion(index)


def test_a_batch_completes_the_tiles_it_fills(naive) -> None:
    first = extend(grown(250), LEAVES[250:255])
    assert first.completed == []
    second = extend(first.frontier, LEAVES[255:520])
    assert second.completed == [(8, 0, naive.root(LEAVES[:256])), (8, 1, naive.root(LEAVES[256:512]))]


def test_levels_8_and_16_are_completed_across_batches() -> None:
    hashes = [leaf_hash(i.to_bytes(4, "big")) for i in range(65537)]
    before = extend(Frontier(), hashes[:65500])
    after = extend(before.frontier, hashes[65500:])
    assert [(level, index) for level, index, _ in before.completed] == [(8, i) for i in range(255)]
    assert [(level, index) for level, index, _ in after.completed] == [(8, 255), (16, 0)]
    assert after.completed[1][2] == extend(Frontier(), hashes[:65536]).root


@pytest.mark.parametrize("size", [0, 1, 2, 7, 256, 599])
def test_a_packed_frontier_is_read_back_and_goes_on_growing(size, naive) -> None:
    frontier = Frontier.unpack(grown(size).pack())
    assert frontier == grown(size)
    assert extend(frontier, LEAVES[size:600]).root == naive.root(LEAVES)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 7,
        b"\x00" * 9,
        grown(7).pack()[:-1],
        grown(7).pack() + b"\x00",
        grown(7).pack()[:-32],
        grown(7).pack() + b"\x00" * 32,
        b"\xff" * 8 + b"\x00" * 32 * 64,
    ],
)
def test_other_bytes_are_not_a_frontier(data) -> None:
    with pytest.raises(AuditError):
        Frontier.unpack(data)


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, ()), (0, (bytes(32),)), (3, (bytes(32), bytes(31))), (-1, ())]
)
def test_a_frontier_with_wrong_hashes_is_refused(size, hashes) -> None:
    with pytest.raises(AuditError):
        Frontier(size, hashes)
