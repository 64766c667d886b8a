"""Checkpoints: strict text, the log's own signature, and heads that must extend one another."""

import pytest

from audit.checkpoint import (
    Checkpoint,
    CheckpointReader,
    open_checkpoint,
    parse_checkpoint,
    require_extension,
    sign_checkpoint,
)
from audit.errors import (
    AuditError,
    ForkDetected,
    MalformedCheckpoint,
    NoTrustedSignature,
    ProofInvalid,
    RolledBack,
)
from audit.note import sign_note
from audit.proofs import prove_consistency
from audit.tree import EMPTY_ROOT, leaf_hash

ROOT = leaf_hash(b"root")
B64 = Checkpoint("o", 1, ROOT).text().split("\n")[2]


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("gw.example/audit/2025", 17, ROOT),
        Checkpoint("origin with spaces", 1, ROOT, ("one", "two words")),
        Checkpoint("o", 0, EMPTY_ROOT),
        Checkpoint("o", 1 << 62, ROOT),
    ],
)
def test_a_checkpoint_is_read_back_as_written(checkpoint) -> None:
    assert parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"o\n1\n{B64}",
        f"\n1\n{B64}\n",
        f"o\n\n{B64}\n",
        "o\n1\n\n",
        "o\n1\n",
        f"o\n01\n{B64}\n",
        f"o\n+1\n{B64}\n",
        f"o\n-1\n{B64}\n",
        f"o\n 1\n{B64}\n",
        f"o\n1_0\n{B64}\n",
        f"o\n١\n{B64}\n",
        f"o\n1.0\n{B64}\n",
        f"o\n0\n{B64}\n",
        f"o\n{1 << 63}\n{B64}\n",
        f"o\n{'9' * 30}\n{B64}\n",
        f"o\n1\n{B64[:-1]}\n",
        f"o\n1\n{B64[4:]}\n",
        f"o\n1\nAAAA{B64}\n",
        f"o\n1\n{B64} \n",
        f"o\n1\n{B64[:-2]}1=\n",
        f"o\n1\n{B64}\n\n",
        f"o\n1\n{B64}\next\n\n",
        f"o\n1\n{B64}\n\next\n",
        f"o\r\n1\n{B64}\n",
    ],
)
def test_malformed_checkpoints_are_refused(text) -> None:
    with pytest.raises(MalformedCheckpoint):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "parts",
    [
        ("", 1, ROOT),
        ("two\nlines", 1, ROOT),
        ("o", -1, ROOT),
        ("o", 1, ROOT[:31]),
        ("o", 0, ROOT),
        ("o", 1, ROOT, ("",)),
        ("o", 1, ROOT, ("two\nlines",)),
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_is_not_made(parts) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint(*parts)


def test_a_signed_checkpoint_opens(log_key) -> None:
    head = Checkpoint(log_key.name, 5, ROOT)
    data = sign_checkpoint(head, [log_key])
    assert open_checkpoint(data, [log_key]) == head
    assert open_checkpoint(data, [log_key], origin=log_key.name) == head


def test_a_witness_or_another_log_cannot_speak_for_the_log(log_key, new_key) -> None:
    witness = new_key("witness.example")
    head = Checkpoint(log_key.name, 5, ROOT)
    with pytest.raises(MalformedCheckpoint, match="no signer"):
        sign_checkpoint(head, [witness])
    with pytest.raises(NoTrustedSignature, match="itself has not signed"):
        open_checkpoint(sign_note(head.text(), [witness]), [log_key, witness])
    with pytest.raises(NoTrustedSignature, match="itself has not signed"):
        open_checkpoint(sign_checkpoint(head, [log_key, witness]), [witness])


def test_a_checkpoint_of_another_log_is_refused_where_one_is_expected(log_key, new_key) -> None:
    other = new_key("gw.tm.example/audit/2025")
    data = sign_checkpoint(Checkpoint(other.name, 5, ROOT), [other])
    with pytest.raises(MalformedCheckpoint, match="not of"):
        open_checkpoint(data, [log_key, other], origin=log_key.name)


def test_a_signed_text_that_is_no_checkpoint_is_refused(log_key) -> None:
    with pytest.raises(MalformedCheckpoint):
        open_checkpoint(sign_note(f"{log_key.name}\nhello\n", [log_key]), [log_key])


def test_a_head_that_extends_the_known_one_is_accepted(new_log) -> None:
    log = new_log(300)
    known, offered = log.sign(), log.append([b"more"] * 50)
    proof = prove_consistency(log, known.size, offered.size)
    require_extension(known, offered, proof)
    require_extension(known, known, ())
    require_extension(Checkpoint(known.origin, 0, EMPTY_ROOT), offered, ())
    with pytest.raises(ProofInvalid):
        require_extension(known, offered, ())
    with pytest.raises(RolledBack):
        require_extension(offered, known, proof)


def test_a_fork_a_rewrite_and_a_foreign_log_are_told_apart(new_log) -> None:
    log, other = new_log(8), new_log(7)
    known, fork = log.sign(), other.append([b"another leaf"])
    with pytest.raises(ForkDetected):
        require_extension(known, fork, ())
    rewritten = other.append([b"and one more"])
    with pytest.raises(ProofInvalid):
        require_extension(known, rewritten, prove_consistency(other, 8, 9))
    with pytest.raises(MalformedCheckpoint):
        require_extension(known, Checkpoint("elsewhere", 9, ROOT), ())


def test_a_reader_verifies_each_checkpoint_once_and_remembers_no_failure(log_key, new_key) -> None:
    data = sign_checkpoint(Checkpoint(log_key.name, 5, ROOT), [log_key])
    reader = CheckpointReader([log_key])
    before = log_key.verifications
    assert reader.open(data) == reader.open(data)
    assert log_key.verifications == before + 1
    forged = bytearray(data)
    forged[data.index(b"\n") + 1] ^= 1
    for _ in range(2):
        with pytest.raises(AuditError):
            reader.open(bytes(forged))
    with pytest.raises(NoTrustedSignature):
        CheckpointReader([new_key("other")]).open(data)


def test_a_reader_forgets_the_oldest(log_key) -> None:
    notes = [sign_checkpoint(Checkpoint(log_key.name, n, ROOT), [log_key]) for n in range(1, 259)]
    reader = CheckpointReader([log_key])
    for data in notes:
        reader.open(data)
    before = log_key.verifications
    reader.open(notes[-1])
    assert log_key.verifications == before
    reader.open(notes[0])
    assert log_key.verifications == before + 1
