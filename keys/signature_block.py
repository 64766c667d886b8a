"""Part 0 of an envelope: the manifest's bytes with the signatures over them.

The manifest travels as the very bytes that were signed. The block itself is canonical JSON, so that one
message has one block.
"""

import msgspec

from keys import b64, canonical
from keys.errors import CanonicalError, OpenFailed

MAX_BLOCK_BYTES = canonical.MAX_BYTES
_MEMBERS = frozenset({"manifest", "official", "seal"})


class SignatureBlock(msgspec.Struct, frozen=True):
    """The signed bytes and the signatures, none of them verified yet.

    Args:
        manifest: the manifest's canonical bytes.
        official: the official's detached JWS, or None.
        seal: the authority's detached JWS.

    """

    manifest: bytes
    official: str | None
    seal: str


def encode_part0(manifest: bytes, official: str | None, seal: str) -> bytes:
    """Return part 0 before encryption.

    Raises:
        CanonicalError: an empty official's signature; None says that there is none.

    """
    if official == "":
        raise CanonicalError("an official's signature is empty")
    return canonical.encode({"manifest": b64.encode(manifest), "official": official, "seal": seal})


def decode_part0(data: bytes) -> SignatureBlock:
    """Read part 0 after decryption; manifest and signatures are still to be verified.

    Raises:
        OpenFailed: not canonical, other members or types, or the manifest is not canonical base64url.

    """
    try:
        block = canonical.decode(data, MAX_BLOCK_BYTES, max_depth=1)
        if not isinstance(block, dict) or block.keys() != _MEMBERS:
            raise OpenFailed("part 0 has other members")
        manifest, official, seal = block["manifest"], block["official"], block["seal"]
        if not isinstance(manifest, str) or not isinstance(seal, str):
            raise OpenFailed("part 0 has members of another type")
        if official is not None and (not isinstance(official, str) or not official):
            raise OpenFailed("part 0 has members of another type")
        return SignatureBlock(b64.decode(manifest), official, seal)
    except CanonicalError as error:
        raise OpenFailed("part 0 is not canonical") from error
