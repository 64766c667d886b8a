"""`kelisim agreement`: admins sign what is in force and who leaves; `list` shows where it stands."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gateway.bootstrap.calling import post
from gateway.bootstrap.system import SystemClock
from gateway.cli.client_output import show_json, show_table
from gateway.cli.failing import readable_errors
from gateway.errors import ConfigError
from gateway.exchange.statements import LeavingStatement, PartyStatement, Statement
from gateway.settings import load_settings
from keys import canonical, instants
from keys.jwk import load_private
from keys.signatures import ADMIN_TYP, sign_statement

app = typer.Typer(no_args_is_help=True, help="Agreements: their entry into force, and their end.")

Folder = Annotated[Path, typer.Argument(help="The folder of the running node.")]
Agreement = Annotated[str, typer.Argument(help="Agreement id, such as kz-tm-2024.")]
Key = Annotated[Path, typer.Option(help="The admin's private key, kept outside the node's folder.")]
Passphrase = Annotated[str | None, typer.Option(envvar="KELISIM_PASSPHRASE")]
Party = Annotated[
    str | None, typer.Option(help="The party whose own date it is (UZ), under a multilateral agreement.")
]


@app.command()
def activate(
    folder: Folder,
    agreement: Agreement,
    from_date: Annotated[str, typer.Option("--from", help="Civil date of entry into force, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option(help="The notification it rests on.")],
    key: Key,
    party: Party = None,
    confirm: Annotated[
        list[str] | None, typer.Option(help="What the agreement asks to be confirmed besides; repeatable.")
    ] = None,
    passphrase: Passphrase = None,
) -> None:
    """Sign, as one admin, that an agreement is in force. It counts once a second admin signed the same."""
    with readable_errors():
        common = {"node": load_settings(folder).node.authority, "issued": _now(), "agreement": agreement}
        said = {**common, "act": "activate-agreement", "from_date": from_date, "reference": reference}
        more: dict[str, Any] = {"v": 1}
        if party is not None or confirm:
            more = {"v": 2, "party": party, "confirms": sorted(confirm or [])}
        statement = _statement({**said, **more}, PartyStatement if more["v"] == 2 else Statement)
        result = _hand_in(folder, agreement, "activations", statement, key, passphrase)
    who = f"{agreement} for {party}" if party else agreement
    if result["state"] == "active":
        typer.echo(f"{who} is in force from {result['from_date']}: {len(result['admins'])} admins signed.")
    else:
        typer.echo(f"{who}: proposed by one admin; a second one must sign the same.")


@app.command()
def withdraw(
    folder: Folder,
    agreement: Agreement,
    received: Annotated[str, typer.Option(help="Civil date on which the notice was received, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option(help="The notice of leaving.")],
    key: Key,
    party: Party = None,
    effective: Annotated[str | None, typer.Option(help="Later date that the notice itself names.")] = None,
    passphrase: Passphrase = None,
) -> None:
    """Sign, as one admin, that a notice of leaving was received. It counts once a second one does."""
    with readable_errors():
        said = {
            "v": 1,
            "act": "withdraw-agreement",
            "node": load_settings(folder).node.authority,
            "agreement": agreement,
            "party": party,
            "received": received,
            "effective": effective,
            "reference": reference,
            "issued": _now(),
        }
        statement = _statement(said, LeavingStatement)
        result = _hand_in(folder, agreement, "withdrawals", statement, key, passphrase)
    if result["state"] == "proposed":
        typer.echo(f"{agreement}: leaving stated by one admin; a second one must sign the same.")
    elif result["until"] is None:
        typer.echo(f"{agreement}: the notice is on record; the agreement is not in force.")
    else:
        typer.echo(f"{agreement} binds until {result['until']}, that day excluded.")


@app.command(name="list")
def list_(
    folder: Annotated[Path, typer.Argument(help="The node's folder; the node may run.")],
    on: Annotated[
        str | None, typer.Option(help="As of this civil date, YYYY-MM-DD; today by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for machines.")] = False,
) -> None:
    """Show where every agreement stands towards each other party, and on what ground."""
    from gateway.bootstrap.agreements import list_agreements

    with readable_errors():
        found = list_agreements(folder, None if on is None else _date(on))
    if as_json:
        show_json(found)
        return
    rows = [
        (
            one.agreement,
            to.counterpart,
            to.status,
            to.since or "",
            to.until or "",
            to.provision,
            to.reference or "",
        )
        for one in found
        for to in one.standings
    ]
    rows += [(one.agreement, "", "no party", "", "", "", "") for one in found if not one.standings]
    titles = ("agreement", "with", "status", "since", "until", "provision", "rests on")
    show_table(titles, sorted(rows))


def _statement(said: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(said, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the statement is not well-formed: {error}") from error


def _hand_in(
    folder: Path, agreement: str, what: str, statement: Any, key: Path, passphrase: str | None
) -> dict[str, Any]:
    payload = canonical.encode(msgspec.to_builtins(statement))
    jws = sign_statement(load_private(key, passphrase), ADMIN_TYP, payload)
    body = json.dumps({"statement": jws}).encode()
    settings = load_settings(folder)
    return post(folder, settings, f"/v1/agreements/{agreement}/{what}", body, "application/json")


def _now() -> str:
    return instants.write(SystemClock().now_ms())


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text} is no civil date, YYYY-MM-DD") from error
