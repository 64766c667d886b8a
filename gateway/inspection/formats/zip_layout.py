"""The layout of a ZIP file, read strictly: every byte belongs to an entry or to the directory, and once.

A lenient reader takes the directory's word, and data hides between entries, before the first or after the
end. Here local headers must agree with the directory and the entries must follow each other without a gap.
APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

import struct
import zlib

from msgspec import Struct

from gateway.inspection.reasons import Reason, Uninspectable

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64, _DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_LOCAL_FORMAT = struct.Struct("<4s5H3I2H")
_CENTRAL_FORMAT = struct.Struct("<4s6H3I5H2I")
_END_FORMAT = struct.Struct("<4s4H2IH")
_FULL = 0xFFFFFFFF
STORED, DEFLATED = 0, 8
_ENCRYPTED, _HAS_DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800


class Entry(Struct, frozen=True):
    """A file in the archive. `begin` and `end`: where its stored bytes lie."""

    raw_name: bytes
    utf8: bool
    method: int
    crc: int
    size: int
    begin: int
    end: int
    comment: bytes


class Layout(Struct, frozen=True):
    """All entries in the order of their bytes, and the archive's comment."""

    entries: tuple[Entry, ...]
    comment: bytes


class _Central(Struct, frozen=True):
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    raw_name: bytes
    comment: bytes


def read_layout(data: bytes, max_entries: int) -> Layout:
    """Read the layout.

    Raises:
        Uninspectable: `leading_data`, `trailing_data` (also hidden between entries), `encrypted`,
            `too_many_entries`, or `malformed` when headers contradict each other.
    """
    end = _end_record(data)
    *_, cd_size, cd_offset, comment_size = _END_FORMAT.unpack_from(data, end)
    cd_end = _before_end(data, end)
    begin = cd_end - cd_size if cd_size != _FULL else cd_offset
    if cd_offset not in (begin, _FULL):
        raise Uninspectable(Reason.LEADING_DATA if cd_offset < begin else Reason.MALFORMED)
    records = _directory(data, begin, cd_end, max_entries)
    entries, position = [], 0
    for record in sorted(records, key=lambda one: one.offset):
        entry, position = _entry(data, record, position)
        entries.append(entry)
    if position != begin:
        raise Uninspectable(Reason.TRAILING_DATA if position < begin else Reason.MALFORMED)
    return Layout(tuple(entries), data[end + _END_FORMAT.size : end + _END_FORMAT.size + comment_size])


def unpack(data: bytes, entry: Entry, max_bytes: int) -> bytes:
    """Return the content of an entry.

    Raises:
        Uninspectable: it is larger than `max_bytes`, not what its header says, or of another method.
    """
    stored = data[entry.begin : entry.end]
    if entry.method == STORED:
        content = stored
    elif entry.method == DEFLATED:
        content = _inflate(stored, min(max_bytes, entry.size))
    else:
        raise Uninspectable(Reason.UNKNOWN_TYPE)
    if len(content) > max_bytes:
        raise Uninspectable(Reason.TOO_LARGE)
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise Uninspectable(Reason.MALFORMED)
    return content


def _inflate(stored: bytes, expected: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(stored, expected + 1)
    except zlib.error as error:
        raise Uninspectable(Reason.MALFORMED) from error
    if inflater.unused_data:
        raise Uninspectable(Reason.TRAILING_DATA)
    if not inflater.eof:
        raise Uninspectable(Reason.TOO_LARGE)
    return content


def _end_record(data: bytes) -> int:
    position = data.rfind(_END, max(0, len(data) - _END_FORMAT.size - 0xFFFF))
    if position < 0 or position + _END_FORMAT.size > len(data):
        raise Uninspectable(Reason.MALFORMED)
    if position + _END_FORMAT.size + _END_FORMAT.unpack_from(data, position)[-1] != len(data):
        raise Uninspectable(Reason.TRAILING_DATA)
    return position


def _before_end(data: bytes, end: int) -> int:
    """Where the directory ends: before the end record, or before the ZIP64 records in front of it."""
    locator = end - 20
    if locator < 0 or data[locator : locator + 4] != _LOCATOR64:
        return end
    record = locator - 56
    if (
        record < 0
        or data[record : record + 4] != _END64
        or struct.unpack_from("<Q", data, locator + 8)[0] != record
    ):
        raise Uninspectable(Reason.MALFORMED)
    return record


def _directory(data: bytes, begin: int, end: int, max_entries: int) -> list[_Central]:
    if not 0 <= begin <= end:
        raise Uninspectable(Reason.MALFORMED)
    records: list[_Central] = []
    position = begin
    while position < end:
        if len(records) == max_entries:
            raise Uninspectable(Reason.TOO_MANY_ENTRIES)
        if position + _CENTRAL_FORMAT.size > end:
            raise Uninspectable(Reason.MALFORMED)
        record, position = _central(data, position)
        records.append(record)
    if position != end:
        raise Uninspectable(Reason.MALFORMED)
    return records


def _central(data: bytes, position: int) -> tuple[_Central, int]:
    fields = _CENTRAL_FORMAT.unpack_from(data, position)
    signature, _, _, flags, method, _, _, crc, packed, size, names, extras, comments, _, _, _, offset = fields
    if signature != _CENTRAL:
        raise Uninspectable(Reason.MALFORMED)
    at = position + _CENTRAL_FORMAT.size
    extra = data[at + names : at + names + extras]
    size, packed, offset = _zip64(extra, size, packed, offset)
    comment = data[at + names + extras : at + names + extras + comments]
    raw_name = data[at : at + names]
    record = _Central(flags, method, crc, packed, size, offset, raw_name, comment)
    return record, at + names + extras + comments


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    values = [size, packed, offset]
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        body = extra[position + 4 : position + 4 + length]
        if kind == 1:
            for index, value in enumerate(values):
                if value == _FULL and len(body) >= 8:
                    values[index], body = struct.unpack_from("<Q", body)[0], body[8:]
        position += 4 + length
    return values[0], values[1], values[2]


def _entry(data: bytes, record: _Central, expected: int) -> tuple[Entry, int]:
    """Check the local header of an entry, which must begin where the one before it ended."""
    if record.offset != expected:
        hidden = Reason.LEADING_DATA if expected == 0 else Reason.TRAILING_DATA
        raise Uninspectable(hidden if record.offset > expected else Reason.MALFORMED)
    if expected + _LOCAL_FORMAT.size > len(data):
        raise Uninspectable(Reason.MALFORMED)
    signature, _, flags, method, *_, names, extras = _LOCAL_FORMAT.unpack_from(data, expected)
    at = expected + _LOCAL_FORMAT.size
    begin = at + names + extras
    end = begin + record.packed
    agrees = (signature, method, data[at : at + names]) == (_LOCAL, record.method, record.raw_name)
    if not agrees or end > len(data):
        raise Uninspectable(Reason.MALFORMED)
    if (flags | record.flags) & _ENCRYPTED:
        raise Uninspectable(Reason.ENCRYPTED)
    entry = Entry(
        record.raw_name,
        bool(record.flags & _UTF8),
        record.method,
        record.crc,
        record.size,
        begin,
        end,
        record.comment,
    )
    return entry, _after_descriptor(data, end, record) if flags & _HAS_DESCRIPTOR else end


def _after_descriptor(data: bytes, end: int, record: _Central) -> int:
    for form in ("<III", "<IQQ"):
        plain = struct.pack(form, record.crc, record.packed, record.size) if record.size < _FULL else b""
        for descriptor in (_DESCRIPTOR + plain, plain):
            if plain and data[end : end + len(descriptor)] == descriptor:
                return end + len(descriptor)
    return end
