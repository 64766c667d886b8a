"""`kelisim inspect PATH...`: what inspection says of files and folders, without a node."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.bootstrap.inspecting import build_pool
from gateway.cli.failing import USAGE, fail
from gateway.inspection.inspected import Inspected
from gateway.inspection.pool import InspectionPool
from gateway.settings import InspectionSection

FOUND = 1
_CHUNK_BYTES = 1 << 20
Tell = Callable[[Path, Inspected], None]


def inspect_files(paths: Sequence[Path], *, as_json: bool, section: InspectionSection) -> None:
    """Inspect files, and all files of folders, and print a line for each.

    Ends with 0 if all are `none` or `restricted`, 1 if any is `state_secret` or `uninspectable`, 2 if a path
    cannot be read.

    Args:
        paths: files and folders.
        as_json: print JSON lines instead of text.
        section: lexicon, limits, languages of OCR, labels; relative paths are taken from here.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        fail(f"kelisim: no such file or folder: {', '.join(missing)}", USAGE)
    files = list(files_of(paths))
    worst = asyncio.run(_inspect_all(files, section, _json_line if as_json else _line))
    if worst:
        raise typer.Exit(worst)


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files under some paths, each folder's in order; links inside folders are not followed."""
    for path in paths:
        if path.is_dir():
            for inner in sorted(path.rglob("*")):
                if inner.is_file() and not inner.is_symlink():
                    yield inner
        else:
            yield path


async def _inspect_all(files: Sequence[Path], section: InspectionSection, tell: Tell) -> int:
    pool = build_pool(section, Path.cwd())
    codes: list[int] = []
    waiting = iter(files)
    console = Console(stderr=True)
    try:
        with _progress(console) as progress:
            task = progress.add_task("inspecting", total=len(files))

            async def work() -> None:
                for path in waiting:
                    codes.append(await _inspect_one(pool, path, tell))
                    progress.advance(task)

            await asyncio.gather(*(work() for _ in range(section.workers)))
    finally:
        await pool.aclose()
    return max(codes, default=0)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


async def _inspect_one(pool: InspectionPool, path: Path, tell: Tell) -> int:
    try:
        result = await pool.inspect(_chunks(path), path.name, "")
    except OSError as error:
        typer.echo(f"kelisim: {path}: {error.strerror}", err=True)
        return USAGE
    tell(path, result)
    return FOUND if result.verdict in ("state_secret", "uninspectable") else 0


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    opened = await asyncio.to_thread(path.open, "rb")
    with opened:
        while chunk := await asyncio.to_thread(opened.read, _CHUNK_BYTES):
            yield chunk


def _line(path: Path, result: Inspected) -> None:
    typer.echo(f"{result.verdict:<13} {path}")
    for finding in result.findings:
        typer.echo(f"              {finding.marking} ({finding.language}), {finding.place}: {finding.rule}")
    for problem in result.problems:
        typer.echo(f"              {problem.reason}" + (f": {problem.place}" if problem.place else ""))


def _json_line(path: Path, result: Inspected) -> None:
    findings = [
        {"marking": one.marking, "language": one.language, "place": one.place, "rule": one.rule}
        for one in result.findings
    ]
    problems = [{"reason": str(problem.reason), "place": problem.place} for problem in result.problems]
    line = {"path": str(path), "verdict": result.verdict, "findings": findings, "problems": problems}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
