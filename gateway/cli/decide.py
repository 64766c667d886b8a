"""`kelisim decide`: the decision on facts from a file, without a node."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.failing import USAGE, fail
from policies.errors import FactsError, PoliciesError
from policies.simulate import decide_file

_DENY = 1


def decide(
    facts: Annotated[Path, typer.Option(help="JSON file with the facts (docs/facts.schema.json).")],
) -> None:
    """Print the decision as JSON. Ends with 0 for permit, 1 for deny, 2 if the facts are wrong."""
    try:
        decision = decide_file(facts)
    except FactsError as error:
        fail(f"kelisim: {facts}: fact {error.field}: {error.problem}", USAGE)
    except OSError as error:
        fail(f"kelisim: {facts}: {error.strerror}", USAGE)
    except PoliciesError as error:
        fail(f"kelisim: {error}", USAGE)
    typer.echo(json.dumps(json.loads(decision.to_json()), ensure_ascii=False, indent=2))
    if not decision.permitted:
        raise typer.Exit(_DENY)
