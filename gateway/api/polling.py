"""Long polls: an empty page is kept open until a commit concerns it, or time is up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gateway.api.call import Call
from gateway.errors import Invalid

Item = TypeVar("Item")
_MAX_DIGITS = 6


def wait_s(call: Call, text: str | None) -> float:
    """The `wait` of a page in seconds, at most `long_poll_max_s`; raises `Invalid`."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise Invalid([("/wait", "is a whole number of seconds")])
    return min(int(text), call.node.settings.api.long_poll_max_s)


async def long_poll(
    call: Call, topic: str, seconds: float, look: Callable[[], tuple[list[Item], int]]
) -> tuple[list[Item], int]:
    """Look for a page until it holds something or the time is up.

    Args:
        topic: what wakes it (`gateway.exchange.waiting`).
        look: reads the page: its items and the cursor after them.
    """
    waiters, loop = call.node.waiters, asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        waiting = waiters.register(topic)
        try:
            items, last = look()
            left = until - loop.time()
            if items or left <= 0:
                return items, last
            await asyncio.wait((waiting,), timeout=left)
        finally:
            waiters.forget(topic, waiting)
