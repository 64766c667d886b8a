"""Attachments before a message names them: encrypted as they arrive, never held whole in memory."""

import hashlib
from collections.abc import Iterator

from audit.events import Event, FieldValue
from gateway.errors import NotFound, TooLarge
from gateway.exchange.entries import entry
from gateway.exchange.manifest import SALT_BYTES
from gateway.exchange.node import KEY_BYTES, Node
from gateway.ports.rows import UploadRow
from gateway.ports.store import Change
from keys import b64
from keys.streams import part_context, part_decryptor
from keys.suites import SUITE_1

_PREFIX = "upload-"


class UploadSession:
    """One attachment being received from a client.

    Args:
        client: the client it belongs to; no other can name it in a message.

    Raises:
        TooLarge: the client's waiting uploads fill `max_upload_bytes_per_client`.
    """

    def __init__(self, node: Node, client: str) -> None:
        self._node = node
        self._client = client
        self._room = node.settings.exchange.max_upload_bytes_per_client - _waiting_bytes(node, client)
        self._require_room(0)
        self.upload_id = node.entropy.uuid7(node.clock.now_ms())
        self._blob = f"{_prefix(client)}{self.upload_id}"
        self._key = node.entropy.random_bytes(KEY_BYTES)
        self._stream = SUITE_1.encryptor(self._key, part_context(_binding(self.upload_id), 0))
        self._writer = node.blobs.create(self._blob)
        salt = node.entropy.random_bytes(SALT_BYTES)
        self._digest = hashlib.sha256(salt)
        self._size = 0
        self._writer.write(self._stream.update(salt))

    def write(self, chunk: bytes) -> None:
        """Take some more bytes.

        Raises:
            TooLarge: the attachment passes `max_attachment_bytes`, or all of the client's together
                `max_upload_bytes_per_client`.
        """
        self._size += len(chunk)
        limit = self._node.settings.exchange.max_attachment_bytes
        if self._size > limit:
            raise TooLarge(f"an attachment has at most max_attachment_bytes = {limit}")
        self._require_room(self._size)
        self._digest.update(chunk)
        self._writer.write(self._stream.update(chunk))

    def _require_room(self, size: int) -> None:
        if size > self._room or self._room <= 0:
            limit = self._node.settings.exchange.max_upload_bytes_per_client
            raise TooLarge(
                f"uploads that wait for a message have at most max_upload_bytes_per_client = {limit}"
            )

    async def finish(self) -> UploadRow:
        """Make the upload durable and known; returns its row once the log covers it."""
        node, now = self._node, self._node.clock.now_ms()
        self._writer.write(self._stream.finalize())
        self._writer.commit()
        row = UploadRow(
            upload_id=self.upload_id,
            client=self._client,
            size=self._size,
            digest=b64.encode(self._digest.digest()),
            blob=self._blob,
            wrapped_key=node.case_keys.wrap_upload(self._key),
            message_id=None,
            created_ms=now,
        )
        fields: dict[str, FieldValue] = {
            "upload": self.upload_id,
            "client": self._client,
            "bytes": self._size,
            "content": row.digest,
        }
        await node.journal.record(
            Change((row,), (entry(node, Event.UPLOAD_COMPLETED, now, fields, self.upload_id),))
        )
        return row

    def abandon(self) -> None:
        """Drop what was received."""
        self._writer.discard()


def read_upload(node: Node, client: str, upload_id: str) -> Iterator[bytes]:
    """Salt and content of a completed upload, in chunks.

    Raises:
        NotFound: this client has no such upload.
    """
    row = node.store.upload(client, upload_id)
    if row is None:
        raise NotFound("no such upload")
    key = node.case_keys.unwrap_upload(row.wrapped_key)
    stream = part_decryptor(SUITE_1, key, _binding(upload_id), 0, row.size + SALT_BYTES)
    for chunk in node.blobs.read(row.blob):
        yield stream.update(chunk)
    yield stream.finalize()


def discard_upload(node: Node, client: str, upload_id: str) -> None:
    """Drop an upload's bytes once a message holds its own copy: destroying that one must leave no other."""
    row = node.store.upload(client, upload_id)
    if row is not None:
        node.blobs.remove(row.blob)


async def sweep_uploads(node: Node, older_than_ms: int) -> int:
    """Drop uploads that no message took; those that were complete are logged.

    Args:
        older_than_ms: Unix milliseconds; what changed since is left alone.

    Returns:
        How many were dropped.
    """
    stale = [blob for blob in node.blobs.stored(_PREFIX) if blob[3] < older_than_ms]
    for name, _, finished, _ in stale:
        node.blobs.remove(name)
        if finished:
            fields: dict[str, FieldValue] = {"upload": name.rpartition(".")[2], "reason": "abandoned"}
            dropped = entry(node, Event.UPLOAD_DISCARDED, node.clock.now_ms(), fields)
            await node.journal.record(Change((), (dropped,)))
    return len(stale)


def _prefix(client: str) -> str:
    # Client ids hold no dot, so that no client's prefix begins another's name.
    return f"{_PREFIX}{client}."


def _waiting_bytes(node: Node, client: str) -> int:
    return sum(size for _, size, _, _ in node.blobs.stored(_prefix(client)))


def _binding(upload_id: str) -> bytes:
    return hashlib.sha256(b"kelisim/1/upload\x00" + upload_id.encode()).digest()
