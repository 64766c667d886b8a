"""Canonical JSON (RFC 8785) for the closed set of values this protocol uses.

Objects with ASCII names, arrays, strings, integers within 2^53, booleans and null. Fractions are refused:
without them, sorting names by bytes is the whole of the RFC's number and ordering rules, and orjson does it.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import orjson

from keys.errors import CanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_INTEGER = 2**53 - 1
MAX_BYTES = 1 << 20
MAX_DEPTH = 16


def encode(value: object, max_depth: int = MAX_DEPTH) -> bytes:
    """Return the canonical bytes of a value.

    Args:
        value: dicts with ASCII names, lists or tuples, str, int, bool, None; exactly these types.
        max_depth: how deep objects and arrays may nest.

    Raises:
        CanonicalError: another type, a fraction, a big integer, a lone surrogate, or nested too deeply.

    """
    _check(value, max_depth)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise CanonicalError("a string is not Unicode text") from error


def decode(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Json:
    """Return the value of canonical bytes.

    Whatever does not come out byte for byte when encoded again is refused: repeated names, white space,
    needless escapes, a byte order mark, -0, exponents, lone surrogates.

    Raises:
        CanonicalError: not canonical, too long or nested too deeply.

    """
    if len(data) > max_bytes:
        raise CanonicalError(f"more than {max_bytes} bytes")
    try:
        value: Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CanonicalError("not JSON") from error
    if encode(value, max_depth) != data:
        raise CanonicalError("JSON is not in canonical form")
    return value


def check(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> None:
    """Raise CanonicalError unless data is canonical JSON."""
    decode(data, max_bytes, max_depth)


def check_identity(data: bytes, max_bytes: int = MAX_BYTES) -> None:
    """Raise CanonicalError unless data comes out byte for byte when encoded again.

    For shapes whose typed decoder itself refuses what `check` also looks for: fractions, integers out of
    bounds, names that are not ASCII, other nesting. It is several times faster.
    """
    if len(data) > max_bytes:
        raise CanonicalError(f"more than {max_bytes} bytes")
    try:
        same = orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS) == data
    except (orjson.JSONDecodeError, TypeError) as error:
        raise CanonicalError("not JSON") from error
    if not same:
        raise CanonicalError("JSON is not in canonical form")


def _check(value: object, depth: int) -> None:
    # By exact type, because orjson would also write dates, enums and dataclasses, each in its own way.
    kind = type(value)
    checked = _CHECKS.get(kind)
    if checked is None:
        raise CanonicalError(f"{kind.__name__} has no canonical form")
    checked(value, depth)


def _check_integer(value: Any, _depth: int) -> None:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise CanonicalError("an integer is beyond 2^53")


def _check_object(value: Any, depth: int) -> None:
    if depth <= 0:
        raise CanonicalError("nested too deeply")
    for name, member in value.items():
        if type(name) is not str or not name.isascii():
            raise CanonicalError("a name is not ASCII text")
        # Most members are strings, and a call for each is most of the time spent here.
        if type(member) is not str:
            _check(member, depth - 1)


def _check_array(value: Any, depth: int) -> None:
    if depth <= 0:
        raise CanonicalError("nested too deeply")
    for member in value:
        if type(member) is not str:
            _check(member, depth - 1)


def _pass(_value: Any, _depth: int) -> None:
    pass


_CHECKS: dict[type, Callable[[Any, int], None]] = {
    str: _pass,
    bool: _pass,
    type(None): _pass,
    int: _check_integer,
    dict: _check_object,
    list: _check_array,
    tuple: _check_array,
}
