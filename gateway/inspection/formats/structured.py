"""JSON: whole to the detector, which knows fields and lists; taken apart where it would not see all.

That is where a key is written twice, where the text is long, or nested deeper than the detector goes.
"""

import json
from typing import Any

from gateway.inspection.formats.armoured import read_armoured
from gateway.inspection.gathering import Gathering
from gateway.inspection.verdict import Channel

_MAX_DEPTH = 64
_MAX_WHOLE_DEPTH = 30
_MAX_WHOLE_CHARS = 1 << 20


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written: nothing is dropped when a key repeats."""


def read_json(text: str, into: Gathering, channel: Channel = "body") -> bool:
    """Keep every string of a JSON text; False if it is not JSON (or nested beyond reason)."""
    repeated: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> _Pairs:
        if len(members) != len({key for key, _ in members}):
            repeated.append(members[0][0])
        return _Pairs(members)

    try:
        value = json.loads(text.lstrip("\ufeff"), object_pairs_hook=pairs)
        depth = _depth(value, 0)
    except (ValueError, RecursionError):
        return False
    read_armoured(text, into)
    if not repeated and depth <= _MAX_WHOLE_DEPTH and len(text) <= _MAX_WHOLE_CHARS:
        into.add(text, channel, "body")
    else:
        _walk(value, "", into, channel)
    return True


def _depth(value: Any, depth: int) -> int:
    if depth > _MAX_DEPTH:
        raise RecursionError
    members = [member for _, member in value] if isinstance(value, _Pairs) else value
    if not isinstance(members, list):
        return depth
    return max((_depth(member, depth + 1) for member in members), default=depth)


def _walk(value: Any, pointer: str, into: Gathering, channel: Channel) -> None:
    if isinstance(value, str):
        into.add(value, channel, f"body {pointer or '/'}")
        return
    members: list[tuple[str, Any]] = []
    if isinstance(value, _Pairs):
        members = list(value)
        into.add("\n".join(key for key, _ in members), channel, f"body {pointer} (keys)")
    elif isinstance(value, list):
        members = [(str(index), member) for index, member in enumerate(value)]
    for key, member in members:
        _walk(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", into, channel)
