"""Step S5: one envelope per recipient. Sign, then encrypt; part keys stay wrapped under the case's key."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from gateway.exchange.manifest import SALT_BYTES, Manifest
from gateway.exchange.node import Node
from gateway.ports.rows import EnvelopeRow, PartRow
from gateway.ports.store import VaultKeys, vault_id
from keys.encryption import EncryptionPublicKey
from keys.envelope import SealedHeader, begin_seal, part_encryptor, seal_part
from keys.wrapping import wrap_key

Reopen = Callable[[], Iterator[bytes]]


class SealedEnvelope(Struct, frozen=True):
    """One recipient's envelope as rows, and its wrapped part keys."""

    envelope: EnvelopeRow
    parts: tuple[PartRow, ...]
    keys: VaultKeys


class Content(Struct, frozen=True):
    """A message's parts before encryption.

    Args:
        block: part 0, the signature block.
        body: part 1 with its salt.
        attachments: for each further position, how to read salt and content from the start.
    """

    block: bytes
    body: bytes
    attachments: Mapping[int, Reopen]


def seal_for(
    node: Node,
    manifest: Manifest,
    content: Content,
    recipient: str,
    recipient_key: EncryptionPublicKey,
    case_key: bytes,
    now: int,
) -> SealedEnvelope:
    """Seal a message for one recipient. Large parts go to blobs, named by envelope and position."""
    sizes = [len(content.block), *(part.size + SALT_BYTES for part in manifest.parts)]
    envelope_id = node.entropy.uuid7(now)
    sealed = begin_seal(recipient, recipient_key, envelope_id, sizes, node.entropy.random_bytes)
    parts = [
        PartRow(
            envelope_id=envelope_id,
            position=position,
            size=sizes[position],
            ciphertext=seal_part(sealed, position, data),
            blob=None,
        )
        for position, data in enumerate((content.block, content.body))
    ]
    for position, reopen in content.attachments.items():
        parts.append(_seal_attachment(node, sealed, envelope_id, position, sizes[position], reopen))
    wrapped = b"".join(wrap_key(case_key, sealed.part_key(position)) for position in range(len(sizes)))
    envelope = EnvelopeRow(
        envelope_id=envelope_id,
        direction="out",
        authority=node.authority,
        message_id=manifest.id,
        peer=recipient,
        header=sealed.header,
        wrap=sealed.wrap,
        state="queued",
        expires_ms=manifest.expires_ms,
        updated_ms=now,
    )
    return SealedEnvelope(
        envelope, tuple(parts), VaultKeys(envelope_id, vault_id(manifest.case, recipient), wrapped)
    )


def blob_name(envelope_id: str, position: int) -> str:
    """The blob that holds a large part's ciphertext."""
    return f"{envelope_id}.{position}"


def _seal_attachment(
    node: Node, sealed: SealedHeader, envelope_id: str, position: int, size: int, reopen: Reopen
) -> PartRow:
    if size <= node.settings.exchange.max_inline_part_bytes:
        data = seal_part(sealed, position, b"".join(reopen()))
        return PartRow(envelope_id=envelope_id, position=position, size=size, ciphertext=data, blob=None)
    name = blob_name(envelope_id, position)
    stream = part_encryptor(sealed, position)
    writer = node.blobs.create(name)
    try:
        for chunk in reopen():
            writer.write(stream.update(chunk))
        writer.write(stream.finalize())
        writer.commit()
    except BaseException:
        writer.discard()
        raise
    return PartRow(envelope_id=envelope_id, position=position, size=size, ciphertext=None, blob=name)
