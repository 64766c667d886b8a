"""Steps R3-R6: an envelope is opened in quarantine. Until every check passed, nothing of it counts.

Whatever fails here, the peer sees one answer (`unprocessable`); the cause goes to the local log only.
"""

import hashlib
from collections.abc import Iterator

from msgspec import Struct

from gateway.errors import EnvelopeRejected, GatewayError
from gateway.exchange.body import Body, decode_body
from gateway.exchange.fitting import require_fit
from gateway.exchange.frames import EnvelopeFrame
from gateway.exchange.manifest import SALT_BYTES, Manifest, decode_manifest, manifest_digest, part_digest
from gateway.exchange.node import Node
from gateway.exchange.sealing import blob_name
from gateway.exchange.verified import Verified
from gateway.ports.rows import PartRow
from keys import b64
from keys.envelope import OpenedHeader, begin_open, open_part, stream_part
from keys.errors import KeysError, OpenFailed
from keys.signature_block import MAX_BLOCK_BYTES, SignatureBlock, decode_part0
from keys.signatures import OFFICIAL_TYP, SEAL_TYP, peek_kid, verify_official, verify_seal


class Unverified(EnvelopeRejected):
    """A readable manifest whose signatures do not verify (any more). `identity` may be known from before."""

    def __init__(self, cause: str, identity: tuple[str, str, str]) -> None:
        super().__init__(cause)
        self.identity = identity


class PartsMissing(GatewayError):
    """A part that travels as a stream is not complete yet."""


class Opened(Struct, frozen=True):
    """A verified envelope: what it says, its parts as they came, and their keys (in memory only).

    `envelope_id` is the sender's, `item_id` ours: what is stored here goes by an id that no peer can choose.
    """

    envelope_id: str
    item_id: str
    verified: Verified
    header: bytes
    parts: tuple[PartRow, ...]
    part_keys: tuple[bytes, ...]


def quarantined(peer: str, envelope_id: str, position: int) -> str:
    """The blob of a part that was streamed ahead of its envelope, by the peer that sent it."""
    return f"in-{peer.replace('/', '_')}-{blob_name(envelope_id, position)}"


def open_envelope(node: Node, frame: EnvelopeFrame, senders: tuple[str, ...], now: int) -> Opened:
    """Open and verify one envelope.

    Args:
        frame: as it came.
        senders: the authorities of the connection's certificate.
        now: first receipt, by our clock (Unix milliseconds).

    Raises:
        EnvelopeRejected: for every failure alike.
        PartsMissing: a streamed part is not there in full.
    """
    try:
        return _open(node, frame, senders, now)
    except PartsMissing:
        raise
    except EnvelopeRejected:
        raise
    except (KeysError, GatewayError) as error:
        cause = error.local_cause() if isinstance(error, OpenFailed) else str(error)
        raise EnvelopeRejected(cause) from error


def _open(node: Node, frame: EnvelopeFrame, senders: tuple[str, ...], now: int) -> Opened:
    opened = begin_open(frame.header, frame.wrap, node.authority, node.identity.decryption_key)
    sizes = opened.clear.part_sizes
    if len(sizes) != len(frame.parts) or sizes[0] > MAX_BLOCK_BYTES or frame.parts[0] is None:
        raise EnvelopeRejected("the frame's parts are not the header's")
    block = decode_part0(open_part(opened, 0, frame.parts[0]))
    manifest = decode_manifest(block.manifest)
    if manifest.sender not in senders:
        raise EnvelopeRejected("the sender is no authority of this connection's certificate")
    digest = manifest_digest(block.manifest)
    try:
        office = _verify_signatures(node, block, manifest, now)
    except KeysError as error:
        cause = error.local_cause() if isinstance(error, OpenFailed) else str(error)
        raise Unverified(cause, (manifest.sender, manifest.id, digest)) from error
    _require_header(node, manifest, opened, now)
    body = _open_parts(node, opened, frame, manifest, senders[0])
    verified = Verified(manifest, body, digest, office)
    item_id = node.entropy.uuid7(now)
    parts, part_keys = _rows(opened, frame, senders[0], item_id)
    return Opened(opened.clear.envelope_id, item_id, verified, frame.header, parts, part_keys)


def _verify_signatures(node: Node, block: SignatureBlock, manifest: Manifest, now: int) -> str | None:
    """Step R5. The seal covers the official's signature or its absence, so neither can be exchanged."""
    trust = node.trust.current
    key = trust.seal_key(manifest.sender, peek_kid(block.seal, SEAL_TYP), manifest.created_ms, now)
    verify_seal(block.seal, block.manifest, block.official, key)
    if block.official is None:
        if manifest.signatory is not None:
            raise EnvelopeRejected("the manifest names a signatory who has not signed")
        return None
    kid = peek_kid(block.official, OFFICIAL_TYP)
    official = trust.official(manifest.sender, kid, manifest.created_ms, now)
    verify_official(block.official, block.manifest, official.key)
    signatory = manifest.signatory
    if signatory is None or (signatory.office, signatory.name) != (official.office, official.name):
        raise EnvelopeRejected("the signatory is another than the official who signed")
    return official.office


def _require_header(node: Node, manifest: Manifest, opened: OpenedHeader, now: int) -> None:
    """Step R6: the clear header says what the manifest says, and its suite is one we still take."""
    sizes = opened.clear.part_sizes
    own = node.trust.current.authority(node.authority, now)
    if own is not None and opened.clear.suite.number < own.min_suite:
        raise EnvelopeRejected("a suite below our floor")
    if opened.clear.suite.number != manifest.suite:
        raise EnvelopeRejected("the header's suite is not the manifest's")
    if node.authority not in manifest.recipients:
        raise EnvelopeRejected("the manifest does not name us")
    if [part.size + SALT_BYTES for part in manifest.parts] != list(sizes[1:]):
        raise EnvelopeRejected("the header's sizes are not the manifest's")
    limit = node.settings.exchange.max_attachment_bytes
    if any(part.size > limit for part in manifest.parts):
        raise EnvelopeRejected("a part is over max_attachment_bytes")


def _open_parts(
    node: Node, opened: OpenedHeader, frame: EnvelopeFrame, manifest: Manifest, peer: str
) -> Body:
    """Verify every part against the manifest's digest; the body is returned, the rest only hashed."""
    first = frame.parts[1]
    if first is None:
        raise EnvelopeRejected("the body travels with the envelope")
    salted = open_part(opened, 1, first)
    if part_digest(salted) != manifest.parts[0].digest:
        raise EnvelopeRejected("part 1 is not the one signed")
    for part in manifest.parts[1:]:
        digest = hashlib.sha256()
        stream = stream_part(opened, part.position)
        for chunk in _ciphertext(node, opened, frame, peer, part.position):
            digest.update(stream.update(chunk))
        digest.update(stream.finalize())
        if b64.encode(digest.digest()) != part.digest:
            raise EnvelopeRejected(f"part {part.position} is not the one signed")
    body = decode_body(salted[SALT_BYTES:])
    require_fit(manifest.kind, body)
    return body


def _ciphertext(
    node: Node, opened: OpenedHeader, frame: EnvelopeFrame, peer: str, position: int
) -> Iterator[bytes]:
    inline = frame.parts[position]
    if inline is not None:
        yield inline
        return
    name = quarantined(peer, opened.clear.envelope_id, position)
    expected = opened.clear.suite.ciphertext_length(opened.clear.part_sizes[position])
    if not node.blobs.exists(name) or node.blobs.size(name) != expected:
        raise PartsMissing(str(position))
    yield from node.blobs.read(name)


def _rows(
    opened: OpenedHeader, frame: EnvelopeFrame, sender: str, item_id: str
) -> tuple[tuple[PartRow, ...], tuple[bytes, ...]]:
    envelope_id = opened.clear.envelope_id
    rows = tuple(
        PartRow(
            envelope_id=item_id,
            position=position,
            size=opened.clear.part_sizes[position],
            ciphertext=inline,
            blob=quarantined(sender, envelope_id, position) if inline is None else None,
        )
        for position, inline in enumerate(frame.parts)
    )
    return rows, tuple(opened.part_key(position) for position in range(len(rows)))
