"""Keys under keys at rest, derivation and keyed digests.

A part's key is kept wrapped by its case's key (RFC 3394). Destroying the outer key destroys what is under it.
"""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from keys.errors import CustodyError

KEY_BYTES = 32
_LABEL = b"kelisim/1/"
_HASH = SHA256()


def wrap_key(kek: bytes, key: bytes) -> bytes:
    """Wrap a 32-byte key under another (AES-256 key wrap, RFC 3394): 40 bytes.

    Raises:
        CustodyError: either is not 32 bytes.

    """
    _check_key(kek)
    _check_key(key)
    return aes_key_wrap(kek, key)


def unwrap_key(kek: bytes, wrapped: bytes) -> bytes:
    """Return the key that was wrapped under kek.

    Raises:
        CustodyError: another kek, damaged, or not a wrapped 32-byte key.

    """
    _check_key(kek)
    if len(wrapped) != KEY_BYTES + 8:
        raise CustodyError("not a wrapped key")
    try:
        return aes_key_unwrap(kek, wrapped)
    except InvalidUnwrap as error:
        raise CustodyError("a wrapped key does not open") from error


def derive(secret: bytes, label: str, *context: bytes) -> bytes:
    """Derive a 32-byte key for one purpose (HKDF-SHA256, RFC 5869).

    Args:
        secret: a 32-byte key.
        label: what the derived key is for.
        context: what it belongs to, such as a case id; each piece enters with its length (uint16).

    Raises:
        CustodyError: the secret is not 32 bytes.

    """
    _check_key(secret)
    pieces = (_LABEL + label.encode(), *context)
    described = b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces)
    return HKDF(_HASH, KEY_BYTES, None, described).derive(secret)


def keyed_digest(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104): a digest that cannot be guessed without the key.

    Raises:
        CustodyError: the key is not 32 bytes.

    """
    _check_key(key)
    return hmac.digest(key, data, "sha256")


def _check_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise CustodyError(f"a key of {KEY_BYTES} bytes is needed")
