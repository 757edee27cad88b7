"""The command line: parses, calls the same applications as every other door, prints, and sets the exit code."""

from __future__ import annotations

import typer

from havenlake import __version__
from havenlake.cli import (
    config_commands,
    demo_command,
    deploy_commands,
    doctor_command,
    keys_commands,
    rotation_commands,
    run_commands,
    scrub_commands,
    suggest_command,
    synthetic_commands,
)
from havenlake.cli.exits import told
from havenlake.runtime.logs import set_up_logs, wants_json

app = typer.Typer(
    name="havenlake",
    help="A medallion lakehouse whose privacy is declared in YAML.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo_command.demo)
app.command()(suggest_command.suggest)
app.command()(config_commands.validate)
app.command()(run_commands.plan)
app.command()(run_commands.run)
app.command()(config_commands.explain)
app.command()(run_commands.status)
app.command()(run_commands.why)
app.command()(config_commands.diff)
app.command()(config_commands.schema)
app.command()(deploy_commands.render)
app.command()(deploy_commands.features)
app.command()(deploy_commands.ship)
app.command()(deploy_commands.new_instance)
app.command()(told(doctor_command.doctor))
app.command()(told(synthetic_commands.synthetic))
app.add_typer(keys_commands.keys_app, name="keys")
keys_commands.keys_app.command()(rotation_commands.rotate)
keys_commands.keys_app.command()(rotation_commands.rewrite)
keys_commands.keys_app.command()(rotation_commands.retire)
app.add_typer(scrub_commands.scrub_app, name="scrub")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"havenlake {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options before a command."""
    del version  # its callback has done the work
    if wants_json():
        set_up_logs()  # a person is told by the commands themselves


def main() -> None:
    """Entry point of the console script."""
    app()
