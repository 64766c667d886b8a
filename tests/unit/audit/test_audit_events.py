"""The closed catalogue: what may be logged, in one encoding, and nothing else."""

import json
import re
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import EventRefused, MalformedLeaf
from audit.events import (
    CATALOGUE,
    EVIDENCE_EVENTS,
    MAX_LEAF_BYTES,
    SALT_BYTES,
    Event,
    decode_leaf,
    encode_leaf,
)
from audit.events_page import render
from audit.fields import FIELDS, MAX_INT, MAX_ITEMS

SALT = bytes(range(16))
AT = 1_760_000_000_000
EXAMPLES = {
    "act": "collect",
    "admins": ["A" * 43, "B" * 43],
    "agreement": "kz-tm-2024",
    "authority": "kz/mia",
    "case": "kz-2025/0017",
    "client": "ovd-almaty-1",
    "clock": "execution",
    "moment": "obstacle_known",
    "duty": "executor",
    "owner": "tm/mvd",
    "evidence": "RelayAcceptance",
    "found_in": "part:2",
    "from_date": "2025-11-27",
    "from_state": "open",
    "key": "k" * 43,
    "kind": "clarification_query",
    "level": "official_use",
    "missing": ["agreement_in_force"],
    "origin": "gw.kz.example:8443/audit/2025",
    "outcome": "denied",
    "pack": "kz-tm-2024@1.2#0123456789abcdef",
    "pack_named": "kz-tm-2024@1#fedcba9876543210",
    "party": "KZ",
    "peer": "ru/mvd",
    "provisions": ["kz-tm-2024/4.4", "kz-tm-2024/1.1(14)", "baseline/onward-transfer"],
    "purpose": "investigation",
    "reason": "state_secret",
    "recipient": "tm/mvd",
    "recipients": ["ru/mvd", "tm/mvd"],
    "scopes": ["messages:send", "inbox:read"],
    "to_state": "closed",
    "version": "0.1.0",
}
UUID_EXAMPLE = "01890a5d-ac96-774b-bcce-b302099a8057"
DIGEST_EXAMPLE = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def example(name):
    if name in EXAMPLES:
        return EXAMPLES[name]
    pattern = FIELDS[name].pattern
    if pattern is None:
        return 7
    return UUID_EXAMPLE if "{8}-" in pattern else DIGEST_EXAMPLE


def fields_of(event, only_required=False):
    spec = CATALOGUE[event]
    return {name: example(name) for name in (spec.required if only_required else spec.fields)}


RECEIVED = fields_of(Event.EVIDENCE_RECEIVED)


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("only_required", [True, False])
def test_every_event_is_read_back_as_written(event, only_required) -> None:
    fields = fields_of(event, only_required)
    record = decode_leaf(encode_leaf(SALT, event, AT, fields))
    assert (record.salt, record.event, record.at, record.fields) == (SALT, event, AT, fields)
    assert record.peer_visible is (event in EVIDENCE_EVENTS)


@pytest.mark.parametrize("event", list(Event))
def test_no_event_goes_without_a_required_field_or_with_a_foreign_one(event) -> None:
    spec = CATALOGUE[event]
    for name in spec.required:
        rest = {other: value for other, value in fields_of(event).items() if other != name}
        with pytest.raises(EventRefused, match=f"missing {name}"):
            encode_leaf(SALT, event, AT, rest)
    for foreign in {"note", "subject", "at", "event", "v", *FIELDS} - spec.fields.keys():
        with pytest.raises(EventRefused, match=f"unknown {foreign}"):
            encode_leaf(SALT, event, AT, {**fields_of(event), foreign: "x"})


@pytest.mark.parametrize("event", list(Event))
def test_no_field_takes_free_text_or_another_type(event) -> None:
    for name in CATALOGUE[event].fields:
        for wrong in (
            "Free text about a person.",
            "",
            "Иванов",
            "x\n",
            -1,
            1.5,
            True,
            None,
            [],
            {},
            b"x",
            MAX_INT + 1,
        ):
            with pytest.raises(EventRefused, match=f"wrong {name}"):
                encode_leaf(SALT, event, AT, {**fields_of(event), name: wrong})
        correct = example(name)
        swapped = correct[0] if type(correct) is list else [correct]
        with pytest.raises(EventRefused, match=f"wrong {name}"):
            encode_leaf(SALT, event, AT, {**fields_of(event), name: swapped})


def test_the_catalogue_has_every_event_once_and_gives_only_evidence_to_peers() -> None:
    assert list(CATALOGUE) == list(Event)
    assert {event.value for event in EVIDENCE_EVENTS} == {
        "SubmissionAcceptance",
        "SubmissionRejection",
        "RelayAcceptance",
        "RelayRejection",
        "ContentConsignment",
        "ContentConsignmentFailure",
        "ContentHandover",
    }
    for event in EVIDENCE_EVENTS:
        assert set(CATALOGUE[event].fields) == {"authority", "message", "manifest", "reason", "recipient"}


def test_every_field_of_the_table_is_used_and_none_is_a_reserved_key() -> None:
    used = {name for spec in CATALOGUE.values() for name in spec.fields}
    assert used == set(FIELDS)
    assert not used & {"at", "event", "v"}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_pattern_admits_a_space_a_line_end_or_another_script(name) -> None:
    pattern = FIELDS[name].pattern
    if pattern is None:
        return
    values = [example(name)] if isinstance(example(name), str) else example(name)
    for value in values:
        assert re.fullmatch(pattern, value)
        for intruder in (" ", "\n", "\x00", "ж", '"', "\\", "\u2028"):
            for place in (0, len(value) // 2, len(value)):
                assert not re.fullmatch(pattern, value[:place] + intruder + value[place:])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("message", UUID_EXAMPLE.upper()),
        ("message", UUID_EXAMPLE + "0"),
        ("manifest", "A" * 42),
        ("manifest", "A" * 42 + "B"),
        ("manifest", "A" * 43 + "="),
        ("manifest", "+" * 43),
        ("authority", "kz"),
        ("authority", "KZ/mia"),
        ("authority", "kz/mia/x/y"),
        ("origin", "https://gw.example/audit/2025"),
        ("origin", "gw.example"),
        ("evidence", "RelayAccepted"),
        ("evidence", "message.submitted"),
    ],
)
def test_near_misses_of_ids_and_digests_are_refused(name, wrong) -> None:
    with pytest.raises(EventRefused, match=f"wrong {name}"):
        encode_leaf(SALT, Event.EVIDENCE_RECEIVED, AT, {**RECEIVED, name: wrong})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("case", "ivanov"),
        ("case", "x" * 64 + "1"),
        ("provisions", ["kz-tm-2024"]),
        ("provisions", ["kz-tm-2024/4.4 and more"]),
        ("provisions", ["kz-tm-2024/4.4", 4]),
        ("provisions", ["kz-tm-2024/4.4"] * (MAX_ITEMS + 1)),
        ("provisions", ("kz-tm-2024/4.4",)),
        ("pack", "kz-tm-2024@1"),
        ("pack", "kz-tm-2024#0123456789abcdef"),
        ("kind", "Request"),
    ],
)
def test_near_misses_of_codes_and_lists_are_refused(name, wrong) -> None:
    fields = fields_of(Event.MESSAGE_SUBMITTED)
    with pytest.raises(EventRefused, match=f"wrong {name}"):
        encode_leaf(SALT, Event.MESSAGE_SUBMITTED, AT, {**fields, name: wrong})


def test_a_refusal_does_not_repeat_what_must_not_be_logged() -> None:
    with pytest.raises(EventRefused) as refused:
        encode_leaf(SALT, Event.NODE_STOPPED, AT, {"reason": "Suspect named Whoever"})
    assert "Whoever" not in str(refused.value)


@pytest.mark.parametrize(
    ("salt", "at"),
    [(b"", AT), (SALT[:15], AT), (SALT + b"x", AT), (SALT, -1), (SALT, 1.0), (SALT, True), (SALT, 1 << 53)],
)
def test_a_leaf_takes_16_salt_bytes_and_an_instant(salt, at) -> None:
    with pytest.raises(EventRefused):
        encode_leaf(salt, Event.NODE_STOPPED, at, {"reason": "sigterm"})


def test_lists_too_long_together_do_not_make_a_leaf_the_tiles_cannot_hold() -> None:
    fields = fields_of(Event.MESSAGE_DENIED)
    provisions = [f"{'a' * 64}/{'1' * 64}"] * MAX_ITEMS
    recipients = [f"kz/{'a' * 64}"] * MAX_ITEMS
    missing = ["m" * 64] * MAX_ITEMS
    with pytest.raises(EventRefused, match=str(MAX_LEAF_BYTES)):
        encode_leaf(
            SALT, Event.MESSAGE_DENIED, AT,
            {**fields, "provisions": provisions, "recipients": recipients, "missing": missing},
        )  # fmt: skip


def test_a_leaf_is_salt_and_sorted_compact_json() -> None:
    leaf = encode_leaf(SALT, Event.NODE_STOPPED, AT, {"size": 3, "reason": "sigterm"})
    assert leaf[:SALT_BYTES] == SALT
    assert (
        leaf[SALT_BYTES:] == b'{"at":1760000000000,"event":"node.stopped","reason":"sigterm","size":3,"v":1}'
    )


def leaf_with(**changes):
    content = {"at": AT, "event": "node.stopped", "reason": "sigterm", "v": 1, **changes}
    return SALT + orjson.dumps(
        {k: v for k, v in content.items() if v is not None}, option=orjson.OPT_SORT_KEYS
    )


STOPPED = {"at": AT, "event": "node.stopped", "reason": "sigterm", "v": 1}


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        SALT,
        SALT + b"{}",
        SALT + b"[]",
        SALT + b"null",
        SALT + b'"node.stopped"',
        SALT + b"[" * 5000,
        leaf_with()[1:],
        leaf_with()[:-1],
        leaf_with() + b"\n",
        SALT + json.dumps(STOPPED).encode(),
        SALT + json.dumps(dict(reversed(STOPPED.items())), separators=(",", ":")).encode(),
        SALT + leaf_with()[16:].replace(b'"v":1', b'"v":1,"v":1'),
        SALT + leaf_with()[16:].replace(b"sigterm", b"sigter\\u006d"),
        SALT + leaf_with()[16:].replace(b'"v":1', b'"v":1.0'),
        leaf_with(v=2),
        leaf_with(v="1"),
        leaf_with(v=True),
        leaf_with(v=None),
        leaf_with(at=None),
        leaf_with(at="1760000000000"),
        leaf_with(event=None),
        leaf_with(event="node.exploded"),
        leaf_with(event=["node.stopped"]),
        leaf_with(reason=None),
        leaf_with(reason="A Name"),
        leaf_with(note="x"),
        leaf_with(reason="x" * MAX_LEAF_BYTES),
    ],
)
def test_other_bytes_are_not_a_leaf(leaf) -> None:
    assert decode_leaf(leaf_with()).event is Event.NODE_STOPPED
    with pytest.raises(MalformedLeaf):
        decode_leaf(leaf)


@given(st.integers(SALT_BYTES, 10_000), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_whatever_decodes_has_exactly_one_encoding(spot, value) -> None:
    leaf = bytearray(encode_leaf(SALT, Event.EVIDENCE_RECEIVED, AT, RECEIVED))
    leaf[SALT_BYTES + spot % (len(leaf) - SALT_BYTES)] = value
    try:
        record = decode_leaf(bytes(leaf))
    except MalformedLeaf:
        return
    assert encode_leaf(record.salt, record.event, record.at, record.fields) == leaf


def test_the_checked_in_page_is_the_catalogue() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "AUDIT-EVENTS.md"
    assert page.read_text(encoding="utf-8") == render(), (
        "run: python -m audit.events_page > docs/AUDIT-EVENTS.md"
    )
