"""`kelisim agreement`: admins sign that an agreement has entered into force."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.bootstrap.calling import post
from gateway.bootstrap.system import SystemClock
from gateway.cli.failing import readable_errors
from gateway.exchange.activation import Statement
from gateway.settings import load_settings
from keys import canonical, instants
from keys.jwk import load_private
from keys.signatures import ADMIN_TYP, sign_statement

app = typer.Typer(no_args_is_help=True, help="Agreements and their entry into force.")


@app.callback()
def _group() -> None:
    """Keep `activate` a subcommand."""


@app.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="The folder of the running node.")],
    agreement: Annotated[str, typer.Argument(help="Agreement id, such as kz-tm-2024.")],
    from_date: Annotated[str, typer.Option("--from", help="Civil date of entry into force, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option(help="The notification it rests on.")],
    key: Annotated[Path, typer.Option(help="The admin's private key, kept outside the node's folder.")],
    passphrase: Annotated[str | None, typer.Option(envvar="KELISIM_PASSPHRASE")] = None,
) -> None:
    """Sign, as one admin, that an agreement is in force. It counts once a second admin signed the same."""
    with readable_errors():
        settings = load_settings(folder)
        statement = Statement(
            v=1,
            act="activate-agreement",
            node=settings.node.authority,
            agreement=agreement,
            from_date=from_date,
            reference=reference,
            issued=instants.write(SystemClock().now_ms()),
        )
        payload = canonical.encode(msgspec.to_builtins(statement))
        jws = sign_statement(load_private(key, passphrase), ADMIN_TYP, payload)
        body = json.dumps({"statement": jws}).encode()
        path = f"/v1/agreements/{agreement}/activations"
        result = post(folder, settings, path, body, "application/json")
    if result["state"] == "active":
        typer.echo(
            f"{agreement} is in force from {result['from_date']}: {len(result['admins'])} admins signed."
        )
    else:
        typer.echo(f"{agreement}: proposed by one admin; a second one must sign the same.")
