"""`render` and `features`: what is deployed, as files and as a table. No Spark, no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from havenlake.cli.exits import told

RootOption = Annotated[Path, typer.Option("--root", help="The repository; found upwards from here by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the machine form.")]
SomeWorkspaceOption = Annotated[
    str | None, typer.Option("-w", "--workspace", help="One workspace; all deployed ones when left out.")
]


@told
def render(
    workspace: SomeWorkspaceOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file is stale.")] = False,
    root: RootOption = Path(),
) -> None:
    """Write the files that Terraform reads: jobs and monitors of every deployed workspace."""
    from havenlake.config import find_root, load_project
    from havenlake.deploy.rendering import check_fresh, deployed_workspaces, rendered_files, write_files

    folder = find_root(root)
    project = load_project(folder)
    files: dict[str, str] = {}
    for name in [workspace] if workspace else deployed_workspaces(project):
        files |= rendered_files(project, name)
    if check:
        check_fresh(folder, files)
        sys.stderr.write(f"{len(files)} file(s) are fresh\n")
        return
    for path in write_files(folder, files):
        sys.stdout.write(f"{path}\n")
    sys.stderr.write(f"{len(files)} file(s) rendered\n")


@told
def features(root: RootOption = Path(), as_json: JsonOption = False) -> None:
    """Show what is switched on in which instance, and the release that each runs."""
    from havenlake.cli.config_commands import print_table
    from havenlake.config import find_root, load_project
    from havenlake.deploy.features import feature_rows, feature_table

    found = feature_table(load_project(find_root(root)))
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    rows = [(row, *(_word(values[row]) for values in found.values())) for row in feature_rows()]
    print_table(("", *found), rows)


def _word(value: str | bool) -> str:
    return value if isinstance(value, str) else {True: "on", False: "off"}[value]
