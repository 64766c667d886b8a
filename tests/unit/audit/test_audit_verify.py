"""A spoilt log never verifies, and the verdict says how it was spoilt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.note import sign_note
from audit.tree import leaf_hash
from audit.verify import CHUNK_LEAVES, Verdict, verify_log

GROUPS = (3, 1, 250, 1, 300, 45)
TOTAL = sum(GROUPS)


@pytest.fixture
def log(new_log):
    return new_log(*GROUPS)


def found(log, **options):
    report = verify_log(log, [log.key], **options)
    return report.verdict, report.first_bad


def test_a_good_log_verifies_up_to_its_last_checkpoint(log) -> None:
    seen = []
    report = verify_log(log, [log.key], head=log.sign(), on_progress=seen.append)
    assert (report.verdict, report.size, report.root) == (Verdict.OK, TOTAL, log.frontier.root())
    assert report.checkpoints == len(GROUPS) + 1
    assert seen == sorted(seen)
    assert seen[-1] == TOTAL


def test_exit_codes_are_told_apart_and_leave_usage_alone() -> None:
    codes = {verdict.name: int(verdict) for verdict in Verdict}
    assert codes == {"OK": 0, "TAMPERED": 3, "TRUNCATED": 4, "FORKED": 5, "UNSIGNED": 6}


def test_an_empty_log_is_good_unless_something_was_there(new_log) -> None:
    log = new_log()
    assert found(log) == (Verdict.OK, None)
    log.sign()
    assert found(log) == (Verdict.OK, None)
    assert found(log, head=new_log(3).sign()) == (Verdict.TRUNCATED, 0)


@given(st.integers(0, TOTAL - 1), st.integers(0, 1 << 10))
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_in_any_leaf_is_found_at_its_index(new_log, index, bit) -> None:
    log = new_log(*GROUPS)
    row = bytearray(log.rows[index])
    row[bit % len(row)] ^= 1 << bit % 8
    log.rows[index] = bytes(row)
    assert found(log) == (Verdict.TAMPERED, index)


@pytest.mark.parametrize(
    ("index", "first_bad"), [(0, 0), (3, 3), (100, 4), (254, 254), (299, 256), (TOTAL - 1, 555)]
)
def test_a_leaf_rewritten_with_its_hash_contradicts_its_tile_or_its_checkpoint(log, index, first_bad) -> None:
    log.rows[index] = b"rewritten"
    log.nodes[0, index] = leaf_hash(b"rewritten")
    assert found(log) == (Verdict.TAMPERED, first_bad)


@pytest.mark.parametrize("index", [0, 300, TOTAL - 1])
def test_a_wrong_or_lost_leaf_hash_is_found_at_its_index(log, index) -> None:
    kept = log.nodes[0, index]
    log.nodes[0, index] = bytes(32)
    assert found(log) == (Verdict.TAMPERED, index)
    log.nodes[0, index] = kept
    assert found(log) == (Verdict.OK, None)
    del log.nodes[0, index]
    assert found(log) == (Verdict.TAMPERED, index)


@pytest.mark.parametrize(("node", "first_leaf"), [((8, 0), 0), ((8, 1), 256)])
def test_a_wrong_or_lost_tile_hash_is_found(log, node, first_leaf) -> None:
    log.nodes[node] = bytes(32)
    assert found(log) == (Verdict.TAMPERED, first_leaf)
    del log.nodes[node]
    assert found(log) == (Verdict.TAMPERED, first_leaf)


def test_a_leaf_inserted_removed_or_moved_is_tampering(new_log) -> None:
    for spoil in (
        lambda rows: rows.insert(5, b"new"),
        lambda rows: rows.pop(5),
        lambda rows: rows.__setitem__(slice(5, 7), reversed(rows[5:7])),
    ):
        log = new_log(*GROUPS)
        spoil(log.rows)
        assert found(log) == (Verdict.TAMPERED, 5)


def test_leaves_cut_off_below_a_checkpoint_are_a_truncation(log) -> None:
    del log.rows[-10:]
    assert found(log) == (Verdict.TRUNCATED, TOTAL - 10)


def test_a_log_cut_back_to_an_older_checkpoint_is_found_by_its_leftovers_or_the_head(log, new_log) -> None:
    head = log.sign()
    keep = TOTAL - GROUPS[-1]
    log.signed = [entry for entry in log.signed if entry[0] <= keep]
    del log.rows[keep:]
    assert found(log) == (Verdict.TRUNCATED, keep)
    clean = new_log(*GROUPS[:-1])
    assert found(clean) == (Verdict.OK, None)
    assert found(clean, head=head) == (Verdict.TRUNCATED, keep)


def test_a_tile_hash_beyond_the_end_betrays_removed_leaves(new_log) -> None:
    log, longer = new_log(250), new_log(300)
    log.nodes[8, 0] = longer.nodes[8, 0]
    assert found(log) == (Verdict.TRUNCATED, 250)


@pytest.mark.parametrize("size", [1, 4, 100, 255, 500, TOTAL])
def test_a_log_that_differs_from_the_known_head_is_a_fork(log, new_log, size) -> None:
    other = new_log(size)
    honest = other.sign()
    assert found(log, head=honest) == (Verdict.OK, None)
    forged = Checkpoint(honest.origin, size, leaf_hash(b"another history"))
    assert found(log, head=forged) == (Verdict.FORKED, 0)


def test_a_log_of_another_origin_is_not_the_known_one(log, new_log, new_key) -> None:
    other = new_log(*GROUPS, key=new_key("gw.tm.example/audit/2025"))
    assert found(log, head=other.sign()) == (Verdict.FORKED, 0)


def test_two_signed_roots_of_one_size_are_a_fork(log, new_log) -> None:
    other = new_log(*GROUPS[:-1])
    other.append([b"another history"] * GROUPS[-1])
    log.signed.append(other.signed[-1])
    assert found(log) == (Verdict.FORKED, 0)


def test_signing_one_head_twice_is_no_fork(log) -> None:
    log.sign()
    assert found(log) == (Verdict.OK, None)


def test_leaves_no_checkpoint_covers_are_unsigned(log) -> None:
    head = log.sign()
    log.signed = [entry for entry in log.signed if entry[0] < TOTAL]
    covered = TOTAL - GROUPS[-1]
    assert found(log) == (Verdict.UNSIGNED, covered)
    assert found(log, head=head) == (Verdict.UNSIGNED, covered)
    log.signed = []
    assert found(log) == (Verdict.UNSIGNED, 0)


def test_a_checkpoint_of_an_unknown_key_is_unsigned(log, new_key) -> None:
    report = verify_log(log, [new_key("another.example")])
    assert (report.verdict, report.first_bad) == (Verdict.UNSIGNED, 0)


def test_a_checkpoint_only_a_witness_signed_is_unsigned(log, new_key) -> None:
    witness = new_key("witness.example")
    text = Checkpoint(log.key.name, TOTAL, log.frontier.root()).text()
    log.signed[-1] = (TOTAL, sign_note(text, [witness]))
    report = verify_log(log, [log.key, witness])
    assert (report.verdict, report.first_bad) == (Verdict.UNSIGNED, TOTAL - GROUPS[-1])


def test_trusted_keys_that_cannot_be_told_apart_are_the_callers_error(log) -> None:
    with pytest.raises(AuditError, match="share name and key id"):
        verify_log(log, [log.key, log.key])


def test_a_checkpoint_whose_signature_or_text_was_changed_is_tampering(log) -> None:
    size, data = log.signed[3]
    log.signed[3] = (size, data.replace(b"\n255\n", b"\n254\n"))
    assert found(log) == (Verdict.TAMPERED, 254)
    log.signed[3] = (size, b"not a note")
    assert found(log) == (Verdict.TAMPERED, 254)
    log.signed[3] = (size, sign_note(f"{log.key.name}\nnot a checkpoint\n", [log.key]))
    assert found(log) == (Verdict.TAMPERED, 254)


def test_a_root_signed_for_other_leaves_is_tampering(log, new_log) -> None:
    other = new_log(3, 1)
    other.append([b"other"] * 250)
    log.signed[2] = other.signed[2]
    assert found(log) == (Verdict.TAMPERED, 4)


def test_checkpoints_out_of_order_are_tampering(log) -> None:
    log.signed[1], log.signed[2] = log.signed[2], log.signed[1]
    assert found(log) == (Verdict.TAMPERED, 4)


def test_a_checkpoint_of_another_log_among_ours_is_tampering(log, new_log, new_key) -> None:
    other = new_log(*GROUPS[:3], key=new_key("gw.tm.example/audit/2025"))
    log.signed[2] = other.signed[2]
    report = verify_log(log, [log.key, other.key])
    assert (report.verdict, report.first_bad) == (Verdict.TAMPERED, 4)


def test_since_a_checkpoint_only_the_later_leaves_are_read(log, new_log) -> None:
    since = new_log(*GROUPS[:4]).sign()
    log.rows[7] = b"changed, but below the checkpoint"
    report = verify_log(log, [log.key], since=since)
    assert (report.verdict, report.size, report.checkpoints) == (Verdict.OK, TOTAL, 2)
    log.rows[300] = b"changed"
    assert found(log, since=since) == (Verdict.TAMPERED, 300)


def test_since_a_checkpoint_the_log_must_still_contain_it(log, new_log) -> None:
    since = new_log(*GROUPS[:4]).sign()
    forged = Checkpoint(since.origin, since.size, bytes(32))
    assert found(log, since=forged) == (Verdict.FORKED, 0)
    assert found(log, since=since, head=Checkpoint(since.origin, 4, bytes(32))) == (Verdict.FORKED, 0)
    assert found(log, since=since, head=new_log(3, 1).sign()) == (Verdict.OK, None)
    assert found(log, since=since, head=since) == (Verdict.OK, None)
    del log.nodes[0, 254]
    assert found(log, since=since) == (Verdict.TRUNCATED, 0)


def test_since_the_last_checkpoint_nothing_may_follow_or_lack(log, new_log) -> None:
    since = log.sign()
    log.signed = []
    assert found(log, since=since) == (Verdict.OK, None)
    log.rows.append(b"unsigned")
    assert found(log, since=since) == (Verdict.UNSIGNED, TOTAL)
    assert found(new_log(*GROUPS[:-1]), since=since) == (Verdict.TRUNCATED, 0)


def test_reads_stay_small_however_long_the_log(new_log) -> None:
    log = new_log(5000, 3, 4000)
    assert found(log) == (Verdict.OK, None)
    assert log.largest_read <= CHUNK_LEAVES
