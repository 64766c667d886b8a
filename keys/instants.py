"""Instants: RFC 3339 UTC text in files, integer Unix milliseconds in memory."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from keys.errors import CanonicalError

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@lru_cache(maxsize=8192)
def parse(text: str) -> int:
    """Return the Unix milliseconds of an instant such as `2025-01-31T09:00:00Z`.

    Raises:
        CanonicalError: another zone, another precision than seconds or milliseconds, no such date, or
            milliseconds written although they are zero.

    """
    if _FORM.fullmatch(text) is None:
        raise CanonicalError("not an RFC 3339 instant in UTC")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CanonicalError("no such instant") from error
    at = (moment - _EPOCH) // _MILLISECOND
    if write(at) != text:
        raise CanonicalError("an instant is not in its short form")
    return at


@lru_cache(maxsize=8192)
def write(at: int) -> str:
    """Return Unix milliseconds as RFC 3339 text in UTC; the fraction only where there is one."""
    moment = _EPOCH + at * _MILLISECOND
    precision = "milliseconds" if at % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
