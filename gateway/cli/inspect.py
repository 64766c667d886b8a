"""`kelisim inspect`: does a text carry a marking of secrecy?"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from gateway.cli.failing import USAGE, fail, readable_errors
from gateway.inspection.loading import load_lexicon
from gateway.inspection.markings import inspect_segments
from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Segment, verdict_of


def inspect(
    jsonl: Annotated[
        str,
        typer.Option("--jsonl", help='Lines {"id", "text"}; "-" reads standard input.', show_default=False),
    ],
    lexicon: Annotated[Path | None, typer.Option(help="Another lexicon than the one shipped.")] = None,
    lexicon_key: Annotated[Path | None, typer.Option(help="The public key it is signed with.")] = None,
) -> None:
    """Write for each line its verdict and findings, as JSON lines.

    A malformed line is named on standard error and the others are answered all the same; the command then
    ends with 2.
    """
    with readable_errors():
        words = load_lexicon(lexicon, lexicon_key)
    malformed = False
    with _opened(jsonl) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                answer = _answer(line, words)
            except ValueError as error:
                malformed = True
                typer.echo(f"kelisim: {jsonl}: line {number}: {error}", err=True)
                continue
            sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    if malformed:
        raise typer.Exit(USAGE)


@contextmanager
def _opened(jsonl: str) -> Iterator[BinaryIO]:
    if jsonl == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(jsonl).open("rb") as file:
            yield file
    except OSError as error:
        fail(f"kelisim: {jsonl}: {error.strerror}", USAGE)


def _answer(line: bytes, lexicon: Lexicon) -> bytes:
    """One line of output; raises `ValueError` that says what is wrong with the input."""
    try:
        asked = json.loads(line.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(asked, dict) or "id" not in asked or not isinstance(asked.get("text"), str):
        raise ValueError('not an object with "id" and a string "text"')
    findings = inspect_segments([Segment(asked["text"], "text", "")], lexicon)
    answer = {
        "id": asked["id"],
        "verdict": verdict_of(findings),
        "findings": [
            {"marking": f.marking, "language": f.language, "place": f.place, "rule": f.rule} for f in findings
        ],
    }
    # A lone surrogate of the input stays an escape, as it must have come.
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
