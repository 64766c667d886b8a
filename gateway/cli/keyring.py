"""`kelisim key`: keys of people and systems, made and kept outside the node."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.failing import readable_errors
from keys.jwk import SigningKey, Usage, save_private

app = typer.Typer(no_args_is_help=True, help="Keys of officials, admins, clients and trust operators.")

_USAGES = (Usage.OFFICIAL, Usage.ADMIN, Usage.CLIENT, Usage.TRUST)


@app.callback()
def _group() -> None:
    """Keep `new` a subcommand."""


@app.command()
def new(
    usage: Annotated[Usage, typer.Argument(help="official, admin, client or trust.")],
    out: Annotated[Path, typer.Argument(help="Private key file to write; the public one gets .pub.jwk.")],
    passphrase: Annotated[
        str | None, typer.Option(envvar="KELISIM_PASSPHRASE", help="Encrypt the private key.")
    ] = None,
) -> None:
    """Make an Ed25519 key. Its usage is part of it: no other use of it verifies."""
    if usage not in _USAGES:
        raise typer.BadParameter(f"a node makes its own {usage} keys")
    with readable_errors():
        key = SigningKey.generate(usage)
        save_private(out, key, passphrase)
    public = out.with_suffix(".pub.jwk")
    public.write_text(json.dumps(key.public.to_jwk(), indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{usage} key {key.kid}: {out} (private), {public} (public)")
