"""Proofs from stored tiles against the naive ones, and every way of spoiling a proof."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import HashMissing, OutOfTree, ProofInvalid
from audit.proofs import (
    frontier_at,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from audit.tree import leaf_hash


@pytest.fixture(scope="module")
def log(new_log):
    return new_log(700)


@pytest.fixture(scope="module")
def hashes(log):
    return [leaf_hash(row) for row in log.rows]


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit % (8 * len(value)))).to_bytes(len(value), "big")


def test_all_small_trees_give_the_naive_proofs(log, hashes, naive) -> None:
    for size in range(1, 34):
        for index in range(size):
            assert prove_inclusion(log, index, size) == naive.path(index, hashes[:size])
        for old in range(1, size + 1):
            assert prove_consistency(log, old, size) == naive.consistency(old, hashes[:size])


@given(st.integers(1, 700), st.integers(0, 699))
@settings(max_examples=80, deadline=None)
def test_proofs_over_several_tiles_are_the_naive_ones_and_verify(log, hashes, naive, size, other) -> None:
    index, old = other % size, other % size + 1
    root, old_root = naive.root(hashes[:size]), naive.root(hashes[:old])
    path = prove_inclusion(log, index, size)
    assert path == naive.path(index, hashes[:size])
    verify_inclusion(hashes[index], index, size, path, root)
    proof = prove_consistency(log, old, size)
    assert proof == naive.consistency(old, hashes[:size])
    verify_consistency(old, size, proof, old_root, root)
    assert frontier_at(log, size).root() == root


@given(st.integers(2, 700), st.integers(0, 699), st.integers(0, 1 << 16))
@settings(max_examples=100, deadline=None)
def test_no_spoilt_inclusion_proof_verifies(log, hashes, naive, size, other, bit) -> None:
    index = other % size
    leaf, root, path = hashes[index], naive.root(hashes[:size]), list(prove_inclusion(log, index, size))
    spot = bit % len(path)
    spoilt = [
        (leaf, index, size, [*path[:spot], flipped(path[spot], bit), *path[spot + 1 :]], root),
        (flipped(leaf, bit), index, size, path, root),
        (leaf, index, size, path, flipped(root, bit)),
        (leaf, index ^ 1, size, path, root),
        (leaf, index, size, path[1:], root),
        (leaf, index, size, path[:-1], root),
        (leaf, index, size, [*path, root], root),
        (leaf, index, size, [leaf, *path], root),
        (leaf, index, size, [*path[:spot], path[spot][:-1], *path[spot + 1 :]], root),
        (leaf, size, size, path, root),
        (leaf, -1, size, path, root),
        (leaf, index, 0, path, root),
    ]
    for case in spoilt:
        with pytest.raises(ProofInvalid):
            verify_inclusion(*case)


@given(st.integers(2, 700), st.integers(0, 699), st.integers(0, 1 << 16))
@settings(max_examples=100, deadline=None)
def test_no_spoilt_consistency_proof_verifies(log, hashes, naive, new, other, bit) -> None:
    old = other % (new - 1) + 1
    old_root, new_root = naive.root(hashes[:old]), naive.root(hashes[:new])
    proof = list(prove_consistency(log, old, new))
    spot = bit % len(proof)
    spoilt = [
        (old, new, [*proof[:spot], flipped(proof[spot], bit), *proof[spot + 1 :]], old_root, new_root),
        (old, new, proof, flipped(old_root, bit), new_root),
        (old, new, proof, old_root, flipped(new_root, bit)),
        (old, new, proof, new_root, old_root),
        (old, new, proof[1:], old_root, new_root),
        (old, new, proof[:-1], old_root, new_root),
        (old, new, [*proof, new_root], old_root, new_root),
        (old, new, [old_root, *proof], old_root, new_root),
        (old, new, [], old_root, new_root),
        (new, old, proof, new_root, old_root),
        (new, new, proof, new_root, new_root),
        (0, new, proof, old_root, new_root),
        (0, new, [], naive.root([]), new_root),
    ]
    for case in spoilt:
        with pytest.raises(ProofInvalid):
            verify_consistency(*case)


def test_equal_trees_need_no_proof_and_other_roots_no_excuse(hashes, naive) -> None:
    root = naive.root(hashes[:9])
    verify_consistency(9, 9, [], root, root)
    with pytest.raises(ProofInvalid, match="same tree"):
        verify_consistency(9, 9, [], root, naive.root(hashes[:8]))


def test_hashes_of_odd_lengths_that_join_to_the_same_bytes_are_refused(hashes, naive) -> None:
    root = naive.root(hashes[:2])
    verify_inclusion(hashes[0], 0, 2, [hashes[1]], root)
    joined = hashes[0] + hashes[1]
    with pytest.raises(ProofInvalid, match="32 bytes"):
        verify_inclusion(joined[:31], 0, 2, [joined[31:]], root)
    verify_consistency(1, 2, [hashes[1]], hashes[0], root)
    with pytest.raises(ProofInvalid, match="32 bytes"):
        verify_consistency(1, 2, [joined[31:]], joined[:31], root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (6, 5)])
def test_no_inclusion_proof_outside_the_tree(log, index, size) -> None:
    with pytest.raises(OutOfTree):
        prove_inclusion(log, index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_no_consistency_proof_from_nothing_or_backwards(log, old, new) -> None:
    with pytest.raises(OutOfTree):
        prove_consistency(log, old, new)


@pytest.mark.parametrize("lost", [(0, 600), (0, 699), (8, 0)])
def test_a_gap_in_the_store_is_named_and_never_bridged(new_log, lost) -> None:
    log = new_log(700)
    del log.nodes[lost]
    with pytest.raises(HashMissing, match=f"level {lost[0]}"):
        prove_inclusion(log, 650, 700)
    with pytest.raises(HashMissing):
        frontier_at(log, 700)


def test_a_tree_larger_than_the_store_is_not_proven(log) -> None:
    with pytest.raises(HashMissing):
        prove_inclusion(log, 3, 701)
    with pytest.raises(HashMissing):
        prove_consistency(log, 3, 1024)


def test_a_proof_reads_each_tile_once(log, monkeypatch) -> None:
    reads = []
    hashes = log.hashes

    def counting(level, start, count):
        reads.append((level, start))
        return hashes(level, start, count)

    monkeypatch.setattr(log, "hashes", counting)
    prove_inclusion(log, 130, 700)
    assert len(reads) == len(set(reads)) <= 4
