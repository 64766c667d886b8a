"""`kelisim key`: keys of people and systems, made and kept outside the node."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.bootstrap.founding import rotate_epoch
from gateway.bootstrap.system import SystemClock
from gateway.cli.failing import readable_errors
from keys.jwk import SigningKey, Usage, save_private

app = typer.Typer(no_args_is_help=True, help="Keys of officials, admins, clients and trust operators.")

_DAY_MS = 86_400_000
_USAGES = (Usage.OFFICIAL, Usage.ADMIN, Usage.CLIENT, Usage.TRUST)


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


@app.command()
def rotate(folder: Annotated[Path, typer.Argument(help="The node's folder.")]) -> None:
    """Begin a new encryption epoch (7 days); weekly, before the running one ends."""
    now = SystemClock().now_ms()
    with readable_errors():
        epoch = rotate_epoch(folder, now)
    days = (epoch.not_after - now) / _DAY_MS
    typer.echo(f"epoch {epoch.kid} for {days:.0f} days; private half kept in the key store")
    typer.echo(f"Have the party's trust operator sign {folder / 'public' / 'authority.json'} anew.")
