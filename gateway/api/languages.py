"""`Accept-Language` (RFC 9110 section 12.5.4), for the languages in which reasons are given."""

import re
from typing import Final

OFFERED: Final = ("en", "kk", "ru")
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_MAX_RANGES = 32


def preferred_language(header: str | None) -> str | None:
    """Choose the offered language that weighs most; of equal ones, the first named.

    Args:
        header: the field's value. What is malformed in it is passed over: a preference is no condition.

    Returns:
        ISO 639 code, or None if nothing offered is asked for.
    """
    best, weight = None, 0.0
    for piece in (header or "").split(",")[:_MAX_RANGES]:
        found = _RANGE.fullmatch(piece)
        if found is None:
            continue
        language = OFFERED[0] if found[1] == "*" else found[1].lower()
        quality = 1.0 if found[2] is None else float(found[2])
        if language in OFFERED and quality > weight:
            best, weight = language, quality
    return best
