"""`kelisim inbox | notices | collect | ack | status | case`, and the mounting of all client commands."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli import client_sending
from gateway.cli.client_output import client_errors, show_json, show_table, transfer, write_own
from gateway.cli.client_sending import AsJson, Profile
from gateway.sdk import Client, Collected
from keys import b64

Item = Annotated[str, typer.Argument(help="Id of the inbox item (`kelisim inbox`).")]


def inbox(
    profile: Profile,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait if there is nothing.")] = 0,
    cursor: Annotated[str | None, typer.Option(help="Go on after this cursor.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """List received messages, oldest first."""
    with client_errors(as_json=as_json), Client(profile) as client:
        page = client.wait_inbox(wait, cursor, limit)
    if as_json:
        show_json(page)
        return
    rows = [
        (one.id, one.sender, one.kind, one.level, one.received, one.state, one.case) for one in page.items
    ]
    show_table(("id", "from", "kind", "level", "received", "state", "case"), rows)


def notices(
    profile: Profile,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait if there is nothing.")] = 0,
    cursor: Annotated[str | None, typer.Option(help="Go on after this cursor.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    ack: Annotated[
        str | None, typer.Option(help="Confirm that this notice was seen, and list the rest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List time limits that come near or were overrun, oldest first."""
    with client_errors(as_json=as_json), Client(profile) as client:
        if ack is not None:
            client.acknowledge_notice(ack)
        page = client.wait_notices(wait, cursor, limit)
    if as_json:
        show_json(page)
        return
    rows = [
        (
            one.id,
            one.event.removeprefix("clock."),
            one.provision,
            one.owner,
            one.due,
            one.flag,
            one.case or one.agreement,
            one.label,
        )
        for one in page.items
    ]
    show_table(("id", "what", "provision", "duty of", "due", "flag", "case", "limit"), rows)


def collect(
    profile: Profile,
    item: Item,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the content.")],
    purpose: Annotated[str | None, typer.Option(help="What it is wanted for.")] = None,
    as_json: AsJson = False,
) -> None:
    """Collect a message: manifest, signatures, body and attachments as files."""
    with client_errors(as_json=as_json), Client(profile) as client:
        content = client.collect(item, purpose)
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        written = _write(content, out)
        with transfer([], sum(part.size for part in content.attachments)) as progress:
            for part in content.attachments:
                path = out / _file_name(part.position, part.name)
                client.save_attachment(item, part.position, path, progress)
                written.append(path)
    if as_json:
        show_json({"message": content.message, "files": [str(path) for path in written]})
    else:
        typer.echo("\n".join(str(path) for path in written))


def ack(profile: Profile, item: Item, as_json: AsJson = False) -> None:
    """Confirm that the content of a collected message is in safe hands."""
    with client_errors(as_json=as_json), Client(profile) as client:
        client.acknowledge(item)
    if as_json:
        show_json({"acknowledged": item})
    else:
        typer.echo(f"{item} acknowledged")


def status(
    profile: Profile,
    message: Annotated[str, typer.Argument(help="Id of a sent message.")],
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="Folder to write all evidence into.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show where a sent message stands, and the evidence about it."""
    with client_errors(as_json=as_json), Client(profile) as client:
        found = client.status(message)
        if evidence is not None:
            evidence.mkdir(parents=True, exist_ok=True)
            for piece in found.evidence:
                name = f"{piece.event}-{piece.giver.replace('/', '-')}.tlog-proof"
                write_own(evidence / name, piece.bundle.encode())
    if as_json:
        show_json(found)
        return
    typer.echo(f"message {message}: {found.state}, under {', '.join(found.decision.provisions)}")
    show_table(
        ("recipient", "state", "since"), [(one.recipient, one.state, one.updated) for one in found.recipients]
    )
    show_table(("evidence", "given by", "at"), [(one.event, one.giver, one.at) for one in found.evidence])


def case(
    profile: Profile,
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case.")],
    moment: Annotated[
        str | None,
        typer.Option(help="First record what no message shows, such as obstacle_known or refusal_decided."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="When that became known (RFC 3339, UTC); now if left out.")
    ] = None,
    counterpart: Annotated[str | None, typer.Option(help="With whom, if the case has several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a case with its messages and time limits; with --moment, start a time limit first."""
    with client_errors(as_json=as_json), Client(profile) as client:
        if moment is not None:
            client.record_moment(case_id, moment, at=at, counterpart=counterpart)
        found = client.case(case_id)
    if as_json:
        show_json(found)
        return
    typer.echo(f"case {found.case}: {found.state}, we are the {found.role}")
    rows = [(one.at, one.authority, one.kind, one.state, one.message) for one in found.events]
    show_table(("at", "from", "kind", "state after", "message"), rows)
    limits = [
        (
            one.provision,
            one.label,
            one.owner,
            one.due or "",
            f"{one.state}{', overdue' if one.overdue else ''}",
        )
        for side in found.counterparts
        for one in side.clocks
    ]
    show_table(("provision", "limit", "duty of", "due", "state", ""), limits)


def mount(app: typer.Typer) -> None:
    """Add all commands of clients to an application."""
    for command in (
        client_sending.send,
        client_sending.prepare,
        client_sending.sign,
        client_sending.submit,
        inbox,
        notices,
        collect,
        ack,
        status,
        case,
    ):
        app.command(command.__name__)(command)


def _write(content: Collected, out: Path) -> list[Path]:
    """Write what was signed, byte for byte, and the body."""
    files = {
        "manifest.json": b64.decode(content.manifest_bytes),
        "seal.jws": content.seal.encode(),
        "body.json": msgspec.json.format(msgspec.json.encode(content.body)),
    }
    if content.official_signature is not None:
        files["official.jws"] = content.official_signature.encode()
    for name, data in files.items():
        write_own(out / name, data)
    return [out / name for name in files]


def _file_name(position: int, name: str | None) -> str:
    """A name that stays in the folder, whatever the sender called the file."""
    return f"{position:02d}-{Path(name or 'attachment').name.lstrip('.') or 'attachment'}"
