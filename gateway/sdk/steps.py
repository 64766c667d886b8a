"""The protocol between the core, which does no I/O, and the clients, which do.

An operation is a generator: it yields what is to be done and is sent the outcome. A failed exchange is thrown
into it as `Unreachable`.
"""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from msgspec import Struct

Progress: TypeAlias = Callable[[int], None]
"""Called with the number of bytes that have just been read for sending, or written."""

CHUNK_BYTES = 256 * 1024


class Ask(Struct, frozen=True, kw_only=True):
    """One HTTP request.

    Args:
        method, path, headers: as in HTTP; the path is below the base URL.
        params: parameters of the query.
        body: the body, unless `file` is given.
        file: a file to stream as the body.
        save_to: where to write the body of a successful answer.
        progress: told of the bytes of `file` or `save_to`.
        timeout_s: how long the gateway may take.
    """

    method: str
    path: str
    headers: Mapping[str, str] = {}
    params: Mapping[str, str] = {}
    body: bytes = b""
    file: Path | None = None
    save_to: Path | None = None
    progress: Progress | None = None
    timeout_s: float = 60


class Pause(Struct, frozen=True):
    """Wait that many seconds."""

    seconds: float


class Answer(Struct, frozen=True):
    """One HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Result = TypeVar("Result")
Steps: TypeAlias = Generator[Ask | Pause, Answer | None, Result]
