"""Rows, changes and a sequencer for the store's tests."""

from collections.abc import Sequence
from typing import Any

from audit.tree import Frontier, extend, leaf_hash
from gateway.ports.rows import (
    CaseEventRow,
    CaseRow,
    EnvelopeRow,
    EvidenceRow,
    MessageRow,
    PartRow,
    Write,
)
from gateway.ports.store import Change, Entry, Sequenced, VaultCase, VaultKeys, vault_id

KZ, RU = "kz/mia", "ru/mvd"


class PlainSequencer:
    """Builds the real tree; its checkpoints are unsigned text, its bundles name leaf and index."""

    def __init__(self) -> None:
        self.frontiers: list[bytes | None] = []

    def sequence(self, frontier: bytes | None, leaves: Sequence[bytes], proofs: Sequence[int]) -> Sequenced:
        self.frontiers.append(frontier)
        old = Frontier() if frontier is None else Frontier.unpack(frontier)
        hashes = [leaf_hash(leaf) for leaf in leaves]
        grown = extend(old, hashes)
        return Sequenced(
            first=old.size,
            size=grown.frontier.size,
            hashes=hashes,
            nodes=grown.completed,
            frontier=grown.frontier.pack(),
            checkpoint=checkpoint_text(grown.frontier.size, grown.root),
            bundles={i: bundle_text(old.size + i, leaves[i]) for i in proofs},
        )


def checkpoint_text(size: int, root: bytes) -> bytes:
    return f"test/log\n{size}\n{root.hex()}\n".encode()


def bundle_text(index: int, leaf: bytes) -> bytes:
    return b"bundle %d of " % index + leaf


def message(number: int, **other: Any) -> MessageRow:
    values: dict[str, Any] = {
        "direction": "in",
        "authority": KZ,
        "message_id": f"message-{number}",
        "manifest_digest": f"digest-{number}",
        "kind": "request",
        "case_id": f"case-{number}",
        "in_reply_to": None,
        "agreement": "kz-ru-mvd-2008",
        "pack": "pack-1",
        "sender": KZ,
        "recipients": RU,
        "level": "open",
        "purpose": "search for a person",
        "created_ms": 1_000 + number,
        "expires_ms": 9_000,
        "accepted_ms": 2_000 + number,
        "client": "",
        "decision": b'{"permit":true}',
    }
    return MessageRow(**values | other)


def envelope(number: int, **other: Any) -> EnvelopeRow:
    values: dict[str, Any] = {
        "envelope_id": f"envelope-{number}",
        "direction": "in",
        "authority": KZ,
        "message_id": f"message-{number}",
        "peer": KZ,
        "header": b"\x00header\xff",
        "wrap": b"wrap",
        "state": "inbox",
    }
    return EnvelopeRow(**values | other)


def part(number: int, position: int) -> PartRow:
    inline = None if position > 1 else b"\x00sealed %d" % position
    return PartRow(
        envelope_id=f"envelope-{number}",
        position=position,
        size=10 + position,
        ciphertext=inline,
        blob="a-blob" if inline is None else None,
    )


def evidence(number: int, event: str = "RelayAcceptance", **other: Any) -> EvidenceRow:
    values: dict[str, Any] = {
        "authority": KZ,
        "message_id": f"message-{number}",
        "manifest_digest": f"digest-{number}",
        "event": event,
        "giver": RU,
        "receiver": KZ,
        "at_ms": 2_000 + number,
        "bundle": None,
        "pushed": 0,
    }
    return EvidenceRow(**values | other)


def case(number: int, **other: Any) -> CaseRow:
    values: dict[str, Any] = {
        "case_id": f"case-{number}",
        "counterpart": KZ,
        "agreement": "kz-ru-mvd-2008",
        "requester": KZ,
        "executor": RU,
        "state": "requested",
        "version": 1,
        "opened_ms": 2_000,
        "updated_ms": 2_000,
    }
    return CaseRow(**values | other)


def case_event(number: int, version: int = 1, counterpart: str = KZ) -> CaseEventRow:
    return CaseEventRow(
        case_id=f"case-{number}",
        counterpart=counterpart,
        version=version,
        authority=KZ,
        message_id=f"message-{number}",
        kind="request",
        role="requester",
        state="requested",
        at_ms=2_000 + version,
    )


def told(*writes: Write, leaf: bytes = b"told", about: str = "") -> Change:
    """A change with one plain audit entry."""
    return Change(writes, (Entry(leaf, about),))


def sent(number: int, client: str = "registry", **other: Any) -> Change:
    """A message of ours with its envelope, queued."""
    ours = envelope(number, **{"direction": "out", "peer": RU, "state": "queued"} | other)
    row = message(number, direction="out", client=client)
    return told(row, ours, part(number, 0), part(number, 1), leaf=b"sent %d" % number)


def received(number: int) -> Change:
    """Everything one received message writes: six rows, two pieces of evidence, an internal entry, keys."""
    return Change(
        (
            message(number),
            envelope(number),
            part(number, 0),
            part(number, 2),
            case(number),
            case_event(number),
        ),
        (
            Entry(b"relay %d" % number, f"message-{number}", evidence(number)),
            Entry(b"internal %d" % number, f"message-{number}"),
            Entry(b"consigned %d" % number, f"message-{number}", evidence(number, "ContentConsignment")),
        ),
        (
            VaultCase(vault_id(f"case-{number}", KZ), b"C" * 39 + bytes([number % 256])),
            VaultKeys(
                f"envelope-{number}", vault_id(f"case-{number}", KZ), b"P" * 79 + bytes([number % 256])
            ),
        ),
    )
