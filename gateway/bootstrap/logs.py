"""Operational logging: JSON lines on standard error, ids and codes only. The audit log is something else."""

import sys
from typing import Any

import orjson
import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _dumps(value: Any, **_: Any) -> bytes:
    return orjson.dumps(value, default=str)


def make_logger(level: str, authority: str) -> structlog.typing.FilteringBoundLogger:
    """A logger for one node, independent of any global configuration."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(sys.stderr.buffer),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return logger.bind(node=authority)
