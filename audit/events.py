"""Leaves: one salted, canonical JSON object per audit event, checked against the closed catalogue.

A leaf is 16 random bytes followed by JSON with sorted ASCII keys (`at`, `event`, `v` and the event's fields).
The salt keeps a leaf's hash from telling anything to those who see it in a neighbour's proof.
"""

from collections.abc import Mapping

import msgspec
import orjson

from audit.catalogue import CATALOGUE, EVIDENCE_EVENTS
from audit.errors import EventRefused, MalformedLeaf
from audit.event_spec import Event, EventSpec
from audit.fields import CHECKERS, MAX_INT, FieldType, FieldValue, refuse

__all__ = [
    "CATALOGUE", "EVIDENCE_EVENTS", "MAX_LEAF_BYTES", "SALT_BYTES", "Event", "EventSpec", "FieldType",
    "FieldValue", "LeafRecord", "decode_leaf", "encode_leaf",
]  # fmt: skip

SALT_BYTES = 16
MAX_LEAF_BYTES = 65535
"""What the entry tiles of C2SP tlog-tiles can hold."""

_VERSION = 1
_COMPILED = {
    spec.event.value: (frozenset(spec.fields), spec.required, {name: CHECKERS[name] for name in spec.fields})
    for spec in CATALOGUE.values()
}


class LeafRecord(msgspec.Struct, frozen=True):
    """A decoded leaf: 16 salt bytes, event, instant in Unix milliseconds, checked fields."""

    salt: bytes
    event: Event
    at: int
    fields: dict[str, FieldValue]

    @property
    def peer_visible(self) -> bool:
        """Whether the leaf is evidence, meant to be given to peers."""
        return self.event in EVIDENCE_EVENTS


def encode_leaf(salt: bytes, event: Event, at: int, fields: Mapping[str, FieldValue]) -> bytes:
    """The leaf of an event that happened at `at` (Unix milliseconds), under 16 random salt bytes.

    Raises `EventRefused`, naming every field that is unknown, missing or not of its type.
    """
    allowed, required, checkers = _COMPILED[event]
    if not fields.keys() >= required:
        raise refuse(event, dict(fields), allowed, required)
    for name, value in fields.items():
        check = checkers.get(name)
        if check is None or not check(value):
            raise refuse(event, dict(fields), allowed, required)
    if len(salt) != SALT_BYTES or type(at) is not int or not 0 <= at <= MAX_INT:
        raise EventRefused(f"{event}: a leaf takes {SALT_BYTES} salt bytes and an instant in milliseconds")
    content = {**fields, "at": at, "event": event.value, "v": _VERSION}
    leaf = salt + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    if len(leaf) > MAX_LEAF_BYTES:
        raise EventRefused(f"{event}: a leaf has at most {MAX_LEAF_BYTES} bytes")
    return leaf


def decode_leaf(leaf: bytes) -> LeafRecord:
    """Read a leaf; only the very bytes `encode_leaf` would write are accepted. Raises `MalformedLeaf`."""
    if len(leaf) > MAX_LEAF_BYTES:
        raise MalformedLeaf(f"a leaf has at most {MAX_LEAF_BYTES} bytes")
    salt, content = leaf[:SALT_BYTES], leaf[SALT_BYTES:]
    try:
        fields = orjson.loads(content)
        event, at = Event(fields.pop("event")), fields.pop("at")
        fields.pop("v")
        canonical = encode_leaf(salt, event, at, fields)
    except (AttributeError, KeyError, TypeError, ValueError, EventRefused) as error:
        raise MalformedLeaf("the leaf is not a catalogued event") from error
    if canonical != leaf:
        raise MalformedLeaf("the leaf is not in its canonical encoding")
    return LeafRecord(salt, event, at, fields)
