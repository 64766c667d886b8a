"""The write path: changes are gathered into groups, each committed with its audit entries and checkpoint.

Order of every group (steps S6-S7, R10-R12, C4 of docs/MESSAGE-CYCLE.md): compare with the head, sign, commit,
advance the head store, release. Nothing waits while the node is idle; what arrives while a group commits
makes up the next one. Whoever awaits `record` goes on only when a signed checkpoint covers the change.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from gateway.errors import Conflict, GatewayError, StoreUnavailable
from gateway.exchange.sequencing import LogSequencer
from gateway.ports.head import HeadStore
from gateway.ports.store import Change, Store

MAX_GROUP = 1024
BUSY_S = 0.004
"""For this long after a group of more than one the node is busy, and the next group waits for company."""

_GATHER_ROUNDS = 3


class Recorded:
    """A change that is durable and covered by `checkpoint`; `bundles` prove its evidence, in order."""

    __slots__ = ("bundles", "checkpoint")

    def __init__(self, checkpoint: bytes, bundles: tuple[bytes, ...]) -> None:
        self.checkpoint = checkpoint
        self.bundles = bundles


class Journal:
    """The node's single writer. One event loop owns it.

    Args:
        store: where groups are committed.
        head: the last checkpoint, kept apart.
        sequencer: signs the log.
        committed: called after each group, e.g. to wake the dispatcher.
    """

    def __init__(
        self,
        store: Store,
        head: HeadStore,
        sequencer: LogSequencer,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._head = head
        self._sequencer = sequencer
        self.committed = committed
        self._waiting: deque[tuple[Change, asyncio.Future[Recorded]]] = deque()
        self._scheduled = False
        self._broken: GatewayError | None = None
        self._written_at, self._busy = -BUSY_S, False

    @property
    def broken(self) -> GatewayError | None:
        """Why the journal takes no more changes; None while it works."""
        return self._broken

    async def record(self, change: Change) -> Recorded:
        """Commit a change; returns once a checkpoint covers it.

        Raises:
            Conflict: the change met another that came first; nothing of it was written.
            StoreUnavailable: the log or the store cannot write; nothing may proceed.
        """
        return await self.enqueue(change)

    def enqueue(self, change: Change) -> asyncio.Future[Recorded]:
        """`record` without waiting: the future ends as `record` would."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Recorded] = loop.create_future()
        if self._broken is not None:
            future.set_exception(StoreUnavailable("the log cannot write"))
            return future
        self._waiting.append((change, future))
        if not self._scheduled:
            self._scheduled = True
            if self._busy and loop.time() - self._written_at < BUSY_S:
                loop.call_later(BUSY_S, self._gather, loop, len(self._waiting), _GATHER_ROUNDS)
            else:
                loop.call_soon(self._gather, loop, len(self._waiting), _GATHER_ROUNDS)
        return future

    def record_now(self, change: Change) -> Recorded:
        """Commit one change at once; for start and stop, when no loop runs."""
        committed = self._commit([change])
        return Recorded(committed[0], committed[1][0])

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, rounds: int) -> None:
        # Callbacks that are already due run first and may add to the group; an idle node commits at once.
        if rounds and len(self._waiting) > seen and len(self._waiting) < MAX_GROUP:
            loop.call_soon(self._gather, loop, len(self._waiting), rounds - 1)
            return
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_GROUP))]
        self._scheduled = bool(self._waiting)
        if self._scheduled:
            loop.call_soon(self._gather, loop, len(self._waiting), 0)
        self._written_at, self._busy = loop.time(), len(group) > 1
        live = [(change, future) for change, future in group if not future.cancelled()]
        if live:
            self._write(live)

    def _write(self, group: list[tuple[Change, asyncio.Future[Recorded]]]) -> None:
        try:
            checkpoint, bundles = self._commit([change for change, _ in group])
        except (Conflict, StoreUnavailable) as error:
            if len(group) == 1 or self._broken is not None:
                # A broken journal may have committed the group: to commit it again would double it.
                for _, future in group:
                    future.set_exception(error)
                return
            for one in group:
                self._write([one])
            return
        except Exception as error:  # noqa: BLE001 - whatever went wrong, nobody may be left waiting
            for _, future in group:
                future.set_exception(StoreUnavailable(f"the group was not written: {error}"))
            self._broken = self._broken or StoreUnavailable(str(error))
            return
        for (_, future), proofs in zip(group, bundles, strict=True):
            if not future.done():
                future.set_result(Recorded(checkpoint, proofs))
        self.committed()

    def _commit(self, changes: list[Change]) -> tuple[bytes, list[tuple[bytes, ...]]]:
        committed = self._store.commit(changes, self._sequencer)
        try:
            self._head.advance(committed.checkpoint)
        except (OSError, StoreUnavailable) as error:
            # The database may be ahead of the head, so a restart continues; until then nothing is released.
            self._broken = StoreUnavailable(f"the head store cannot write: {error}")
            raise self._broken from error
        self._sequencer.advance(committed.checkpoint)
        return committed.checkpoint, committed.bundles
