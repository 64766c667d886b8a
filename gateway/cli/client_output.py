"""How the commands of clients talk: tables for people, JSON for machines, an exit code for every failure.

Exit codes: 0 done, 1 denied by an agreement, 2 wrong arguments or content, 3 no answer or busy (try again),
4 refused otherwise (not authenticated, not found, conflict).
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from gateway.cli.failing import fail
from gateway.sdk import ProblemError, ProfileError, SdkError, TokenRefused, Unreachable

DENIED, WRONG, AGAIN, REFUSED = 1, 2, 3, 4
_WRONG_NAMES = frozenset(
    {"invalid", "malformed", "too-large", "unsupported-media-type", "idempotency-key-missing"}
)
_BUSY_STATUS, _TOO_MANY = 500, 429


def show_json(content: Any) -> None:
    """Print a value as indented JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())


def show_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: a table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*titles, box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@contextmanager
def client_errors(*, as_json: bool = False) -> Iterator[None]:
    """Turn the SDK's errors into text and an exit code."""
    try:
        yield
    except (SdkError, OSError) as error:
        if as_json:
            show_json({"error": _described(error)})
        fail(f"kelisim: {error}{_remedies(error)}", exit_code(error))


def exit_code(error: Exception) -> int:
    """The exit code that an error ends a command with."""
    if isinstance(error, ProblemError):
        if error.denied:
            return DENIED
        if error.name in _WRONG_NAMES:
            return WRONG
        return AGAIN if error.status >= _BUSY_STATUS or error.status == _TOO_MANY else REFUSED
    if isinstance(error, Unreachable):
        return AGAIN
    return WRONG if isinstance(error, (ProfileError, OSError)) else REFUSED


def _described(error: Exception) -> dict[str, Any]:
    if isinstance(error, ProblemError):
        described: dict[str, Any] = {
            "name": error.name,
            "status": error.status,
            "title": error.title,
            "detail": error.detail,
            "provisions": error.provisions,
            "problems": error.problems,
            "missing": error.missing,
            "reasons": error.reasons,
            "remedies": error.remedies,
            "recipient": error.recipient,
            "instance": error.instance,
        }
        return described
    name = error.error if isinstance(error, TokenRefused) else type(error).__name__
    return {"name": name, "detail": str(error)}


def _remedies(error: Exception) -> str:
    if not isinstance(error, ProblemError):
        return ""
    missing = f"\n  not known: {', '.join(error.missing)}" if error.missing else ""
    lines = [f"\n  what would help: {one.get('text', '')}" for one in error.remedies]
    return missing + "".join(lines)


@contextmanager
def transfer(files: Sequence[Path], total: int | None = None) -> Iterator[Any]:
    """A progress bar over the bytes of some files, on a terminal only; yields what to tell of them."""
    size = sum(path.stat().st_size for path in files) if total is None else total
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with bar:
        task = bar.add_task("attachments", total=size)
        yield lambda count: bar.advance(task, count)


def read_json(path: Path) -> Any:
    """A JSON file; ends the command readably if it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"kelisim: {path}: {error.strerror}", WRONG)
    except ValueError as error:
        fail(f"kelisim: {path}: not JSON: {error}", WRONG)


def write_own(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read: what is exchanged is nobody else's business."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
