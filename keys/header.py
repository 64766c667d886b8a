"""The clear header of an envelope: version, suite, envelope id, recipient's key, part sizes; nothing else.

Its SHA-256 is bound into the wrap, into every part key and into every part, so that none of them opens under
another header.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import TypeGuard

import msgspec

from keys import canonical
from keys.encryption import KID_CHARACTERS
from keys.errors import CanonicalError, OpenFailed, SealError
from keys.suites import Suite, suite_of

VERSION = 1
MAX_HEADER_BYTES = 8192
MAX_PARTS = 256
MAX_PART_BYTES = 1 << 40
_ENVELOPE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KID = re.compile(rf"[A-Za-z0-9_-]{{{KID_CHARACTERS}}}")
_MEMBERS = frozenset({"v", "suite", "envelope", "recipient_key", "parts"})


class Header(msgspec.Struct, frozen=True):
    """A clear header that passed every check.

    Args:
        data: its canonical bytes.
        digest: SHA-256 of data.
        suite: the suite it names.
        envelope_id: lower-case UUID.
        recipient_key: id of the recipient's encryption key.
        part_sizes: bytes of each part before encryption, the 16-byte salt of parts 1 and up included.

    """

    data: bytes
    digest: bytes
    suite: Suite
    envelope_id: str
    recipient_key: str
    part_sizes: tuple[int, ...]


def write_header(suite: Suite, envelope_id: str, recipient_key: str, part_sizes: Sequence[int]) -> Header:
    """Write the clear header of a new envelope.

    Raises:
        SealError: not a UUID or key id, no part, too many parts or a size out of bounds.

    """
    sizes = list(part_sizes)
    members = {
        "v": VERSION,
        "suite": suite.number,
        "envelope": envelope_id,
        "recipient_key": recipient_key,
        "parts": sizes,
    }
    named = _is_id(envelope_id, _ENVELOPE_ID) and _is_id(recipient_key, _KID)
    if not named or not _are_sizes(sizes):
        raise SealError("an envelope's header does not hold these values")
    data = canonical.encode(members)
    return Header(data, hashlib.sha256(data).digest(), suite, envelope_id, recipient_key, tuple(sizes))


def read_header(data: bytes) -> Header:
    """Read the clear header of an envelope that arrived.

    Raises:
        OpenFailed: not canonical, other members, another version, an unknown suite or bad values.

    """
    try:
        members = canonical.decode(data, MAX_HEADER_BYTES, max_depth=2)
    except CanonicalError as error:
        raise OpenFailed("a header is not canonical") from error
    if not isinstance(members, dict) or members.keys() != _MEMBERS:
        raise OpenFailed("a header has other members")
    version, sizes = members["v"], members["parts"]
    if type(version) is not int or version != VERSION:
        raise OpenFailed("a header of another version")
    envelope_id, kid = members["envelope"], members["recipient_key"]
    if not _is_id(envelope_id, _ENVELOPE_ID) or not _is_id(kid, _KID) or not _are_sizes(sizes):
        raise OpenFailed("a header's values are out of bounds")
    suite = suite_of(members["suite"])
    return Header(data, hashlib.sha256(data).digest(), suite, envelope_id, kid, tuple(sizes))


def _is_id(text: object, form: re.Pattern[str]) -> TypeGuard[str]:
    return isinstance(text, str) and form.fullmatch(text) is not None


def _are_sizes(sizes: object) -> TypeGuard[list[int]]:
    return (
        isinstance(sizes, list)
        and 0 < len(sizes) <= MAX_PARTS
        and all(type(size) is int and 0 <= size <= MAX_PART_BYTES for size in sizes)
    )
