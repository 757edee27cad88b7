"""`residency audit`: every table and place of an instance, and every exception it lives by."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from havenlake.cli.exits import REFUSED, told
from havenlake.cli.run_commands import JsonOption, LocalOption, RootOption, TableOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havenlake.records import RunRecord
    from havenlake.residency import Crossing, PlaceUse

residency_app = typer.Typer(name="residency", help="What lies where, in which zone.", no_args_is_help=True)


@residency_app.callback()
def _group() -> None:
    """What lies where, and what may cross a border."""


@residency_app.command()
@told
def audit(
    workspace: WorkspaceOption = "local",
    table: TableOption = None,
    root: RootOption = Path(),
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at every table and place of a workspace for what does not belong to its zone. Exit 3 when there is any."""
    from datetime import UTC, datetime

    from havenlake.api import Project
    from havenlake.config import find_root
    from havenlake.residency import crossings, place_uses

    project = Project.open(find_root(root), workspace=workspace, local=local)
    config = project.workspace
    today = datetime.now(UTC).date()
    record = project.audit_residency(tables=table)
    exceptions = crossings(config.zones, today, config.home)
    uses = place_uses(config.zones, config.vars, config.jobs.values())
    if as_json:
        found = {"places": [asdict(u) for u in uses], "exceptions": [asdict(c) for c in exceptions]}
        sys.stdout.write(json.dumps({**found, "run": record.to_dict()}, default=str, indent=2) + "\n")
    else:
        _print(uses, exceptions, record)
    if not all(t.status.good for t in record.tables):
        raise typer.Exit(REFUSED)


def _print(uses: Sequence[PlaceUse], exceptions: Sequence[Crossing], record: RunRecord) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for use in uses:
        console.print(Text(f"{use.place}: {use.holds}, zone {use.zone}, named by {use.named_by}"))
    for c in exceptions:
        state = "EXPIRED on" if c.expired else "allowed until"
        line = f"exception: {c.holds} at {c.place} (zone {c.place_zone}): {state} {c.expires}, {c.reason} ({c.owner})"
        console.print(Text(line, style="bold red" if c.expired else ""))
    bad = [t for t in record.tables if not t.status.good]
    for t in bad:
        error: Any = t.error
        console.print(Text.assemble((f"{error.code} ", "bold red"), error.message))
        console.print(Text(f"  hint: {error.hint}"))
    console.print(Text(f"{len(record.tables)} table(s) looked at, {len(bad)} with findings", "bold"))
