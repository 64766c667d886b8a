"""The reference tree of RFC 6962 implementations: every root and every node."""

import json

import pytest

from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs import verify_consistency, verify_inclusion
from audit.tree import Frontier, extend, leaf_hash, node_hash

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def reference(vectors):
    return json.loads((vectors / "tlog/inline/rfc6962_reference_tree.json").read_text())


@pytest.fixture(scope="module")
def hashes(reference):
    leaves = [leaf_hash(bytes.fromhex(data)) for data in reference["leaf_inputs_hex"]]
    assert len(leaves) == 8
    return leaves


@pytest.fixture(scope="module")
def roots(reference):
    found = [bytes.fromhex(root) for root in reference["root_hashes_hex_by_size"]]
    assert len(found) == 9
    return found


def test_every_root_in_one_batch_and_leaf_by_leaf(hashes, roots) -> None:
    frontier = Frontier()
    assert frontier.root() == roots[0]
    for size, leaf in enumerate(hashes, start=1):
        step = extend(frontier, [leaf])
        frontier = step.frontier
        assert step.root == frontier.root() == extend(Frontier(), hashes[:size]).root == roots[size]


def test_every_node_of_every_level(reference, hashes) -> None:
    row, counts = hashes, []
    for level in reference["node_hashes_hex_by_level"]:
        assert [node.hex() for node in row] == level
        counts.append(len(level))
        row = [node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
    assert counts == [8, 4, 2, 1]


def test_every_path_of_every_size_leads_to_its_root(hashes, roots) -> None:
    for size in range(1, 9):
        tree = extend(Frontier(), hashes[:size])
        for index in range(size):
            verify_inclusion(hashes[index], index, size, tree.inclusion(index), roots[size])


def test_a_perfect_tree_is_consistent_with_its_double_by_one_node(hashes, roots) -> None:
    right = extend(Frontier(), hashes[4:]).root
    verify_consistency(4, 8, [right], roots[4], roots[8])


def test_the_sumdb_tree_note_is_written_and_read_byte_for_byte(vectors) -> None:
    case = json.loads((vectors / "tlog/inline/sumdb_tree_note.json").read_text())
    head = Checkpoint("go.sum database tree", case["size"], leaf_hash(case["leaf"].encode()))
    assert head.text() == case["formatted"]
    assert parse_checkpoint(case["formatted"]) == head
