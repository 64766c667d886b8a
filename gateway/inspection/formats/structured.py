"""JSON: every string with its pointer, keys too, and all values of a key that is written twice."""

import json
from typing import Any

from gateway.inspection.gathering import Gathering
from gateway.inspection.verdict import Channel

_MAX_DEPTH = 64


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: nothing is dropped when a key repeats."""


def read_json(text: str, into: Gathering, channel: Channel = "body") -> bool:
    """Keep every string of a JSON text; False if it is not JSON (or nested beyond reason)."""
    try:
        value = json.loads(text.lstrip("\ufeff"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return False
    return _walk(value, "", into, channel, 0)


def _walk(value: Any, pointer: str, into: Gathering, channel: Channel, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, str):
        into.add(value, channel, pointer or "/")
        return True
    members: list[tuple[str, Any]] = []
    if isinstance(value, _Pairs):
        members = list(value)
        into.add(
            "\n".join(key for key, _ in value if not key.isidentifier() or not key.isascii()),
            channel,
            pointer,
        )
    elif isinstance(value, list):
        members = [(str(index), member) for index, member in enumerate(value)]
    return all(
        _walk(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", into, channel, depth + 1)
        for key, member in members
    )
