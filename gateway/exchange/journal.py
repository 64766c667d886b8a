"""The write path: changes are gathered into groups, each committed with its audit entries and checkpoint.

Order of every group (steps S6-S7, R10-R12, C4 of docs/MESSAGE-CYCLE.md): compare with the head, sign, commit,
advance the head store, release. Nothing waits while the node is idle; what arrives while a group commits
makes up the next one: its statements run in the loop, and the disk is waited for beside it. Whoever awaits
`record` goes on only when a signed checkpoint covers the change.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeAlias

from gateway.errors import Conflict, GatewayError, StoreUnavailable
from gateway.exchange.sequencing import LogSequencer
from gateway.ports.head import HeadStore
from gateway.ports.store import Change, Committed, Store

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


Waiting: TypeAlias = "list[tuple[Change, asyncio.Future[Recorded]]]"


class Journal:
    """The node's single writer. One event loop owns it.

    Args:
        store: where groups are committed.
        head: the last checkpoint, kept apart.
        sequencer: signs the log.
        committed: called after each group, e.g. to wake the dispatcher.
        beside: one thread in which the disk is waited for while the loop gathers the next group; None waits
            in the loop. A change that comes alone is not worth the way there and back.
    """

    def __init__(
        self,
        store: Store,
        head: HeadStore,
        sequencer: LogSequencer,
        committed: Callable[[], None] = lambda: None,
        beside: Executor | None = None,
    ) -> None:
        self._store = store
        self._head = head
        self._sequencer = sequencer
        self.committed = committed
        # Where readers are not kept out during a commit, they could see rows that the head does not know yet.
        self._beside = None if store.shared else beside
        self._waiting: deque[tuple[Change, asyncio.Future[Recorded]]] = deque()
        self._scheduled = False
        self._quiet = asyncio.Event()
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

    async def quiet(self) -> None:
        """Wait until nothing is being written and nothing waits for it."""
        while self._scheduled:
            self._quiet.clear()
            await self._quiet.wait()

    def record_now(self, change: Change) -> Recorded:
        """Commit one change at once; for start and stop, when no loop runs."""
        committed = self._store.begin([change], self._sequencer).finish(self._advance)
        return Recorded(committed.checkpoint, committed.bundles[0])

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, rounds: int) -> None:
        # Callbacks that are already due run first and may add to the group; an idle node commits at once.
        if rounds and len(self._waiting) > seen and len(self._waiting) < MAX_GROUP:
            loop.call_soon(self._gather, loop, len(self._waiting), rounds - 1)
            return
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_GROUP))]
        self._written_at, self._busy = loop.time(), len(group) > 1
        live = [(change, future) for change, future in group if not future.cancelled()]
        if live and self._begin(loop, live):
            return  # `_finished` goes on
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._scheduled = bool(self._waiting)
        if self._scheduled:
            loop.call_soon(self._gather, loop, len(self._waiting), 0)
        else:
            self._quiet.set()

    def _begin(self, loop: asyncio.AbstractEventLoop, group: Waiting) -> bool:
        """Write a group; True if its commit goes on beside the loop."""
        try:
            begun = self._store.begin([change for change, _ in group], self._sequencer)
            if self._beside is None or len(group) == 1:
                self._release(group, begun.finish(self._advance))
                return False
        except Exception as error:  # noqa: BLE001 - whatever went wrong, nobody may be left waiting
            self._failed(loop, group, error)
            return False
        committing = loop.run_in_executor(self._beside, begun.finish, self._advance)
        committing.add_done_callback(partial(self._finished, loop, group))
        return True

    def _finished(
        self, loop: asyncio.AbstractEventLoop, group: Waiting, committing: asyncio.Future[Committed]
    ) -> None:
        error = committing.exception()
        if error is None:
            self._release(group, committing.result())
        elif isinstance(error, Exception):
            self._failed(loop, group, error)
        self._go_on(loop)

    def _advance(self, committed: Committed) -> None:
        """The group is durable: so the head must be, before anything of the group can be seen."""
        try:
            self._head.advance(committed.checkpoint)
        except (OSError, StoreUnavailable) as error:
            # The database may be ahead of the head, so a restart continues; until then nothing is released.
            self._broken = StoreUnavailable(f"the head store cannot write: {error}")
            raise self._broken from error
        self._sequencer.advance(committed.checkpoint)

    def _release(self, group: Waiting, committed: Committed) -> None:
        for (_, future), proofs in zip(group, committed.bundles, strict=True):
            if not future.done():
                future.set_result(Recorded(committed.checkpoint, proofs))
        self.committed()

    def _failed(self, loop: asyncio.AbstractEventLoop, group: Waiting, error: Exception) -> None:
        if not isinstance(error, (Conflict, StoreUnavailable)):
            self._broken = self._broken or StoreUnavailable(str(error))
            error = StoreUnavailable(f"the group was not written: {error}")
        if len(group) == 1 or self._broken is not None:
            # A broken journal may have committed the group: to commit it again would double it.
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for one in group:
            self._begin(loop, [one])
