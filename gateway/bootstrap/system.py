"""The real clock and the real randomness."""

import asyncio
import os
import time

_VERSION_7 = 0x7
_VARIANT = 0b10


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds (UTC)."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking the loop."""
        await asyncio.sleep(seconds)


def uuid7(now_ms: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562 section 5.7).

    Args:
        now_ms: Unix milliseconds, 48 bits.
        random: 10 random bytes, of which 74 bits are used.
    """
    bits = int.from_bytes(random, "big")
    high, low = bits >> 68, bits & ((1 << 62) - 1)
    value = (now_ms & ((1 << 48) - 1)) << 80 | _VERSION_7 << 76 | high << 64 | _VARIANT << 62 | low
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class SystemEntropy:
    """The operating system's randomness."""

    def random_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        return os.urandom(count)

    def uuid7(self, now_ms: int) -> str:
        """A UUIDv7 for that millisecond."""
        return uuid7(now_ms, os.urandom(10))

    def fraction(self) -> float:
        """Uniform in [0, 1)."""
        return int.from_bytes(os.urandom(7), "big") / (1 << 56)
