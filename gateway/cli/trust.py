"""`kelisim trust`: a party's operator signs its list; every node imports the lists of all parties."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.bootstrap.publickeys import read_public_key
from gateway.bootstrap.system import SystemClock
from gateway.cli.failing import fail, readable_errors
from keys import instants
from keys.jwk import Usage, load_private
from keys.trust_file import AuthorityEntry, TrustFile, open_file, sign_file

app = typer.Typer(no_args_is_help=True, help="Signed lists of competent authorities.")
_DAY_MS = 86_400_000


@app.command()
def sign(
    party: Annotated[str, typer.Argument(help="Two capital letters, such as KZ.")],
    entries: Annotated[list[Path], typer.Argument(help="public/authority.json of each authority.")],
    key: Annotated[Path, typer.Option(help="The party's private trust key.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    version: Annotated[int, typer.Option(min=1, help="Must rise with every list.")] = 1,
    days: Annotated[int, typer.Option(min=1, help="Days until the next list is due.")] = 90,
    passphrase: Annotated[str | None, typer.Option(envvar="KELISIM_PASSPHRASE")] = None,
) -> None:
    """Sign one version of a party's list."""
    now = SystemClock().now_ms()
    now -= now % 1000
    with readable_errors():
        try:
            listed = [msgspec.json.decode(path.read_bytes(), type=AuthorityEntry) for path in entries]
        except (OSError, msgspec.DecodeError) as error:
            fail(f"kelisim: not an authority's entry: {error}")
        file = TrustFile(
            v=1,
            party=party,
            version=version,
            issued=instants.write(now),
            next_update=instants.write(now + days * _DAY_MS),
            authorities=tuple(listed),
        )
        signing = load_private(key, passphrase)
        data = sign_file(signing, file)
        open_file(data, signing.public)
        out.write_bytes(data)
    typer.echo(f"{out}: list {version} of {party}, {len(listed)} authorities")


@app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="The node's folder.")],
    party: Annotated[str, typer.Argument(help="Two capital letters, such as RU.")],
    file: Annotated[Path, typer.Argument(help="The signed list.")],
    anchor: Annotated[
        Path | None, typer.Option(help="The party's public trust key, to pin it on first import.")
    ] = None,
) -> None:
    """Import a list into the folder of a node that is not running (a running one takes it by API)."""
    from gateway.bootstrap.trustfiles import import_offline

    with readable_errors():
        if anchor is not None:
            read_public_key(anchor, Usage.TRUST)
        version = import_offline(folder, party, _read(file), None if anchor is None else _read(anchor))
    typer.echo(f"{party}: list {version} is in force")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"kelisim: {path}: {error.strerror}")
