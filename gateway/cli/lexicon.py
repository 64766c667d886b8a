"""`kelisim lexicon`: sign and verify the lexicon of markings."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.failing import fail, readable_errors
from keys.jwk import load_private

app = typer.Typer(no_args_is_help=True, help="The signed lexicon of markings that inspection searches for.")


@app.command()
def sign(
    lexicon: Annotated[Path, typer.Argument(help="The lexicon (YAML). Its signature is written beside it.")],
    key: Annotated[Path, typer.Option(help="Private trust key (`kelisim key new trust FILE`).")],
    passphrase: Annotated[
        str | None, typer.Option(envvar="KELISIM_PASSPHRASE", help="Opens the private key.")
    ] = None,
) -> None:
    """Sign a lexicon after a change. The nodes are told the key by `inspection.lexicon_key`."""
    from gateway.inspection.loading import SIGNATURE_SUFFIX, sign_lexicon

    with readable_errors():
        try:
            signature = sign_lexicon(lexicon.read_bytes(), load_private(key, passphrase))
            written = lexicon.with_suffix(SIGNATURE_SUFFIX)
            written.write_text(signature + "\n", encoding="ascii")
        except OSError as error:
            fail(f"kelisim: {error.filename}: {error.strerror}")
    typer.echo(f"signed: {written}")


@app.command()
def verify(
    lexicon: Annotated[Path | None, typer.Argument(help="Default: the lexicon that comes with it.")] = None,
    key: Annotated[Path | None, typer.Option(help="Public key (JWK); default: the release key.")] = None,
) -> None:
    """Verify a lexicon and its signature and print its version."""
    from gateway.inspection.loading import load_lexicon

    with readable_errors():
        found = load_lexicon(lexicon, key)
    typer.echo(f"lexicon {found.version} sha256 {found.digest}")
