"""`kelisim init | serve | check-config`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from gateway.bootstrap.founding import Founding, Official, found
from gateway.bootstrap.publickeys import read_public_key
from gateway.bootstrap.system import SystemClock
from gateway.cli.failing import USAGE, fail, readable_errors
from gateway.errors import ConfigError
from keys.jwk import Usage

Folder = Annotated[Path, typer.Argument(help="The node's folder.")]


def init(
    folder: Folder,
    authority: Annotated[str, typer.Option(help="Authority id, such as kz/mia.")],
    domain: Annotated[str, typer.Option(help="The gateway's domain; names its log.")],
    host: Annotated[str, typer.Option(help="Address both listeners bind to and peers call.")] = "127.0.0.1",
    api_port: Annotated[int, typer.Option(min=1, max=65535)] = 8443,
    peer_port: Annotated[int, typer.Option(min=1, max=65535)] = 8444,
    name: Annotated[list[str] | None, typer.Option(help="LANGUAGE=NAME of the authority.")] = None,
    agreement: Annotated[
        list[str] | None, typer.Option(help="AGREEMENT=DATE: competent under it from that date.")
    ] = None,
    official: Annotated[
        list[str] | None, typer.Option(help="head|deputy=NAME=PUBLIC_JWK of an official who signs.")
    ] = None,
    client: Annotated[list[str] | None, typer.Option(help="ID=PUBLIC_JWK of an agency system.")] = None,
    admin: Annotated[list[str] | None, typer.Option(help="NAME=PUBLIC_JWK of an admin.")] = None,
) -> None:
    """Make a node's folder: configuration, keys, certificates, empty database."""
    with readable_errors():
        founding = Founding(
            authority=authority,
            names=dict(_pair(text, "--name") for text in name or [f"en={authority}"]),
            domain=domain,
            host=host,
            api_port=api_port,
            peer_port=peer_port,
            agreements=dict(_dated(text) for text in agreement or []),
            officials=[_official(text) for text in official or []],
            clients={k: read_public_key(Path(v), Usage.CLIENT) for k, v in _pairs(client, "--client")},
            admins={k: read_public_key(Path(v), Usage.ADMIN) for k, v in _pairs(admin, "--admin")},
        )
        found(folder, founding, SystemClock().now_ms())
    typer.echo(f"{folder} holds a node of {authority}.")
    typer.echo(
        f"Have the party's trust operator list {folder / 'public' / 'authority.json'} (kelisim trust sign),"
    )
    typer.echo("import every party's list (kelisim trust import), then: kelisim serve " + str(folder))


def serve(folder: Folder) -> None:
    """Run the node until SIGTERM or SIGINT; then drain and stop."""
    # Imported here: what a server needs would cost every other command most of its time.
    from gateway.bootstrap.serving import run

    with readable_errors():
        run(folder)


def check_config(folder: Folder) -> None:
    """Check configuration, keys, certificates, trust lists and database without starting anything."""
    from gateway.bootstrap.checking import check

    try:
        findings = check(folder)
    except ConfigError as error:
        fail(f"kelisim: {error}")
    for finding in findings:
        typer.echo(("ok    " if finding.ok else "FAIL  ") + finding.text)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _pair(text: str, option: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key or not value:
        fail(f"kelisim: {option} takes KEY=VALUE, not {text!r}", USAGE)
    return key, value


def _pairs(texts: list[str] | None, option: str) -> list[tuple[str, str]]:
    return [_pair(text, option) for text in texts or []]


def _dated(text: str) -> tuple[str, str]:
    agreement, day = _pair(text, "--agreement")
    try:
        date.fromisoformat(day)
    except ValueError:
        fail(f"kelisim: --agreement {agreement}: {day!r} is no date", USAGE)
    return agreement, day


def _official(text: str) -> Official:
    office, rest = _pair(text, "--official")
    name, path = _pair(rest, "--official")
    key = read_public_key(Path(path), Usage.OFFICIAL)
    if office not in ("head", "deputy"):
        fail(f"kelisim: --official: the office is head or deputy, not {office!r}", USAGE)
    return Official("head" if office == "head" else "deputy", name, key)
