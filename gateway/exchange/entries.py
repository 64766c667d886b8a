"""Audit entries: short ways to write the leaves that the steps need (catalogue: docs/AUDIT-EVENTS.md)."""

from collections.abc import Mapping, Sequence

from audit.events import SALT_BYTES, Event, FieldValue, encode_leaf
from gateway.exchange.manifest import Manifest
from gateway.exchange.node import Node
from gateway.ports.rows import EvidenceRow
from gateway.ports.store import Entry
from keys import b64
from policies.decision import Decision

MAX_PROVISIONS = 32


def entry(node: Node, event: Event, at_ms: int, fields: Mapping[str, FieldValue], about: str = "") -> Entry:
    """An internal entry. `about` is the id it can be found under."""
    return Entry(encode_leaf(node.entropy.random_bytes(SALT_BYTES), event, at_ms, fields), about=about)


def given(
    node: Node,
    event: Event,
    at_ms: int,
    *,
    authority: str,
    message_id: str,
    manifest_digest: str,
    receiver: str,
    pushed: bool,
    reason: str | None = None,
    expires_ms: int = 0,
) -> Entry:
    """An evidence entry of ours (ETSI EN 319 522): the leaf is what the receiver gets a proof of.

    Args:
        authority: the message's sealing authority.
        receiver: whom the evidence is for: the peer, or ourselves for a client's SubmissionAcceptance.
        pushed: True if the receiver gets it another way than by callback.
        reason: coarse reason code, required for a rejection.
        expires_ms: until when a callback is tried.
    """
    fields: dict[str, FieldValue] = {
        "authority": authority,
        "message": message_id,
        "manifest": manifest_digest,
    }
    if authority != node.authority:
        fields["recipient"] = node.authority
    if reason is not None:
        fields["reason"] = reason
    row = EvidenceRow(
        authority=authority,
        message_id=message_id,
        manifest_digest=manifest_digest,
        event=event.value,
        giver=node.authority,
        receiver=receiver,
        at_ms=at_ms,
        bundle=None,
        pushed=int(pushed),
        expires_ms=expires_ms,
    )
    leaf = encode_leaf(node.entropy.random_bytes(SALT_BYTES), event, at_ms, fields)
    return Entry(leaf, about=message_id, evidence=row)


def message_fields(node: Node, manifest: Manifest, digest: str) -> dict[str, FieldValue]:
    """The fields that tell which message an entry is about."""
    fields: dict[str, FieldValue] = {
        "authority": manifest.sender,
        "message": manifest.id,
        "manifest": digest,
        "case": manifest.case,
        "kind": manifest.kind,
        "agreement": manifest.agreement,
        "level": manifest.level,
    }
    if node.agreements.pack(manifest.agreement) is not None:
        fields["pack"] = node.agreements.logged(manifest.agreement)
    return fields


def provisions(decision: Decision) -> list[str]:
    """The provisions a decision cites, as a leaf holds them."""
    return list(decision.provisions[:MAX_PROVISIONS])


def keyed(node: Node, data: bytes) -> str:
    """A keyed digest of content, for an entry that must name it without keeping it."""
    return b64.encode(node.case_keys.digest(data))


def codes(names: Sequence[str]) -> list[str]:
    """Names as closed codes for a leaf (fact names use underscores and dots only)."""
    return [name.replace("*", "any").lower() for name in names][:MAX_PROVISIONS]
