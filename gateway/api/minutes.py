"""Events too frequent to log one by one: counted per minute, then one audit entry for each kind."""

import asyncio
from collections import Counter

from audit.events import Event, FieldValue
from gateway.errors import StoreUnavailable
from gateway.exchange.entries import entry
from gateway.exchange.node import Node
from gateway.ports.store import Change

_MINUTE_MS = 60_000
Counted = tuple[Event, str, str]
"""Event, the field that tells its kinds apart (`client` or `reason`), and that field's value."""


class Minutes:
    """Counts of the current minute. The entries are written when it ends, or with `flush`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._counts: Counter[Counted] = Counter()
        self._minute = 0
        self._task: asyncio.Task[None] | None = None

    def polled(self, client: str) -> None:
        """A client found its inbox empty."""
        self._add((Event.CLIENT_POLLS, "client", client))

    def refused(self, reason: str) -> None:
        """Somebody who is no known client was refused; `reason` is a code."""
        self._add((Event.TOKEN_REFUSED, "reason", reason))

    def _add(self, counted: Counted) -> None:
        if not self._counts:
            now = self._node.clock.now_ms()
            self._minute = now - now % _MINUTE_MS
            self._task = asyncio.ensure_future(self._at_the_end(self._minute + _MINUTE_MS - now))
        self._counts[counted] += 1

    async def _at_the_end(self, left_ms: int) -> None:
        await self._node.clock.sleep(left_ms / 1000)
        self._task = None
        await self._write()

    async def flush(self) -> None:
        """Write what was counted so far; called when the API stops."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        await self._write()

    async def _write(self) -> None:
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        now = self._node.clock.now_ms()
        entries = []
        for (event, name, value), count in sorted(counts.items()):
            fields: dict[str, FieldValue] = {name: value, "minute": self._minute, "count": count}
            entries.append(entry(self._node, event, now, fields))
        try:
            await self._node.journal.record(Change((), tuple(entries)))
        except StoreUnavailable as error:
            self._node.log.warning("minutes.not_logged", cause=str(error), kinds=len(entries))
