"""Signatures of webhooks: Standard Webhooks 1.0, symmetric (`v1`), HMAC-SHA256 over `id.timestamp.body`.

The symmetric form is the one that every library for receivers knows. A secret is shared by this node and one
agency system, and proves nothing to anybody else; what must be proven to others is evidence, not a webhook.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from pathlib import Path

from keys.errors import CustodyError, OpenFailed
from keys.private_file import read_private

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
_PREFIX = "whsec_"
_VERSION = "v1,"


class WebhookSecret:
    """The secret of one receiver. Its text is `whsec_` and the base64 of 24 to 64 random bytes."""

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        """Read a secret's text; raises `CustodyError` without repeating it."""
        try:
            key = base64.b64decode(text.strip().removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.startswith(_PREFIX) or not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
            raise CustodyError(
                f"a webhook secret is {_PREFIX} and base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes"
            )
        self._key = key

    def __repr__(self) -> str:
        return "WebhookSecret(...)"

    @classmethod
    def read(cls, path: Path) -> "WebhookSecret":
        """Read a secret from a file that only its owner may read; raises `CustodyError`."""
        try:
            return cls(read_private(path).decode("ascii"))
        except UnicodeDecodeError as error:
            raise CustodyError(f"{path.name} is not text") from error

    def headers(self, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
        """The three headers of a webhook.

        Args:
            webhook_id: the same at every try.
            timestamp_s: this try's Unix time in seconds.
            body: the bytes sent.
        """
        return {
            ID: webhook_id,
            TIMESTAMP: str(timestamp_s),
            SIGNATURE: self._signature(webhook_id, str(timestamp_s), body),
        }

    def verify(self, headers: Mapping[str, str], body: bytes, now_s: int) -> None:
        """Verify a webhook as its receiver: signed with this secret, within five minutes of now.

        Args:
            headers: with lower-case names; several signatures stand apart by spaces.
            body: the bytes that came.
            now_s: the receiver's Unix time in seconds.

        Raises:
            OpenFailed: anything is wrong.
        """
        webhook_id, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not (webhook_id and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise OpenFailed("headers are missing")
        if abs(now_s - int(timestamp)) > TOLERANCE_S:
            raise OpenFailed("too old, or from the future")
        expected = self._signature(webhook_id, timestamp, body)
        given = headers.get(SIGNATURE, "").split(" ")
        if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
            raise OpenFailed("the signature is another")

    def _signature(self, webhook_id: str, timestamp: str, body: bytes) -> str:
        signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
        return _VERSION + base64.b64encode(hmac.digest(self._key, signed, "sha256")).decode()
