"""`keys init` and `keys status`: make a zone's keyring once, and show what it holds, never key material."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import USAGE, told
from havenlake.cli.run_commands import JsonOption, LocalOption, RootOption, WorkspaceOption

if TYPE_CHECKING:
    from rich.table import Table

    from havenlake.config import WorkspaceConfig
    from havenlake.privacy import Keyring
    from havenlake.runtime.keyrings import KeyringPlace

keys_app = typer.Typer(name="keys", help="Keys of a residency zone.", no_args_is_help=True)

OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write the new keyring to this file (mode 0600) to store it from there.")
]


@keys_app.command()
@told
def init(
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
    out: OutOption = None,
) -> None:
    """Make the keyring of a local warehouse, or a new one to be stored in the workspace's secret scope."""
    from havenlake.privacy import Keyring

    place = keyring_place(configured(workspace, root, local))
    file = out or place.local_file or place.wrapped_file
    if file is None:
        sys.stderr.write(f"nothing is written without --out FILE. {how_to_store(place, Path('FILE'))}")
        raise typer.Exit(USAGE)
    place.create(Keyring.generate(place.facts.zone), file)
    if out is None:
        sys.stderr.write(f"wrote {file}: keep a copy in a safe place, without it the encrypted data is lost\n")
    else:
        sys.stderr.write(f"wrote {out}. {how_to_store(place, out)}")


@keys_app.command()
@told
def status(
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
    rows: Annotated[bool, typer.Option("--rows", help="Count each table's rows by key; starts Spark.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the keys: purpose, id, state, creation time and zone."""
    config = configured(workspace, root, local)
    ring = keyring_place(config).open()
    held = _held(config) if rows else None
    if as_json:
        found = {"zone": ring.zone, "keys": ring.status(), **({"rows": held} if held is not None else {})}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console(file=sys.stdout)
    console.print(_keys_table(ring))
    if held is not None:
        console.print(_rows_table(held))


def _held(config: WorkspaceConfig) -> dict[str, dict[str, int]]:
    from havenlake.api import Project

    return Project(config).key_rows()


def _keys_table(ring: Keyring) -> Table:
    from rich.table import Table

    table = Table("purpose", "id", "state", "active", "created", title=f"keyring of zone {ring.zone}")
    for key in ring.status():
        table.add_row(key["purpose"], key["id"], key["state"], "yes" if key["active"] else "", key["created"])
    return table


def _rows_table(held: dict[str, dict[str, int]]) -> Table:
    from rich.table import Table

    ids = sorted({key_id for rows in held.values() for key_id in rows})
    table = Table("table", *ids, title="rows that hold a value under each key")
    for name, rows in held.items():
        table.add_row(name, *(f"{rows.get(key_id, 0):,}" for key_id in ids))
    return table


def configured(workspace: str, root: Path, local: Path | None) -> WorkspaceConfig:
    """The workspace's configuration."""
    from havenlake.config import find_root, load_project

    return load_project(find_root(root), workspace, local=local).workspace(workspace)


def keyring_place(config: WorkspaceConfig) -> KeyringPlace:
    """Where the workspace's keyring lies, as it is reached from a command line."""
    from havenlake.runtime.keyrings import KeyringPlace
    from havenlake.runtime.secrets import DatabricksSecrets, EnvironmentSecrets, environment_name

    declared = config.vars.keyring
    given = declared is not None and environment_name(str(declared.scope), str(declared.key)) in os.environ
    secrets = EnvironmentSecrets() if given else DatabricksSecrets()
    return KeyringPlace(config.vars, config.root, config.vars.warehouse_path(config.root), secrets)


def how_to_store(place: KeyringPlace, file: Path) -> str:
    """What to type to store a keyring from a file."""
    if place.local_file or place.wrapped_file:
        return f"It belongs at {place.local_file or place.wrapped_file}.\n"
    reference = place.reference
    return (
        "Store it once, from a machine of the zone, then delete the file:\n"
        f"  databricks secrets put-secret {reference.scope} {reference.key} < {file}\n"
        f"  rm {file}\n"
        "A keyring that is in use must never be replaced by a stranger: what it encrypted would be lost.\n"
    )
