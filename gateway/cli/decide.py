"""`kelisim decide`: the decision on facts from a file, without a node."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.failing import USAGE, fail
from policies.errors import FactsError, PoliciesError
from policies.loading import load_packs
from policies.simulate import decide_file

_DENY = 1


def decide(
    facts: Annotated[Path, typer.Option(help="JSON file with the facts (docs/facts.schema.json).")],
    as_of: Annotated[
        str | None,
        typer.Option(help="Civil date (YYYY-MM-DD) whose status and lists fill in what is left out."),
    ] = None,
    packs: Annotated[
        Path | None, typer.Option(help="Folder with further packs, one folder for each agreement.")
    ] = None,
    language: Annotated[
        Literal["en", "kk", "ru"], typer.Option(help="Language of reasons and remedies.")
    ] = "en",
) -> None:
    """Print the decision as JSON, and what would make a denial lawful.

    Ends with 0 for permit, 1 for deny, 2 if the facts are wrong.
    """
    try:
        loaded = None if packs is None else load_packs(None, packs)
        answer = decide_file(facts, loaded, None if as_of is None else _day(as_of))
    except FactsError as error:
        fail(f"kelisim: {facts}: fact {error.field}: {error.problem}", USAGE)
    except OSError as error:
        fail(f"kelisim: {facts}: {error.strerror}", USAGE)
    except PoliciesError as error:
        fail(f"kelisim: {error}", USAGE)
    typer.echo(json.dumps(json.loads(answer.to_json(language)), ensure_ascii=False, indent=2))
    if not answer.decision.permitted:
        raise typer.Exit(_DENY)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"kelisim: {text}: is no date of the form YYYY-MM-DD", USAGE)
