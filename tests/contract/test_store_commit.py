"""What `commit` promises: all or nothing, conflicts by table, evidence complete, keys first."""

import msgspec
import pytest
from store_database import Database
from store_world import (
    KZ,
    RU,
    bundle_text,
    case,
    case_event,
    envelope,
    evidence,
    message,
    part,
    received,
    sent,
    told,
)

from gateway.errors import Conflict, LogBehindHead, StoreUnavailable
from gateway.ports.rows import (
    ActivationRow,
    AssertionRow,
    CaseMoved,
    DisclosureRow,
    EnvelopeDelivered,
    EnvelopeState,
    EvidencePushed,
    IdempotencyRow,
    PeerRow,
    PeerSeen,
    Row,
    Shift,
    UploadRow,
    UploadUsed,
)
from gateway.ports.store import Change, Entry, Sequenced, VaultCase, VaultKeys, vault_id
from gateway.store.sql import SqlStore

TABLES = (
    "message",
    "envelope",
    "part",
    "case_file",
    "case_event",
    "evidence",
    "audit_outbox",
    "audit_leaf",
    "audit_checkpoint",
)
UPLOAD = UploadRow(
    upload_id="upload-1",
    client="registry",
    size=3,
    digest="d",
    blob="b",
    wrapped_key=b"k",
    message_id=None,
    created_ms=1,
)
PEER = PeerRow(origin="ru/log", size=4, checkpoint=b"note", frozen=None)
IDEMPOTENCY = IdempotencyRow(
    client="registry", idempotency_key="k", request_digest="d", message_id="m", at_ms=1
)
ACTIVATION = ActivationRow(
    agreement="kz-tm-2024",
    from_date="2025-01-01",
    reference="note",
    statement_digest="d",
    admin="admin-1",
    statement="s",
    at_ms=1,
)
CASE_1 = vault_id("case-1", KZ)
MOVE = CaseMoved(case_id="case-1", counterpart=KZ, expected=1, state="answered", version=2, updated_ms=9)
QUEUED_TO_SENT = EnvelopeState(
    envelope_id="envelope-1",
    expected="queued",
    state="sent",
    updated_ms=60,
)
PUSHED = EvidencePushed(
    authority=KZ,
    message_id="message-1",
    manifest_digest="digest-1",
    event="RelayAcceptance",
    giver=RU,
    receiver=KZ,
    pushed=1,
)


def test_a_group_writes_every_row_of_every_change(database: Database, store: SqlStore) -> None:
    committed = database.commit(store, *(received(n) for n in range(1, 6)))
    assert database.counts(*TABLES) == [5, 5, 10, 5, 5, 10, 15, 15, 1]
    assert committed.size == 15
    assert committed.checkpoint == store.last_checkpoint()


def test_evidence_is_complete_once_committed_and_returned_by_change(
    database: Database, store: SqlStore
) -> None:
    database.commit(store, told())
    committed = database.commit(store, received(1), told(), received(2))
    assert committed.bundles == [
        (bundle_text(1, b"relay 1"), bundle_text(3, b"consigned 1")),
        (),
        (bundle_text(5, b"relay 2"), bundle_text(7, b"consigned 2")),
    ]
    kept = store.evidence(KZ, "message-2", "digest-2")
    assert tuple(row.bundle for row in kept) == committed.bundles[2]


def test_evidence_of_a_peer_is_kept_byte_for_byte(database: Database, store: SqlStore) -> None:
    theirs = evidence(1, giver=KZ, receiver=RU, bundle=b"\x00their proof\xff", pushed=1)
    assert database.commit(store, told(theirs)).bundles == [()]
    assert store.evidence(KZ, "message-1", "digest-1") == [theirs]


ROWS: list[Row] = [
    message(1),
    envelope(1),
    part(1, 0),
    case(1),
    case_event(1),
    evidence(1, bundle=b"proof"),
    IDEMPOTENCY,
    AssertionRow(client="registry", jti="j", expires_ms=5),
    DisclosureRow(client="registry", envelope_id="e", purpose="p", at_ms=1),
    UPLOAD,
    ACTIVATION,
    PEER,
]


def test_a_row_that_exists_is_a_conflict_and_nothing_of_the_group_is_written(
    database: Database, store: SqlStore
) -> None:
    database.commit(store, *(told(row) for row in ROWS))
    before = database.counts(*TABLES)
    for row in ROWS:
        with pytest.raises(Conflict) as caught:
            database.commit(store, received(7), told(row), received(8))
        assert caught.value.what == row.TABLE
        assert database.counts(*TABLES) == before


def test_a_row_twice_in_one_group_is_a_conflict(database: Database, store: SqlStore) -> None:
    for row in ROWS:
        with pytest.raises(Conflict, match=row.TABLE):
            database.commit(store, told(row), told(row))
    assert database.counts(*TABLES) == [0] * len(TABLES)


def test_what_differs_in_a_single_part_of_its_key_is_no_conflict(database: Database, store: SqlStore) -> None:
    replaced = msgspec.structs.replace
    database.commit(store, *(told(row) for row in ROWS))
    database.commit(
        store,
        told(replaced(message(1), authority=RU)),
        told(replaced(message(1), direction="out")),
        told(part(1, 1)),
        told(case(1, counterpart="tm/mia")),
        told(case_event(1, version=2)),
        told(case_event(1, counterpart="tm/mia")),
        told(evidence(1, bundle=b"proof", giver=KZ)),
        told(evidence(1, bundle=b"proof", receiver=RU)),
        told(evidence(1, bundle=b"proof", manifest_digest="other")),
        told(replaced(IDEMPOTENCY, client="other")),
        told(replaced(ACTIVATION, admin="admin-2")),
    )
    assert database.counts("message", "evidence", "idempotency", "activation") == [3, 4, 2, 2]


BEFORE = (
    message(1),
    envelope(1, state="queued"),
    case(1),
    evidence(1, bundle=b"proof"),
    UPLOAD,
    PEER,
)
DELIVERED = EnvelopeDelivered(
    envelope_id="envelope-1", expected="queued", state="delivered", wrap=None, updated_ms=61
)
USED = UploadUsed(upload_id="upload-1", client="registry", expected=None, message_id="message-1")
SEEN = PeerSeen(origin="ru/log", size=9, checkpoint=b"next", frozen="fork")
SHIFTS = [QUEUED_TO_SENT, DELIVERED, MOVE, PUSHED, USED, SEEN]


@pytest.mark.parametrize("shift", SHIFTS, ids=lambda shift: type(shift).__name__)
def test_a_shift_moves_its_row_and_no_other(database: Database, store: SqlStore, shift: Shift) -> None:
    others = (
        message(2),
        envelope(2, state="queued"),
        case(2),
        evidence(2, bundle=b"proof"),
        msgspec.structs.replace(UPLOAD, upload_id="upload-2"),
        msgspec.structs.replace(PEER, origin="tm/log"),
    )
    database.commit(store, told(*BEFORE, *others))
    database.commit(store, told(shift))
    fields = [name for name in shift.__struct_fields__ if name not in shift.WHERE]
    found = database.run(f"SELECT {', '.join(fields)} FROM {shift.TABLE}")  # noqa: S608
    moved = tuple(getattr(shift, name) for name in fields)
    assert [row for row in found if row == moved] == [moved]
    assert len(found) == 2


WRONG: list[Shift] = [
    msgspec.structs.replace(QUEUED_TO_SENT, expected="sent"),
    msgspec.structs.replace(QUEUED_TO_SENT, envelope_id="envelope-9"),
    msgspec.structs.replace(DELIVERED, expected="sent"),
    msgspec.structs.replace(MOVE, expected=2),
    msgspec.structs.replace(MOVE, case_id="case-9"),
    msgspec.structs.replace(MOVE, counterpart=RU),
    *(
        msgspec.structs.replace(PUSHED, **{name: "another"})
        for name in ("authority", "message_id", "manifest_digest", "event", "giver", "receiver")
    ),
    msgspec.structs.replace(USED, client="another"),
    msgspec.structs.replace(USED, expected="message-0"),
    msgspec.structs.replace(SEEN, origin="tm/log"),
]


def test_a_shift_that_finds_nothing_is_a_conflict_and_nothing_is_written(
    database: Database, store: SqlStore
) -> None:
    database.commit(store, told(*BEFORE))
    before = database.counts(*TABLES)
    for shift in WRONG:
        with pytest.raises(Conflict) as caught:
            database.commit(store, received(7), told(shift))
        assert caught.value.what == shift.TABLE
        assert database.counts(*TABLES) == before


def test_an_upload_serves_one_message_only(database: Database, store: SqlStore) -> None:
    database.commit(store, told(UPLOAD))
    database.commit(store, told(USED))
    with pytest.raises(Conflict, match="upload"):
        database.commit(store, told(msgspec.structs.replace(USED, message_id="message-2")))
    found = store.upload("registry", "upload-1")
    assert found is not None
    assert found.message_id == "message-1"


def test_one_of_two_equal_shifts_in_a_group_is_a_conflict(database: Database, store: SqlStore) -> None:
    database.commit(store, told(case(1)))
    with pytest.raises(Conflict, match="case_file"):
        database.commit(store, told(MOVE), told(MOVE))
    found = store.case("case-1", KZ)
    assert found is not None
    assert found.version == 1


def test_shifts_of_a_group_follow_each_other(database: Database, store: SqlStore) -> None:
    further = msgspec.structs.replace(MOVE, expected=2, version=3, state="closed")
    database.commit(store, told(case(1)), told(MOVE), told(further))
    found = store.case("case-1", KZ)
    assert found is not None
    assert (found.version, found.state) == (3, "closed")


def test_delivery_drops_the_wrap(database: Database, store: SqlStore) -> None:
    database.commit(store, sent(1))
    database.commit(store, told(DELIVERED))
    [found] = store.envelopes("out", KZ, "message-1")
    assert (found.state, found.wrap) == ("delivered", None)


def test_what_logs_nothing_is_refused(database: Database, store: SqlStore) -> None:
    silent = Change((message(1),), ())
    for changes in ((), (silent,), (told(), silent)):
        with pytest.raises(ValueError, match="audit entry"):
            database.commit(store, *changes)
    assert database.counts(*TABLES) == [0] * len(TABLES)


def test_a_row_the_table_cannot_hold_is_no_conflict(database: Database, store: SqlStore) -> None:
    with pytest.raises(StoreUnavailable):
        database.commit(store, received(1), told(message(2, client=None)))
    assert database.counts(*TABLES) == [0] * len(TABLES)


class Failing:
    """A sequencer that cannot sign, or answers nonsense."""

    def __init__(self, answer: Exception | Sequenced) -> None:
        self._answer = answer

    def sequence(self, frontier: bytes | None, leaves: object, proofs: object) -> Sequenced:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _answer(**other: object) -> Sequenced:
    good = Sequenced(0, 3, [b"h" * 32] * 3, [], b"frontier", b"checkpoint", {0: b"proof", 2: b"proof"})
    return msgspec.structs.replace(good, **other)


def test_a_sequencer_that_fails_keeps_the_group_from_being_written(
    database: Database, store: SqlStore
) -> None:
    answers: list[Exception | Sequenced] = [
        OSError("the token is gone"),
        _answer(hashes=[b"h" * 32] * 2),
        _answer(hashes=[b"h" * 32] * 4, size=4),
        _answer(size=4),
        _answer(first=1, size=4),
        _answer(bundles={0: b"proof"}),
        _answer(bundles={}),
        _answer(nodes=[(8, 1, b"n" * 32)]),
    ]
    for answer in answers:
        with pytest.raises(StoreUnavailable):
            store.commit([received(1)], Failing(answer))
        assert database.counts(*TABLES) == [0] * len(TABLES)
    assert database.commit(store, received(1)).size == 3


def test_a_log_behind_its_head_is_reported_as_such(database: Database, store: SqlStore) -> None:
    with pytest.raises(LogBehindHead):
        store.commit([received(1)], Failing(LogBehindHead("older than the head")))
    assert database.counts(*TABLES) == [0] * len(TABLES)


class Looking:
    """Looks at the database while a group is being committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.seen: list[int] = []
        self.seen_by_snapshot: list[object] = []

    def sequence(self, frontier: bytes | None, leaves: list[bytes], proofs: list[int]) -> Sequenced:
        self.seen = self._database.counts(*TABLES)
        with self._database.readonly() as other:
            self.seen_by_snapshot = [other.message("in", "message-1"), *other.inbox(0, 10), other.frontier()]
        return self._database.sequencer.sequence(frontier, leaves, proofs)


def test_others_see_nothing_before_the_checkpoint_is_committed(database: Database, store: SqlStore) -> None:
    looking = Looking(database)
    store.commit([received(1)], looking)
    assert looking.seen == [0] * len(TABLES)
    assert looking.seen_by_snapshot == [None, None]
    assert store.message("in", "message-1") == message(1)


def test_keys_are_in_the_vault_and_not_in_the_database(database: Database, store: SqlStore) -> None:
    change = received(1)
    database.commit(store, change)
    assert (store.vault_case(CASE_1), store.vault_keys("envelope-1")) == change.keys
    assert store.vault_case("case-2") is None
    assert store.vault_keys("envelope-2") is None
    if database.kind == "sqlite":
        database.close()
        assert b"P" * 40 not in (database.folder / "node.db").read_bytes()


def test_keys_left_by_a_failed_group_are_replaced(database: Database, store: SqlStore) -> None:
    first = received(1)
    with pytest.raises(StoreUnavailable):
        store.commit([first], Failing(OSError("no token")))
    other = (VaultCase(CASE_1, b"D" * 40), VaultKeys("envelope-1", CASE_1, b"Q" * 80))
    database.commit(store, msgspec.structs.replace(first, keys=other))
    assert (store.vault_case(CASE_1), store.vault_keys("envelope-1")) == other


@pytest.mark.parametrize(
    ("key", "table"),
    [
        (VaultCase(CASE_1, b"D" * 40), "case_key"),
        (VaultKeys("envelope-1", CASE_1, b"Q" * 80), "part_keys"),
    ],
)
def test_keys_in_use_are_never_overwritten(
    database: Database, store: SqlStore, key: VaultCase | VaultKeys, table: str
) -> None:
    change = received(1)
    database.commit(store, change)
    with pytest.raises(Conflict, match=table):
        database.commit(store, Change((), (Entry(b"evil"),), (key,)))
    assert (store.vault_case(CASE_1), store.vault_keys("envelope-1")) == change.keys
    assert store.leaf_index("evil") == []
    assert database.counts("audit_leaf") == [3]


def test_the_same_keys_again_are_no_conflict(database: Database, store: SqlStore) -> None:
    change = received(1)
    database.commit(store, change)
    database.commit(store, Change((), (Entry(b"again"),), change.keys))
    assert store.vault_keys("envelope-1") == change.keys[1]
