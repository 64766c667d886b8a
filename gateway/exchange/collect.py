"""Steps C1-C6: a client collects received content. Decided and logged first, shown after the checkpoint."""

from collections.abc import Iterator

from msgspec import Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, NotFound
from gateway.exchange.body import Body, decode_body
from gateway.exchange.entries import codes, entry, given, provisions
from gateway.exchange.manifest import SALT_BYTES, Manifest, decode_manifest
from gateway.exchange.node import KEY_BYTES, Node
from gateway.exchange.waiting import INBOX
from gateway.ports.rows import DisclosureRow, EnvelopeState, PartRow, Write
from gateway.ports.store import Change, Entry, InboxItem
from keys import instants
from keys.header import read_header
from keys.signature_block import SignatureBlock, decode_part0
from keys.streams import open_stored_part, part_decryptor
from keys.wrapping import unwrap_key
from policies.decision import Decision
from policies.facts import LEVELS, FactValue

ACKNOWLEDGED = "acknowledged"
_WRAPPED_BYTES = KEY_BYTES + 8


class Reader(Struct, frozen=True):
    """The authenticated client: its id, clearance and the handling caveats it satisfies."""

    client: str
    clearance: str
    caveats: frozenset[str]


class Collected(Struct, frozen=True):
    """Content as collected: the signature block as it was signed, the manifest and the body."""

    item: InboxItem
    block: SignatureBlock
    manifest: Manifest
    body: Body
    decision: Decision


class NotCollected(Struct, frozen=True):
    """The decision that keeps the content from this client."""

    decision: Decision


def visible(reader: Reader, item: InboxItem) -> bool:
    """Whether a client may know that an item exists: what is above its clearance is as if it were not."""
    return cleared(reader, item.message.level)


def cleared(reader: Reader, level: str) -> bool:
    """Whether a client's clearance reaches a level."""
    return level in LEVELS and LEVELS.index(level) <= LEVELS.index(reader.clearance)


async def collect(node: Node, reader: Reader, item_id: str, purpose: str | None) -> Collected | NotCollected:
    """Hand a received message to a client.

    Args:
        item_id: the inbox item; this node's own id, so that no peer can stand in another's way.
        purpose: what the client wants it for; it must be the purpose fixed at sending.

    Raises:
        NotFound: no such message, or one above this client's clearance.
        StoreUnavailable: the log cannot write, so nothing is shown.
    """
    item = node.store.inbox_item(item_id)
    if item is None or not visible(reader, item):
        raise NotFound("no such message")
    block, manifest, body = open_stored(node, item)
    now = node.clock.now_ms()
    decision = node.agreements.packs.decide(_facts(node, reader, manifest, purpose, now))  # C3
    if decision.outcome == "deny":
        await _log_denied(node, reader, item, decision, now)
        return NotCollected(decision)
    if not node.store.disclosed(reader.client, item.envelope.envelope_id):
        await _log_disclosure(node, reader, item, decision, purpose or "", now)  # C4
    return Collected(item, block, manifest, body, decision)


def _facts(
    node: Node, reader: Reader, manifest: Manifest, purpose: str | None, now: int
) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {
        "as_of": instants.write(now),
        "act": "collect",
        "kind": manifest.kind,
        "agreement": manifest.agreement,
        "sender": manifest.sender,
        "recipient": node.authority,
        "level": manifest.level,
        "level_set_by_originator": manifest.sender == manifest.originator,
        "level_changed": "none",
        "changed_by_originator": True,
        "clearance": reader.clearance,
        "caveats": manifest.caveats,
        "caveats_met": set(manifest.caveats) <= reader.caveats,
        "purpose_declared": manifest.purpose is not None,
        "grant_repurpose": False,
        "sources": [],
        "onward": False,
        "personal_data": manifest.personal_data is not None,
    }
    pack = node.agreements.pack(manifest.agreement)
    if pack is not None and pack.in_force is not None:
        on_date = node.agreements.civil_date(pack, now)
        pair = manifest.sender, node.authority
        facts |= node.agreements.binds(pack, on_date, *pair).facts()
        case = node.store.case(manifest.case, manifest.sender)
        facts["started_in_force"] = node.agreements.began_in_force(pack, *pair, case)
    if purpose is not None:
        facts["purpose"] = purpose
        facts["purpose_same"] = purpose == manifest.purpose
    return facts


async def _log_denied(node: Node, reader: Reader, item: InboxItem, decision: Decision, now: int) -> None:
    fields = _fields(item) | {
        "client": reader.client,
        "act": "collect",
        "provisions": provisions(decision),
    }
    if decision.missing:
        fields["missing"] = codes(decision.missing)
    message_id = item.message.message_id
    await node.journal.record(Change((), (entry(node, Event.MESSAGE_DENIED, now, fields, message_id),)))


async def _log_disclosure(
    node: Node, reader: Reader, item: InboxItem, decision: Decision, purpose: str, now: int
) -> None:
    """The first disclosure to this client; the first one ever is handed over in evidence to the sender."""
    fields = _fields(item) | {"client": reader.client, "provisions": provisions(decision)}
    entries: list[Entry] = [entry(node, Event.MESSAGE_COLLECTED, now, fields, item.message.message_id)]
    writes: list[Write] = [
        DisclosureRow(
            client=reader.client,
            envelope_id=item.envelope.envelope_id,
            purpose=purpose,
            at_ms=now,
        )
    ]
    if item.envelope.state == "consigned":
        entries.append(_handover(node, item, now))
        writes.append(_moved(item, "consigned", "collected", now))
    try:
        await node.journal.record(Change(tuple(writes), tuple(entries)))
    except Conflict:
        # Another collection came first: this client's needs its own entry, the handover is proven already.
        if node.store.disclosed(reader.client, item.envelope.envelope_id):
            return
        await node.journal.record(Change((writes[0],), (entries[0],)))
    node.log.info("message.collected", message=item.message.message_id, client=reader.client)


def _handover(node: Node, item: InboxItem, now: int) -> Entry:
    message = item.message
    return given(
        node,
        Event.CONTENT_HANDOVER,
        now,
        authority=message.authority,
        message_id=message.message_id,
        manifest_digest=message.manifest_digest,
        receiver=message.authority,
        pushed=False,
        expires_ms=now + node.settings.exchange.max_validity_s * 1000,
    )


def _moved(item: InboxItem, expected: str, state: str, now: int) -> EnvelopeState:
    return EnvelopeState(
        envelope_id=item.envelope.envelope_id,
        expected=expected,
        state=state,
        updated_ms=now,
    )


async def acknowledge(node: Node, reader: Reader, item_id: str) -> None:
    """A client confirms that it holds the content; the message leaves the inbox. Twice is harmless.

    Raises:
        NotFound: no such message for this client.
        Conflict: it was not collected yet.
    """
    item = node.store.inbox_item(item_id)
    if item is None or not visible(reader, item):
        raise NotFound("no such message")
    if item.envelope.state == ACKNOWLEDGED:
        return
    if item.envelope.state != "collected":
        raise Conflict("the message was not collected yet")
    now = node.clock.now_ms()
    fields = _fields(item) | {"client": reader.client}
    fields.pop("agreement", None)
    change = Change(
        (_moved(item, "collected", ACKNOWLEDGED, now),),
        (entry(node, Event.MESSAGE_ACKNOWLEDGED, now, fields, item.message.message_id),),
    )
    await node.journal.record(change)
    node.waiters.notify(INBOX)


def _fields(item: InboxItem) -> dict[str, FieldValue]:
    message = item.message
    return {
        "authority": message.authority,
        "message": message.message_id,
        "manifest": message.manifest_digest,
        "case": message.case_id,
        "agreement": message.agreement,
    }


def open_stored(node: Node, item: InboxItem) -> tuple[SignatureBlock, Manifest, Body]:
    """Open signature block, manifest and body as they lie at rest.

    Raises:
        NotFound: the content was destroyed.
    """
    parts = {part.position: part for part in node.store.parts(item.envelope.envelope_id)}
    block = decode_part0(_open_inline(node, item, parts[0]))
    body = _open_inline(node, item, parts[1])
    return block, decode_manifest(block.manifest), decode_body(body[SALT_BYTES:])


def _open_inline(node: Node, item: InboxItem, part: PartRow) -> bytes:
    clear = read_header(item.envelope.header)
    key = part_key(node, item, part.position)
    return open_stored_part(clear.suite, key, clear.digest, part.position, part.ciphertext or b"")


def part_key(node: Node, item: InboxItem, position: int) -> bytes:
    """The key of a part at rest; raises `NotFound` if it was destroyed."""
    kept = node.store.vault_keys(item.envelope.envelope_id)
    start = position * _WRAPPED_BYTES
    wrapped = b"" if kept is None else kept.wrapped[start : start + _WRAPPED_BYTES]
    if len(wrapped) != _WRAPPED_BYTES or not any(wrapped):
        raise NotFound("the content was destroyed")
    return unwrap_key(node.case_keys.get(item.message.case_id, item.envelope.peer), wrapped)


def stream_attachment(node: Node, reader: Reader, item_id: str, position: int) -> Iterator[bytes]:
    """The content of an attachment that this client has collected, in chunks.

    Raises:
        NotFound: no such part, or the message was not collected by this client.
    """
    item = node.store.inbox_item(item_id)
    if item is None or not visible(reader, item):
        raise NotFound("no such message")
    if not node.store.disclosed(reader.client, item.envelope.envelope_id):
        raise NotFound("collect the message first")
    parts = {part.position: part for part in node.store.parts(item.envelope.envelope_id)}
    if position < 1 or position not in parts:
        raise NotFound("no such part")
    return _unsalted(_decrypted(node, item, parts[position]))


def _decrypted(node: Node, item: InboxItem, part: PartRow) -> Iterator[bytes]:
    if part.blob is None:
        yield _open_inline(node, item, part)
        return
    clear = read_header(item.envelope.header)
    key = part_key(node, item, part.position)
    stream = part_decryptor(clear.suite, key, clear.digest, part.position, part.size)
    for chunk in node.blobs.read(part.blob):
        yield stream.update(chunk)
    yield stream.finalize()


def _unsalted(chunks: Iterator[bytes]) -> Iterator[bytes]:
    left = SALT_BYTES
    for chunk in chunks:
        if left:
            cut = min(left, len(chunk))
            left -= cut
            chunk = chunk[cut:]
        if chunk:
            yield chunk
