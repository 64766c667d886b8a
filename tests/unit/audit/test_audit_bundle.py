"""Proof bundles: strict text, and evidence that stands on its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import b64
from audit.bundle import (
    ProofBundle,
    evidence_leaf,
    format_bundle,
    open_evidence,
    parse_bundle,
    prove_leaf,
    verify_bundle,
)
from audit.checkpoint import CheckpointReader
from audit.errors import (
    AuditError,
    MalformedBundle,
    MalformedLeaf,
    NoTrustedSignature,
    ProofInvalid,
    SignatureInvalid,
)
from audit.events import MAX_LEAF_BYTES, Event, encode_leaf
from audit.proofs import prove_inclusion

HASH = b64.encode(bytes(range(32)))
HEAD = "c2sp.org/tlog-proof@v1\n"
FIELDS = {
    "authority": "kz/mia",
    "message": "01890a5d-ac96-774b-bcce-b302099a8057",
    "manifest": "A" * 43,
}
EVIDENCE = encode_leaf(bytes(16), Event.RELAY_ACCEPTANCE, 1_760_000_000_000, FIELDS)


def bundle_of(log, index, *, extra=True) -> ProofBundle:
    leaf = log.rows[index] if extra else None
    return ProofBundle(leaf, index, prove_inclusion(log, index, log.frontier.size), log.signed[-1][1])


@pytest.fixture(scope="module")
def log(new_log):
    log = new_log(20)
    log.append([EVIDENCE, b"no event at all"])
    return log


def test_a_bundle_is_read_back_as_written(log) -> None:
    for extra in (True, False):
        bundle = bundle_of(log, 20, extra=extra)
        assert parse_bundle(format_bundle(bundle)) == bundle
    lone = ProofBundle(None, 0, (), b"anything\n\n\nat all")
    assert parse_bundle(format_bundle(lone)) == lone


def test_a_bundle_proves_the_leaf_it_carries_or_the_one_asked_for(log, log_key) -> None:
    proven = verify_bundle(format_bundle(bundle_of(log, 7)), None, [log_key])
    assert (proven.leaf, proven.index, proven.checkpoint.size) == (log.rows[7], 7, 22)
    bare = format_bundle(bundle_of(log, 7, extra=False))
    assert verify_bundle(bare, log.rows[7], [log_key]).leaf == log.rows[7]
    assert evidence_leaf(bundle_of(log, 7)) == log.rows[7]


def test_another_leaf_than_the_carried_one_is_refused(log, log_key) -> None:
    with pytest.raises(MalformedBundle, match="another leaf"):
        verify_bundle(format_bundle(bundle_of(log, 7)), log.rows[8], [log_key])


def test_a_bundle_without_its_leaf_proves_nothing_by_itself(log, log_key) -> None:
    with pytest.raises(MalformedBundle, match="does not carry"):
        verify_bundle(format_bundle(bundle_of(log, 7, extra=False)), None, [log_key])
    with pytest.raises(MalformedBundle):
        evidence_leaf(bundle_of(log, 7, extra=False))


def test_a_wrong_leaf_index_path_key_or_checkpoint_is_refused(log, log_key, new_key, new_log) -> None:
    good = bundle_of(log, 7)
    reader = CheckpointReader([log_key])
    bare = bundle_of(log, 7, extra=False)
    with pytest.raises(ProofInvalid):
        prove_leaf(bare, log.rows[8], reader)
    with pytest.raises(ProofInvalid):
        prove_leaf(ProofBundle(good.extra, 6, good.path, good.checkpoint), None, reader)
    with pytest.raises(ProofInvalid):
        prove_leaf(ProofBundle(good.extra, 7, good.path[:-1], good.checkpoint), None, reader)
    with pytest.raises(ProofInvalid):
        prove_leaf(ProofBundle(good.extra, 7, good.path, log.signed[0][1]), None, reader)
    with pytest.raises(NoTrustedSignature):
        verify_bundle(format_bundle(good), None, [new_key("another.example")])
    forged = new_log(20, key=new_key(log_key.name, "forged"))
    with pytest.raises(NoTrustedSignature):
        verify_bundle(format_bundle(bundle_of(forged, 7)), None, [log_key])
    spoilt = good.checkpoint.replace(b"\n22\n", b"\n23\n")
    with pytest.raises(SignatureInvalid):
        prove_leaf(ProofBundle(good.extra, 7, good.path, spoilt), None, reader)


@given(st.integers(0, 100_000), st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_no_flipped_bit_leaves_valid_evidence(log, log_key, spot, bit) -> None:
    data = bytearray(format_bundle(bundle_of(log, 20)))
    data[spot % len(data)] ^= 1 << bit
    with pytest.raises(AuditError):
        open_evidence(bytes(data), CheckpointReader([log_key]))


@given(st.integers(0, 100_000))
@settings(max_examples=80, deadline=None)
def test_no_truncated_bundle_is_evidence(log, log_key, cut) -> None:
    data = format_bundle(bundle_of(log, 20))
    with pytest.raises(AuditError):
        open_evidence(data[: cut % len(data)], CheckpointReader([log_key]))


def test_evidence_is_opened_with_its_place_in_the_log(log, log_key) -> None:
    opened = open_evidence(format_bundle(bundle_of(log, 20)), CheckpointReader([log_key], log_key.name))
    assert opened.record.event is Event.RELAY_ACCEPTANCE
    assert opened.record.fields == FIELDS
    assert (opened.index, opened.checkpoint.origin) == (20, log_key.name)


def test_a_proven_leaf_that_is_no_event_or_not_for_peers_is_no_evidence(log, log_key, new_log) -> None:
    reader = CheckpointReader([log_key])
    with pytest.raises(MalformedLeaf):
        open_evidence(format_bundle(bundle_of(log, 21)), reader)
    inner = new_log(3)
    inner.append([encode_leaf(bytes(16), Event.NODE_STOPPED, 1, {"reason": "sigterm"})])
    with pytest.raises(MalformedBundle, match="not evidence"):
        open_evidence(format_bundle(bundle_of(inner, 3)), reader)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty line"),
        (HEAD, "empty line"),
        (f"{HEAD}index 0\n", "empty line"),
        ("\n\ncheckpoint\n", "first line"),
        (f" {HEAD}index 0\n\ncheckpoint\n", "first line"),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n", "first line"),
        (f"{HEAD}\ncheckpoint\n", "index"),
        (f"{HEAD}extra AAAA\n\ncheckpoint\n", "index"),
        (f"{HEAD}index 00\n\ncheckpoint\n", "index"),
        (f"{HEAD}index +1\n\ncheckpoint\n", "index"),
        (f"{HEAD}index  1\n\ncheckpoint\n", "index"),
        (f"{HEAD}index 1 \n\ncheckpoint\n", "index"),
        (f"{HEAD}index 1\r\n\ncheckpoint\n", "index"),
        (f"{HEAD}Index 1\n\ncheckpoint\n", "index"),
        (f"{HEAD}index 99999999999999999999\n\ncheckpoint\n", "index"),
        (f"{HEAD}index 9223372036854775807\n\ncheckpoint\n", "no tree"),
        (f"{HEAD}index {1 << 62}\n\ncheckpoint\n", "no tree"),
        (f"{HEAD}extra \nindex 0\n\ncheckpoint\n", "extra"),
        (f"{HEAD}extra AAA\nindex 0\n\ncheckpoint\n", "extra"),
        (f"{HEAD}extra AAB=\nindex 0\n\ncheckpoint\n", "extra"),
        (f"{HEAD}extra A AA\nindex 0\n\ncheckpoint\n", "extra"),
        (f"{HEAD}extra AAAA\nextra AAAA\nindex 0\n\ncheckpoint\n", "index"),
        (f"{HEAD}index 0\nextra AAAA\n\ncheckpoint\n", "hash"),
        (f"{HEAD}index 0\nindex 0\n\ncheckpoint\n", "hash"),
        (f"{HEAD}index 0\n{HASH[4:]}\n\ncheckpoint\n", "32 bytes"),
        (f"{HEAD}index 0\n{HASH} \n\ncheckpoint\n", "hash"),
        (f"{HEAD}index 0\n{HASH[:-1]}\n\ncheckpoint\n", "hash"),
        (f"{HEAD}index 0\n{HASH}é\n\ncheckpoint\n", "ASCII"),
        (f"{HEAD}index 0\n" + f"{HASH}\n" * 63 + "\ncheckpoint\n", "at most 62"),
        (f"{HEAD}index 0\n{'a' * 65536}\n\ncheckpoint\n", "32 bytes"),
        (f"{HEAD}index 0\n\n", "checkpoint is missing"),
        (f"{HEAD}index 0\n\n" + "x" * (1 << 20), "longer"),
    ],
)
def test_malformed_bundles_are_refused_for_their_own_reason(text, reason) -> None:
    with pytest.raises(MalformedBundle, match=reason):
        parse_bundle(text.encode())


@pytest.mark.parametrize(
    "bundle",
    [
        ProofBundle(b"", 0, (), b"checkpoint"),
        ProofBundle(b"x" * (MAX_LEAF_BYTES + 1), 0, (), b"checkpoint"),
        ProofBundle(None, -1, (), b"checkpoint"),
        ProofBundle(None, 0, (b"short",), b"checkpoint"),
        ProofBundle(None, 0, (), b""),
    ],
)
def test_a_bundle_that_could_not_be_read_back_is_not_written(bundle) -> None:
    with pytest.raises(MalformedBundle):
        format_bundle(bundle)
