"""`kelisim inspect`: does a file or a text carry a marking of secrecy?"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gateway.cli.failing import USAGE, fail, readable_errors
from gateway.settings import InspectionSection

if TYPE_CHECKING:
    from gateway.inspection.patterns import Lexicon


def inspect(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders to inspect.", show_default=False)
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", help='Lines {"id", "text"}; "-" reads standard input.', show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line for each file.")] = False,
    lexicon: Annotated[Path | None, typer.Option(help="Another lexicon than the one shipped.")] = None,
    lexicon_key: Annotated[Path | None, typer.Option(help="The public key it is signed with.")] = None,
    ocr: Annotated[
        list[str] | None, typer.Option(help="Read pictures in this language of tesseract; may be repeated.")
    ] = None,
) -> None:
    """Tell whether files, or the texts of JSON lines, carry a marking of secrecy.

    Files: ends with 0 if nothing is secret or uninspectable, with 1 otherwise. JSON lines: writes for each
    its verdict and findings; a malformed line is named on standard error, the others are answered all the
    same, and the command then ends with 2.
    """
    if bool(paths) == (jsonl is not None):
        fail("kelisim: name files and folders, or one file of texts with --jsonl", USAGE)
    if jsonl is not None:
        _inspect_lines(jsonl, lexicon, lexicon_key)
        return
    from gateway.cli.inspect_files import inspect_files

    section = InspectionSection(lexicon=lexicon, lexicon_key=lexicon_key, ocr_languages=tuple(ocr or ()))
    with readable_errors():
        inspect_files(paths or [], as_json=as_json, section=section)


def _inspect_lines(jsonl: str, lexicon: Path | None, lexicon_key: Path | None) -> None:
    from gateway.inspection.loading import load_lexicon

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


def _answer(line: bytes, lexicon: "Lexicon") -> bytes:
    """One line of output; raises `ValueError` that says what is wrong with the input."""
    from gateway.inspection.markings import inspect_segments
    from gateway.inspection.verdict import Segment, verdict_of

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
