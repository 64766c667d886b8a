"""Canonical unpadded base64url (RFC 4648 section 5, RFC 7515 appendix C).

Python's own decoders skip foreign characters and forgive stray bits; two texts could then mean the same
bytes, and a signature over one would be accepted with the other.
"""

import base64
import binascii

from keys.errors import CanonicalError


def encode(data: bytes) -> str:
    """Return data as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str, length: int | None = None) -> bytes:
    """Decode base64url that is exactly what `encode` would have written.

    Args:
        text: unpadded base64url.
        length: the number of bytes it must hold, if that is known.

    Raises:
        CanonicalError: padding, foreign characters, non-zero unused bits or another length.

    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise CanonicalError("not base64url") from error
    if encode(data) != text:
        raise CanonicalError("base64url is not canonical")
    if length is not None and len(data) != length:
        raise CanonicalError(f"{length} bytes expected, {len(data)} found")
    return data
