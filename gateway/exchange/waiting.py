"""Who waits for what: long polls and `Prefer: wait` sleep here until a commit concerns them."""

import asyncio

INBOX = "inbox"
NOTICES = "notices"


class Waiters:
    """Wakes those who wait for a topic: `INBOX`, `NOTICES`, or a message id."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[str | None]]] = {}

    def notify(self, topic: str, news: str | None = None) -> None:
        """Wake everybody who waits for a topic.

        Args:
            news: the state that the topic is in now, where whoever wakes them knows it.
        """
        for future in self._waiting.pop(topic, ()):
            if not future.done():
                future.set_result(news)

    async def wait(self, topic: str, seconds: float) -> bool:
        """Wait for a topic; False if the time ran out. Register before looking, so that nothing is missed."""
        future = self.register(topic)
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            self.forget(topic, future)
        return True

    def register(self, topic: str) -> asyncio.Future[str | None]:
        """A future that the next `notify` of the topic completes with its news."""
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, set()).add(future)
        return future

    def forget(self, topic: str, future: asyncio.Future[str | None]) -> None:
        """Stop waiting."""
        futures = self._waiting.get(topic)
        if futures is not None:
            futures.discard(future)
            if not futures:
                del self._waiting[topic]
