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


class UploadSession:
    """One attachment being received from a client.

    Args:
        client: the client it belongs to; no other can name it in a message.
    """

    def __init__(self, node: Node, client: str) -> None:
        self._node = node
        self._client = client
        self.upload_id = node.entropy.uuid7(node.clock.now_ms())
        self._blob = f"upload-{self.upload_id}"
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
            TooLarge: the attachment passes `max_attachment_bytes`.
        """
        self._size += len(chunk)
        limit = self._node.settings.exchange.max_attachment_bytes
        if self._size > limit:
            raise TooLarge(f"an attachment has at most max_attachment_bytes = {limit}")
        self._digest.update(chunk)
        self._writer.write(self._stream.update(chunk))

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


def _binding(upload_id: str) -> bytes:
    return hashlib.sha256(b"kelisim/1/upload\x00" + upload_id.encode()).digest()
