"""Time and chance come through here, so that a whole node can run under one seed."""

from typing import Protocol


class Clock(Protocol):
    """The node's only clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds (UTC)."""

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the loop."""


class Entropy(Protocol):
    """The node's only source of randomness."""

    def random_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""

    def uuid7(self, now_ms: int) -> str:
        """A UUIDv7 (RFC 9562 section 5.7) for that millisecond, in its 36-character form."""

    def fraction(self) -> float:
        """Uniform in [0, 1), for the jitter of retries."""
