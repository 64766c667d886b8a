"""Suite 1: X-Wing, HKDF-SHA256, AES-256-GCM, Cobblestone-256, SHA-256. It never changes.

HPKE (RFC 9180) wraps one message secret for one recipient; HKDF (RFC 5869) derives a key for every part;
each part is a C2SP chunked-encryption stream.
"""

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.encryption import EncryptionPrivateKey, EncryptionPublicKey
from keys.errors import OpenFailed, SealError

SECRET_BYTES = 32
WRAP_BYTES = 1120 + SECRET_BYTES + 16
CHUNK_BYTES = 16 * 1024
TAG_BYTES = 16
STREAM_HEADER_BYTES = 24 + 32  # salt and commitment

_HPKE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_HASH = SHA256()
_PART_KEY = b"kelisim/1/part-key"


class Suite1:
    """The operations of suite 1; stateless."""

    number = 1
    secret_bytes = SECRET_BYTES

    def wrap(self, secret: bytes, public: EncryptionPublicKey, info: bytes) -> bytes:
        """Encrypt a message secret of 32 bytes to a recipient's key; info binds the context.

        Raises:
            SealError: the recipient's key cannot be used.

        """
        try:
            return _HPKE.encrypt(secret, public.hpke, info=info)
        except ValueError as error:
            raise SealError("the recipient's key cannot be used") from error

    def unwrap(self, wrap: bytes, private: EncryptionPrivateKey, info: bytes) -> bytes:
        """Return the message secret.

        Raises:
            OpenFailed: wrapped for another key or context, or damaged.

        """
        if len(wrap) != WRAP_BYTES:
            raise OpenFailed("a wrap of another length")
        try:
            return _HPKE.decrypt(wrap, private.hpke, info=info)
        except (InvalidTag, ValueError) as error:
            raise OpenFailed("the wrap does not open") from error

    def part_key(self, secret: bytes, header_hash: bytes, index: int) -> bytes:
        """Derive the 32-byte key of one part (RFC 5869)."""
        return HKDF(_HASH, 32, header_hash, _PART_KEY + index.to_bytes(4, "big")).derive(secret)

    def encryptor(self, part_key: bytes, context: bytes) -> Cobblestone256Encryptor:
        """Begin to encrypt a stream."""
        return Cobblestone256Encryptor(part_key, context)

    def decryptor(self, part_key: bytes, context: bytes) -> Cobblestone256Decryptor:
        """Begin to decrypt a stream.

        Raises:
            OpenFailed: the key has another length.

        """
        try:
            return Cobblestone256Decryptor(part_key, context)
        except ValueError as error:
            raise OpenFailed("a part key of another length") from error

    def ciphertext_length(self, plain: int) -> int:
        """Return how many bytes a part of `plain` bytes takes encrypted.

        Every full chunk of 16 KiB carries a tag, and a last chunk shorter than that always follows, if need
        be an empty one: it is what tells the end from a truncation.
        """
        return STREAM_HEADER_BYTES + plain + TAG_BYTES * (plain // CHUNK_BYTES + 1)
