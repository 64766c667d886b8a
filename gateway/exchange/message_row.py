"""A permitted message as the store keeps it, the same at both ends."""

from typing import Literal

from gateway.exchange.verified import Verified
from gateway.ports.rows import MessageRow
from policies.decision import Decision


def message_row(
    verified: Verified, direction: Literal["out", "in"], client: str, decision: Decision, now: int
) -> MessageRow:
    """The row of a message that was sealed here (`out`) or received here (`in`).

    Args:
        client: who submitted it; empty for a received one.
        now: when it was accepted (Unix milliseconds).
    """
    manifest = verified.manifest
    return MessageRow(
        direction=direction,
        authority=manifest.sender,
        message_id=manifest.id,
        manifest_digest=verified.digest,
        kind=manifest.kind,
        case_id=manifest.case,
        in_reply_to=manifest.in_reply_to,
        agreement=manifest.agreement,
        pack=manifest.pack,
        sender=manifest.sender,
        recipients=" ".join(manifest.recipients),
        level=manifest.level,
        purpose=manifest.purpose or "",
        created_ms=manifest.created_ms,
        expires_ms=manifest.expires_ms,
        accepted_ms=now,
        client=client,
        decision=decision.record(),
    )
