"""A party's new trust list is verified against the party's pinned key and takes effect at once."""

import hashlib
from collections.abc import Callable

from audit.events import Event, FieldValue
from gateway.errors import Invalid, NotFound
from gateway.exchange.entries import entry
from gateway.exchange.node import Node
from gateway.ports.rows import PeerRow
from gateway.ports.store import Change
from keys import b64
from keys.errors import TrustError
from keys.jwk import VerifyKey
from keys.trust import Trust

Keep = Callable[[str, int, bytes], None]


async def import_list(node: Node, party: str, data: bytes, anchor: VerifyKey | None, keep: Keep) -> int:
    """Take over a new version of a party's list.

    Args:
        party: two capital letters.
        data: the signed file.
        anchor: the party's pinned trust key; None if the party is not known here.
        keep: stores the file (party, version, data) among the node's lists; called before it counts.

    Returns:
        The version now in force.

    Raises:
        NotFound: the party has no pinned key on this node.
        Invalid: the list does not verify, is stale, or is not newer than the one kept.
    """
    if anchor is None:
        raise NotFound("no such party")
    now = node.clock.now_ms()
    content = b64.encode(hashlib.sha256(data).digest())
    try:
        trust = node.trust.current.with_file(party, data, anchor, now)
    except TrustError as error:
        refused: dict[str, FieldValue] = {"reason": "not_acceptable", "content": content, "party": party}
        await node.journal.record(Change((), (entry(node, Event.TRUST_REFUSED, now, refused),)))
        raise Invalid([("", f"the list is refused: {error}")]) from error
    latest = trust.latest(party)
    version = 0 if latest is None else latest.version
    keep(party, version, data)
    fields: dict[str, FieldValue] = {"party": party, "list_version": version, "content": content}
    await node.journal.record(
        Change(tuple(new_peers(node, trust, now)), (entry(node, Event.TRUST_IMPORTED, now, fields),))
    )
    node.trust.current = trust
    load_peers(node)
    node.log.info("trust.imported", party=party, version=version)
    return version


def new_peers(node: Node, trust: Trust, now: int) -> list[PeerRow]:
    """Rows for peers' logs that are listed and not on record yet."""
    known = {row.origin for row in node.store.peers()}
    origins = {listed.origin for listed in trust.authorities(now) if listed.id != node.authority}
    return [PeerRow(origin=origin, size=0, checkpoint=b"", frozen=None) for origin in sorted(origins - known)]


def load_peers(node: Node) -> None:
    """Read the peers' logs on record, each with the checkpoint key its authority is listed with."""
    now = node.clock.now_ms()
    verifiers = {listed.origin: listed.checkpoint for listed in node.trust.current.authorities(now)}
    node.peers.load(node.store.peers(), verifiers.get)
