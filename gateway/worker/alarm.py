"""Sleeping that ends early when somebody rings."""

import asyncio

from gateway.ports.clock import Clock


class Alarm:
    """A wait on the node's clock that `ring` cuts short; a ring before the wait is not lost."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the wait."""
        self._rung.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait so long, or without end for None."""
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._rung.wait())]
        if seconds is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._rung.clear()
