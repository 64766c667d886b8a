"""Small secrets under AES-256-GCM: with a 32-byte key, or with a passphrase through scrypt (RFC 7914)."""

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import CustodyError

KEY_BYTES = 32
SALT_BYTES = 16
_NONCE_BYTES = 12
_BOX = b"kelisim-box/1\n"
_PASSPHRASE_BOX = b"kelisim-passphrase-box/1\n"
# Fixed and not read from the file: a planted file must not choose the cost. 128 MiB, about 0.4 s.
_SCRYPT_N = 2**17
_SCRYPT_R = 8


def stretch(passphrase: str, salt: bytes) -> bytes:
    """Return the 32-byte key of a passphrase and a 16-byte salt (scrypt, N = 2^17, r = 8, p = 1).

    Raises:
        CustodyError: the passphrase is empty or the salt has another length.

    """
    if not passphrase or len(salt) != SALT_BYTES:
        raise CustodyError("a passphrase and its salt are needed")
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=1,
        maxmem=256 * _SCRYPT_N * _SCRYPT_R,
        dklen=KEY_BYTES,
    )


def lock(key: bytes, name: str, secret: bytes, random: Callable[[int], bytes]) -> bytes:
    """Encrypt a secret under a 32-byte key, bound to the name it is kept under.

    Raises:
        CustodyError: the key has another length.

    """
    nonce = random(_NONCE_BYTES)
    return _BOX + nonce + _cipher(key).encrypt(nonce, secret, _bound_to(name))


def unlock(key: bytes, name: str, box: bytes) -> bytes:
    """Return the secret that `lock` put under this key and this name.

    Raises:
        CustodyError: another key, another name, or the box was damaged.

    """
    body = box.removeprefix(_BOX)
    if len(body) == len(box):
        raise CustodyError(f"{name} is not a locked key")
    try:
        return _cipher(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _bound_to(name))
    except (InvalidTag, ValueError) as error:
        raise CustodyError(f"{name} does not open with this secret") from error


def lock_with_passphrase(passphrase: str, name: str, secret: bytes, random: Callable[[int], bytes]) -> bytes:
    """Encrypt a secret under a passphrase; the salt travels in the box."""
    salt = random(SALT_BYTES)
    return _PASSPHRASE_BOX + salt + lock(stretch(passphrase, salt), name, secret, random)


def unlock_with_passphrase(passphrase: str, name: str, box: bytes) -> bytes:
    """Return the secret that `lock_with_passphrase` encrypted.

    Raises:
        CustodyError: another passphrase, another name, or the box was damaged.

    """
    if not is_passphrase_box(box):
        raise CustodyError(f"{name} is not under a passphrase")
    body = box.removeprefix(_PASSPHRASE_BOX)
    return unlock(stretch(passphrase, body[:SALT_BYTES]), name, body[SALT_BYTES:])


def is_passphrase_box(box: bytes) -> bool:
    """Tell whether these bytes claim to be locked with a passphrase."""
    return box.startswith(_PASSPHRASE_BOX)


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise CustodyError(f"a key of {KEY_BYTES} bytes is needed")
    return AESGCM(key)


def _bound_to(name: str) -> bytes:
    return _BOX + name.encode()
