"""Files that are two types at once: readers disagree about them, so nobody can vouch for either reading."""

import struct

from gateway.inspection.kinds import Kind
from gateway.inspection.reasons import Reason

_PDF_WINDOW = 1024
_ZIP_TAIL = 65_557


def second_type(data: bytes, kind: Kind | None) -> Reason | None:
    """Return why a file is not of one type alone, or None.

    A ZIP's own layout is checked where it is read; here: a PDF that does not begin at the first byte, and a
    ZIP directory at the end of something else.
    """
    if kind is not Kind.ZIP and _zip_at_end(data):
        return Reason.POLYGLOT
    if kind is Kind.PDF:
        return None
    position = data.find(b"%PDF-", 0, _PDF_WINDOW + 5)
    if position > 0 and (b"startxref" in data or b"%%EOF" in data):
        return _displaced_pdf(data, kind, position)
    return None


def _displaced_pdf(data: bytes, kind: Kind | None, position: int) -> Reason | None:
    if kind is Kind.ZIP:
        return None if _begins_entry(data, position) else Reason.POLYGLOT
    return Reason.LEADING_DATA if kind is None else Reason.POLYGLOT


def _begins_entry(data: bytes, position: int) -> bool:
    """Whether a PDF header is the first byte of the archive's first entry, stored as it is."""
    names, extras = struct.unpack_from("<2H", data, 26) if len(data) >= 30 else (0, 0)
    return position == 30 + names + extras or data[30 + names + extras :][:4] == b"PK\x03\x04"


def _zip_at_end(data: bytes) -> bool:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _ZIP_TAIL))
    if end < 0 or end + 22 > len(data):
        return False
    (size,) = struct.unpack_from("<I", data, end + 12)
    directory = end - size
    return size == 0 or (directory >= 0 and data[directory : directory + 4] == b"PK\x01\x02")
