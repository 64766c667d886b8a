"""`kelisim`: everything about a node and everything a client does, from one command."""

import typer

from gateway.cli import agreement, audit, client, decide, inspect, keyring, lexicon, node, trust

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Secure information exchange between national competent authorities.",
)
app.command("init")(node.init)
app.command("serve")(node.serve)
app.command("check-config")(node.check_config)
app.command("decide")(decide.decide)
app.command("inspect")(inspect.inspect)
app.add_typer(keyring.app, name="key")
app.add_typer(trust.app, name="trust")
app.add_typer(agreement.app, name="agreement")
app.add_typer(audit.app, name="audit")
app.add_typer(lexicon.app, name="lexicon")
client.mount(app)


def main() -> None:
    """Run the command line."""
    app()
