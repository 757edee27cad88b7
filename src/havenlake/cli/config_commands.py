"""`validate`, `explain`, `diff` and `schema`: what can be known from the YAML alone, without Spark.

Data goes to stdout, notes and errors to stderr.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from havenlake.cli.exits import USAGE, told
from havenlake.errors import ConfigErrors, HavenlakeError, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from havenlake.config import Project, WorkspaceConfig
    from havenlake.config.explain import Explanation

RootOption = Annotated[Path, typer.Option("--root", help="The repository; found upwards from here by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the machine form.")]
SomeWorkspaceOption = Annotated[
    str | None, typer.Option("-w", "--workspace", help="One workspace; all of them when left out.")
]
WorkspaceOption = Annotated[str, typer.Option("-w", "--workspace", help="Workspace, such as ctl-dev.")]


_PLAIN_WIDTH = 200
"""Width of tables that go to a file or a pipe."""


class SchemaName(StrEnum):
    """Configuration files that have a JSON Schema."""

    JOBS = "jobs"
    ASSETS = "assets"
    WORKSPACE = "workspace"
    ZONES = "zones"


def validate(workspace: SomeWorkspaceOption = None, root: RootOption = Path(), as_json: JsonOption = False) -> None:
    """Check every YAML of one or all workspaces and report all errors at once. Exit 2 when there are any."""
    try:
        project = _load(root, workspace)
    except HavenlakeError as error:
        errors = error.errors if isinstance(error, ConfigErrors) else (error,)
        if as_json:
            _print_json({"ok": False, "errors": [_error_dict(e) for e in errors], "workspaces": []})
        else:
            _tell_errors(errors)
        raise typer.Exit(USAGE) from None
    summaries = [_summary(config) for config in project.workspaces.values()]
    notes = _notes(project)
    if as_json:
        _print_json({"ok": True, "errors": [], "workspaces": summaries, "notes": notes})
        return
    for found in summaries:
        line = f"{found['workspace']}: valid, zone {found['zone']}, {found['jobs']} job(s), {found['tables']} table(s)"
        sys.stdout.write(line + "\n")
    _note(notes)


@told
def explain(
    name: Annotated[str, typer.Argument(metavar="TABLE[.COLUMN]", help="Table, or one column of it.")],
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show where every value of a table's configuration came from, and what becomes of its columns."""
    from havenlake.config.explain import explain as explained

    table, _, column = name.partition(".")
    found = explained(_load(root, workspace).workspace(workspace), table, column or None)
    if as_json:
        _print_json(found.to_dict())
        return
    _print_explanation(found)
    _note(found.notes)


@told
def diff(
    first: Annotated[str, typer.Argument(help="Workspace, such as ctl-dev.")],
    second: Annotated[str, typer.Argument(help="Workspace, such as ctl-prod.")],
    root: RootOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show the effective configuration of two workspaces side by side, where it differs."""
    from havenlake.config.diff import diff as differences

    found = differences(_load(root, None), first, second)
    if as_json:
        _print_json([difference.to_dict() for difference in found])
        return
    rows = [(d.area, d.key, _text(d.first), _text(d.second)) for d in found]
    print_table(("", "key", first, second), rows)
    _note([f"{len(found)} key(s) differ"])


def schema(name: Annotated[SchemaName, typer.Argument(help="Which files the schema describes.")]) -> None:
    """Print the JSON Schema of a kind of configuration file, for editors."""
    from havenlake.config.schema import schema_text

    sys.stdout.write(schema_text(name.value))


def _load(root: Path, workspace: str | None) -> Project:
    from havenlake.config import find_root, load_project

    return load_project(find_root(root), workspace)


def _summary(config: WorkspaceConfig) -> dict[str, Any]:
    assets = {name: asset for file in config.assets.values() for name, asset in file.assets.items()}
    return {
        "workspace": config.vars.name,
        "zone": config.vars.zone,
        "jobs": len(config.jobs),
        "tables": len(assets),
        "unguarded_by_row": sorted(name for name, asset in assets.items() if asset.context is None),
        "unclassified": {
            "text, JSON, binary and nested": "encrypted in bronze, held back from silver",
            "other types": "clear",
        },
    }


def _notes(project: Project) -> list[str]:
    """What a validator should say, and what it cannot know without the source."""
    from datetime import date

    from havenlake.residency import audit

    notes = []
    for config in project.workspaces.values():
        unguarded = _summary(config)["unguarded_by_row"]
        if unguarded:
            notes.append(f"{config.vars.name}: no context, so guarded by place only: {', '.join(unguarded)}")
    zones = {config.vars.zone for config in project.workspaces.values()}
    for crossing in audit(project, date.today()):  # noqa: DTZ011  # an expiry is a calendar day
        if crossing.zone not in zones:
            continue
        state = "expired" if crossing.expired else "allowed until"
        notes.append(
            f"{crossing.holds} of zone {crossing.zone} at '{crossing.place}' (zone {crossing.place_zone}): "
            f"{state} {crossing.expires}, {crossing.reason} ({crossing.owner})"
        )
    notes.append(
        "not known without the source: its columns. Those that no key of an asset names are encrypted in bronze and "
        "held back from silver when they can carry text, and pass otherwise; `havenlake plan` lists them"
    )
    return notes


def _error_dict(error: HavenlakeError) -> dict[str, Any]:
    where = error.where
    place = (where.file, where.line, where.column) if isinstance(where, Position) else (None, None, None)
    found = dict(zip(("file", "line", "column"), place, strict=True))
    return {"code": error.code, "title": error.title, "message": error.message, **found, "hint": error.hint}


def _tell_errors(errors: tuple[HavenlakeError, ...]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for error in errors:
        where = f"{error.where}: " if error.where else ""
        console.print(Text.assemble((where, "bold"), (error.code, "bold red"), f" {error.message}"))
        if error.hint:
            console.print(Text.assemble(("  hint: ", "cyan"), error.hint))
    console.print(Text(f"{len(errors)} error(s)", "bold"))


def _print_explanation(found: Explanation) -> None:
    jobs = ", ".join(found.jobs) or "no job"
    sys.stdout.write(f"{found.workspace}: {found.table}, described in {found.file}, processed by {jobs}\n")
    if found.values:
        print_table(("key", "value", "from"), [(v.key, _text(v.value), Path(v.source).name) for v in found.values])
    rows = [(f.column, ", ".join(f.named_by) or "no key", f.bronze, f.silver) for f in found.columns]
    print_table(("column", "named by", "in bronze", "in silver"), rows)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns; a file or a pipe gets them as wide as they are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    console.print(table)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def _note(notes: Sequence[str]) -> None:
    for note in notes:
        sys.stderr.write(f"note: {note}\n")
