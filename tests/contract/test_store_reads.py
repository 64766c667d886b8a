"""Every read of the port, with what it must leave out."""

import msgspec
from store_database import Database
from store_world import (
    KZ,
    RU,
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

from gateway.ports.rows import (
    ActivationRow,
    AssertionRow,
    DisclosureRow,
    EnvelopeState,
    IdempotencyRow,
    PeerRow,
    UploadRow,
)
from gateway.store.sql import SqlStore


def test_an_empty_store_has_nothing(store: SqlStore) -> None:
    assert store.messages("in", KZ, ["message-1"]) == []
    assert store.messages("in", KZ, []) == []
    assert store.message("in", "message-1") is None
    assert store.messages_page(None, 0, 10) == []
    assert store.envelopes("in", KZ, "message-1") == []
    assert store.parts("envelope-1") == []
    assert store.waiting_peers() == []
    assert store.queued_envelopes(RU, 10) == []
    assert store.unpushed_evidence(RU, 10) == []
    assert store.evidence(KZ, "message-1", "digest-1") == []
    assert store.inbox(0, 10) == []
    assert store.inbox_item("envelope-1") is None
    assert store.case("case-1", KZ) is None
    assert store.cases("case-1") == []
    assert store.case_events("case-1", KZ) == []
    assert store.idempotency("registry", "k") is None
    assert not store.disclosed("registry", "envelope-1")
    assert store.upload("registry", "upload-1") is None
    assert store.activations() == []
    assert store.peers() == []
    assert store.prune(1 << 60) == 0


def test_messages_finds_exactly_those_asked_for(database: Database, store: SqlStore) -> None:
    database.commit(store, told(*(message(n) for n in range(160))))
    for wanted in (1, 2, 63, 64, 65, 150):
        ids = [f"message-{n}" for n in range(wanted)]
        found = store.messages("in", KZ, [*ids, "message-999", ids[0]])
        assert sorted(row.message_id for row in found) == sorted(ids)


def test_messages_of_another_authority_or_direction_are_not_found(
    database: Database, store: SqlStore
) -> None:
    database.commit(store, told(message(1)))
    assert store.messages("in", RU, ["message-1"]) == []
    assert store.messages("out", KZ, ["message-1"]) == []
    assert store.message("out", "message-1") is None
    assert store.messages("in", KZ, ["message-1"]) == [message(1)]
    assert store.message("in", "message-1") == message(1)


def test_one_id_used_by_two_authorities_does_not_mix_them(database: Database, store: SqlStore) -> None:
    theirs = message(1, authority=RU, manifest_digest="theirs")
    database.commit(store, told(message(1)), told(theirs))
    assert store.messages("in", RU, ["message-1"]) == [theirs]
    assert store.message("in", "message-1") == message(1)


def test_pages_of_sent_messages_go_on_where_they_stopped(database: Database, store: SqlStore) -> None:
    for number in range(7):
        database.commit(
            store, sent(number, client="registry" if number % 2 else "other"), received(50 + number)
        )
    seen, after = [], 0
    while page := store.messages_page(None, after, 3):
        assert len(page) <= 3
        seen += [row.message_id for _, row in page]
        after = page[-1][0]
    assert seen == [f"message-{n}" for n in range(7)]
    mine = store.messages_page("registry", 0, 10)
    assert [row.message_id for _, row in mine] == ["message-1", "message-3", "message-5"]
    assert [row.message_id for _, row in store.messages_page("registry", mine[0][0], 1)] == ["message-3"]
    assert store.messages_page("nobody", 0, 10) == []


def test_the_inbox_has_received_messages_only_and_pages(database: Database, store: SqlStore) -> None:
    for number in range(5):
        database.commit(store, received(number), sent(20 + number))
    first = store.inbox(0, 3)
    rest = store.inbox(first[-1].cursor, 3)
    items = first + rest
    assert [item.message for item in items] == [message(n) for n in range(5)]
    assert [item.envelope for item in items] == [envelope(n) for n in range(5)]
    assert [item.cursor for item in items] == sorted({item.cursor for item in items})
    assert store.inbox(rest[-1].cursor, 3) == []
    assert store.inbox_item("envelope-3") == items[3]
    assert store.inbox_item("envelope-20") is None
    assert store.inbox_item("message-3") is None


def test_envelopes_and_parts_come_in_order(database: Database, store: SqlStore) -> None:
    ours = [envelope(n, message_id="message-1", direction="out", peer=f"p{n}") for n in (3, 1, 2)]
    database.commit(store, told(*ours, envelope(9), part(1, 2), part(1, 0), part(1, 1), part(2, 0)))
    assert store.envelopes("out", KZ, "message-1") == ours
    assert store.envelopes("in", KZ, "message-1") == []
    assert store.envelopes("out", RU, "message-1") == []
    assert store.parts("envelope-1") == [part(1, 0), part(1, 1), part(1, 2)]


def test_queued_envelopes_are_ours_and_of_that_peer_in_order(database: Database, store: SqlStore) -> None:
    for number in (3, 1, 2):
        database.commit(store, sent(number))
    database.commit(
        store,
        sent(4, peer="tm/mia"),
        told(envelope(8, direction="out", peer=RU, state="sent"), message(8, direction="out")),
        told(envelope(9, direction="in", peer=RU, state="queued"), message(9)),
    )
    queued = store.queued_envelopes(RU, 10)
    assert [pending.envelope.envelope_id for pending in queued] == ["envelope-3", "envelope-1", "envelope-2"]
    assert [pending.manifest_digest for pending in queued] == ["digest-3", "digest-1", "digest-2"]
    assert queued[1].parts == (part(1, 0), part(1, 1))
    assert queued[1].envelope == envelope(1, direction="out", peer=RU, state="queued")
    assert store.queued_envelopes(RU, 2) == queued[:2]
    assert store.queued_envelopes("kz/other", 10) == []


def test_an_envelope_that_left_is_not_queued_until_put_back(database: Database, store: SqlStore) -> None:
    database.commit(store, sent(1))
    leave = EnvelopeState(envelope_id="envelope-1", expected="queued", state="sent", updated_ms=1)
    database.commit(store, told(leave))
    assert store.queued_envelopes(RU, 10) == []
    assert store.waiting_peers() == []
    database.commit(store, told(msgspec.structs.replace(leave, expected="sent", state="queued")))
    assert len(store.queued_envelopes(RU, 10)) == 1
    assert store.waiting_peers() == [RU]


def test_peers_wait_for_queued_envelopes_or_unpushed_evidence(database: Database, store: SqlStore) -> None:
    for number in range(4):
        database.commit(store, sent(number, peer="tm/mia" if number % 2 else "ru/mvd"))
    database.commit(
        store,
        told(envelope(7, direction="in", peer="in/only", state="queued"), message(7)),
        told(envelope(8, direction="out", peer="was/sent", state="sent"), message(8, direction="out")),
        told(
            evidence(1, bundle=b"proof", receiver="kz/mia"), evidence(2, bundle=b"proof", receiver="kz/mia")
        ),
        told(evidence(3, bundle=b"proof", receiver="tm/mia")),
        told(evidence(4, bundle=b"proof", receiver="has/it", pushed=1)),
    )
    assert store.waiting_peers() == ["kz/mia", "ru/mvd", "tm/mia"]


def test_unpushed_evidence_is_of_that_peer_in_the_order_given(database: Database, store: SqlStore) -> None:
    rows = [
        evidence(2, bundle=b"proof", at_ms=90),
        evidence(1, bundle=b"proof", at_ms=10),
        evidence(3, bundle=b"proof", pushed=1),
        evidence(4, bundle=b"proof", receiver="tm/mia"),
    ]
    for row in rows:
        database.commit(store, told(row))
    assert store.unpushed_evidence(KZ, 10) == rows[:2]
    assert store.unpushed_evidence(KZ, 1) == rows[:1]
    assert store.unpushed_evidence(RU, 10) == []


def test_evidence_is_in_order_of_time_and_of_one_message_only(database: Database, store: SqlStore) -> None:
    later = evidence(1, "ContentHandover", bundle=b"3", at_ms=900)
    early = evidence(1, "RelayAcceptance", bundle=b"1", at_ms=100)
    same_time = evidence(1, "ContentConsignment", bundle=b"2", at_ms=100)
    database.commit(store, told(later, early, same_time, evidence(2, bundle=b"4")))
    database.commit(store, told(evidence(1, bundle=b"5", manifest_digest="forged")))
    assert store.evidence(KZ, "message-1", "digest-1") == [early, same_time, later]
    assert store.evidence(RU, "message-1", "digest-1") == []


def test_a_case_is_kept_apart_by_counterpart(database: Database, store: SqlStore) -> None:
    others = case(1, counterpart="tm/mia"), case_event(1, 1, "tm/mia")
    database.commit(store, told(*others, case(1), case_event(1, 2), case_event(1, 1), case(2), case_event(2)))
    assert store.case("case-1", KZ) == case(1)
    assert store.case("case-1", "az/mia") is None
    assert store.cases("case-1") == [case(1), others[0]]
    assert store.case_events("case-1", KZ) == [case_event(1, 1), case_event(1, 2)]
    assert store.case_events("case-1", "tm/mia") == [others[1]]


def test_records_of_one_client_are_not_found_for_another(database: Database, store: SqlStore) -> None:
    used = IdempotencyRow(client="a", idempotency_key="k", request_digest="d", message_id="m", at_ms=1)
    shown = DisclosureRow(client="a", envelope_id="envelope-1", purpose="p", at_ms=1)
    upload = UploadRow(
        upload_id="u",
        client="a",
        size=1,
        digest="d",
        blob="b",
        wrapped_key=b"\x00k",
        message_id=None,
        created_ms=1,
    )
    database.commit(store, told(used, shown, upload))
    assert store.idempotency("a", "k") == used
    assert store.idempotency("b", "k") is None
    assert store.idempotency("a", "other") is None
    assert store.disclosed("a", "envelope-1")
    assert not store.disclosed("b", "envelope-1")
    assert not store.disclosed("a", "envelope-2")
    assert store.upload("a", "u") == upload
    assert store.upload("b", "u") is None


def test_activations_and_peers(database: Database, store: SqlStore) -> None:
    def activation(admin: str, at_ms: int) -> ActivationRow:
        return ActivationRow(
            agreement="kz-tm-2024",
            from_date="2025-01-01",
            reference="r",
            statement_digest="d",
            admin=admin,
            statement="s",
            at_ms=at_ms,
        )

    second, first = activation("admin-2", 20), activation("admin-1", 10)
    peers = [PeerRow(origin=o, size=1, checkpoint=b"c", frozen=None) for o in ("ru/log", "tm/log")]
    database.commit(store, told(second, first, peers[1], peers[0]))
    assert store.activations() == [first, second]
    assert store.peers() == peers


def test_prune_drops_expired_assertions_only(database: Database, store: SqlStore) -> None:
    rows = [AssertionRow(client="a", jti=f"j{at}", expires_ms=at) for at in (10, 20, 30)]
    database.commit(store, told(*rows))
    assert store.prune(20) == 2 + 1
    assert database.run("SELECT jti FROM assertion") == [("j30",)]
    assert store.prune(20) == 0


def test_text_is_only_ever_a_value(database: Database, store: SqlStore) -> None:
    texts = ("'; DROP TABLE message; --", "%s", ":id", "?", "Қазақстан", "a" * 2_000)
    for index, text in enumerate(texts):
        row = message(index, message_id=text, purpose=text)
        database.commit(store, told(row, about=text))
        assert store.message("in", text) == row
        assert store.messages("in", KZ, [text]) == [row]
        assert store.leaf_index(text) == [index]
