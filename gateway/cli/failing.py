"""How commands fail: one readable line or list on standard error, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from audit.errors import AuditError
from gateway.errors import GatewayError
from keys.errors import KeysError
from policies.errors import PoliciesError

USAGE = 2


def fail(text: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    typer.echo(text, err=True)
    raise typer.Exit(code)


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn the errors of all packages into text; anything else is a defect and shows as such."""
    try:
        yield
    except (GatewayError, KeysError, AuditError, PoliciesError) as error:
        fail(f"kelisim: {error}")
