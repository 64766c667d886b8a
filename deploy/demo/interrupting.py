"""SIGINT and SIGTERM end the demo in order: once they have come, nothing disturbs the stopping."""

import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """SIGINT or SIGTERM came."""


def heed_signals() -> None:
    """From now on the first SIGINT or SIGTERM raises `Interrupted` in the main thread."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """From now on SIGINT and SIGTERM do nothing: what was started is being stopped."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    ignore_signals()
    raise Interrupted
