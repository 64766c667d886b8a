"""`kelisim audit`: verify the node's log, and take proofs out of it. Both work beside a running node."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from audit.verify import Report, Verdict
from gateway.cli.failing import fail, readable_errors

app = typer.Typer(no_args_is_help=True, help="The audit log.")
Folder = Annotated[Path, typer.Argument(help="The node's folder.")]


@app.command(name="verify")
def verify_(
    folder: Folder,
    full: Annotated[bool, typer.Option("--full", help="Recompute everything from the first entry.")] = False,
    vkey: Annotated[
        str | None, typer.Option(help="Verifier key to trust instead of the folder's own list entry.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Verify every leaf, hash, root and signature, and that nothing signed is missing.

    Exit codes: 0 intact, 3 tampered, 4 truncated, 5 forked, 6 not signed by the log's key, 2 usage.
    """
    from gateway.bootstrap.auditing import verify

    if not full:
        fail("kelisim: say --full (verification from a checkpoint comes with exported logs)", 2)
    with readable_errors(), Progress(console=Console(stderr=True), disable=as_json, transient=True) as bar:
        task = bar.add_task("verifying", total=None)
        report = verify(folder, vkey, lambda done: bar.update(task, completed=done))
    typer.echo(json.dumps(_facts(report)) if as_json else _words(report))
    raise typer.Exit(int(report.verdict))


@app.command()
def proof(
    folder: Folder,
    about: Annotated[str, typer.Argument(help="Message id, case id, or an entry's index.")],
    out: Annotated[Path | None, typer.Option("-o", help="Folder for one file an entry.")] = None,
) -> None:
    """Print the tlog-proof (C2SP) of every entry about a message or case."""
    from gateway.bootstrap.auditing import prove

    with readable_errors():
        bundles = prove(folder, about)
    if not bundles:
        fail(f"kelisim: no entry about {about}")
    for index, bundle in bundles:
        if out is None:
            typer.echo(bundle.decode())
        else:
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"{index}.tlog-proof"
            path.write_bytes(bundle)
            typer.echo(str(path))


def _facts(report: Report) -> dict[str, object]:
    return {
        "verdict": report.verdict.name.lower(),
        "size": report.size,
        "root": report.root.hex() if report.root else None,
        "checkpoints": report.checkpoints,
        "first_bad": report.first_bad,
        "detail": report.detail,
    }


def _words(report: Report) -> str:
    if report.verdict is Verdict.OK:
        return (
            f"intact: {report.size} entries, {report.checkpoints} checkpoints, root {report.root.hex()[:16]}"
        )
    where = "" if report.first_bad is None else f" at entry {report.first_bad}"
    return f"{report.verdict.name.lower()}{where}: {report.detail}"
