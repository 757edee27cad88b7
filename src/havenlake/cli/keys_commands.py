"""`keys init` and `keys status`: make a zone's keyring once, and show what it holds, never key material."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import told
from havenlake.cli.run_commands import JsonOption, LocalOption, RootOption, WorkspaceOption

if TYPE_CHECKING:
    from havenlake.config import WorkspaceConfig
    from havenlake.config.base import SecretRef
    from havenlake.privacy import Keyring

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
    config = _config(workspace, root, local)
    path = _local_file(config)
    if path is not None and out is None:
        _keyring().create_file(path, config.vars.zone)
        sys.stderr.write(f"wrote {path}: keep a copy in a safe place, without it the encrypted data is lost\n")
        return
    reference = _reference(config)
    if out is None:
        sys.stderr.write(f"nothing is written without --out FILE. {_how_to_store(reference, Path('FILE'))}")
        raise typer.Exit(2)
    _keyring().create_file(out, config.vars.zone)
    sys.stderr.write(f"wrote {out}. {_how_to_store(reference, out)}")


@keys_app.command()
@told
def status(
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys: purpose, id, state, creation time and zone."""
    ring = _open(_config(workspace, root, local))
    if as_json:
        sys.stdout.write(json.dumps({"zone": ring.zone, "keys": ring.status()}, indent=2) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("purpose", "id", "state", "active", "created", title=f"keyring of zone {ring.zone}")
    for key in ring.status():
        table.add_row(key["purpose"], key["id"], key["state"], "yes" if key["active"] else "", key["created"])
    Console(file=sys.stdout).print(table)


def _config(workspace: str, root: Path, local: Path | None) -> WorkspaceConfig:
    from havenlake.config import find_root, load_project

    return load_project(find_root(root), workspace, local=local).workspace(workspace)


def _keyring() -> type[Keyring]:
    from havenlake.privacy import Keyring

    return Keyring


def _local_file(config: WorkspaceConfig) -> Path | None:
    """Where a local warehouse keeps its keys; None where a secret store does."""
    from havenlake.privacy import KEYRING_FILE

    warehouse = config.vars.warehouse_path(config.root)
    return warehouse / KEYRING_FILE if warehouse else None


def _reference(config: WorkspaceConfig) -> SecretRef:
    from havenlake.errors import HavenlakeError

    if config.vars.keyring is None:
        message = f"workspace '{config.vars.name}' declares no keyring"
        hint = "set `keyring: {scope, key}` in its workspace-vars.yaml; an instance that ingests nothing needs none"
        raise HavenlakeError("HL-KEY-001", message, hint=hint)
    return config.vars.keyring


def _open(config: WorkspaceConfig) -> Keyring:
    path = _local_file(config)
    if path is not None:
        return _keyring().load_file(path, config.vars.zone)
    from havenlake.runtime.secrets import DatabricksSecrets, EnvironmentSecrets, environment_name

    reference = _reference(config)
    given = environment_name(reference.scope, reference.key) in os.environ
    secrets = EnvironmentSecrets() if given else DatabricksSecrets()
    return _keyring().from_json(secrets.get(reference.scope, reference.key), config.vars.zone)


def _how_to_store(reference: SecretRef, file: Path) -> str:
    return (
        "Store it once, from a machine of the zone, then delete the file:\n"
        f"  databricks secrets put-secret {reference.scope} {reference.key} < {file}\n"
        f"  rm {file}\n"
        "A keyring that is in use must never be replaced: what it encrypted would be lost.\n"
    )
