"""Rate limits: token buckets on the node's clock. They come before everything that costs or is logged."""

from collections import OrderedDict

from gateway.errors import RateLimited

_MINUTE_MS = 60_000
_REMEMBERED = 4096


class Bucket:
    """Holds up to a minute's worth of calls and fills continuously.

    Args:
        per_minute: calls a minute.
        now_ms: Unix milliseconds.
    """

    __slots__ = ("_at_ms", "_capacity", "_left")

    def __init__(self, per_minute: int, now_ms: int) -> None:
        self._capacity = float(per_minute)
        self._left = self._capacity
        self._at_ms = now_ms

    def take(self, now_ms: int) -> None:
        """Take one call; raises `RateLimited` if there is none left."""
        passed = max(0, now_ms - self._at_ms)
        self._left = min(self._capacity, self._left + passed * self._capacity / _MINUTE_MS)
        self._at_ms = max(self._at_ms, now_ms)
        if self._left < 1:
            raise RateLimited((1 - self._left) * _MINUTE_MS / self._capacity / 1000)
        self._left -= 1

    def give_back(self) -> None:
        """Undo a `take`."""
        self._left = min(self._capacity, self._left + 1)


class Buckets:
    """A bucket per key; the least recently used is forgotten when there are too many.

    Args:
        per_minute: calls a minute for each key.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now_ms: int) -> None:
        """Take one call of a key; raises `RateLimited`."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._per_minute, now_ms)
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        bucket.take(now_ms)

    def give_back(self, key: str) -> None:
        """Undo a `take` of a key."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give_back()
