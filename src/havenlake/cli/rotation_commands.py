"""`keys rotate`, `keys rewrite`, `keys retire`: a new key, every table brought under it, the old one out of use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import FAILED, REFUSED, told
from havenlake.cli.keys_commands import OutOption, configured, how_to_store, keyring_place
from havenlake.cli.run_commands import JsonOption, LocalOption, RootOption, TableOption, WorkspaceOption
from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from havenlake.privacy import Keyring
    from havenlake.runtime.keyrings import KeyringPlace

HashOption = Annotated[bool, typer.Option("--hash", help="Add a hash key instead of an encryption key.")]


@told
def rotate(
    workspace: WorkspaceOption = "local",
    hash_key: HashOption = False,
    root: RootOption = Path(),
    local: LocalOption = None,
    out: OutOption = None,
) -> None:
    """Add a key and make it the active one; nothing is re-encrypted yet, and the older keys stay live."""
    place = keyring_place(configured(workspace, root, local))
    ring = place.open()
    new = ring.rotated_hash() if hash_key else ring.rotated()
    _keep(place, new, ring, out)
    done = "is active once that is done" if out else "is active: what is written from now on uses it"
    sys.stderr.write(f"{new.hash_id if hash_key else new.active_id} {done}\n")
    sys.stderr.write(f"then bring the tables under it: {_command('rewrite', workspace, local)}\n")


@told
def rewrite(
    workspace: WorkspaceOption = "local",
    table: TableOption = None,
    root: RootOption = Path(),
    local: LocalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring every table of the workspace under the active keys; what is under them already is not touched."""
    from rich.console import Console

    from havenlake.api import Project
    from havenlake.records import Status
    from havenlake.reports.progress import progress
    from havenlake.reports.terminal import summary

    with progress(quiet=as_json) as listener:
        records = Project(configured(workspace, root, local)).rewrite_keys(tables=table, listener=listener)
    if as_json:
        sys.stdout.write(json.dumps([r.to_dict() for r in records], default=str, indent=2) + "\n")
    else:
        Console(file=sys.stdout).print(*map(summary, records))
    statuses = {r.status for r in records}
    if not statuses <= {Status.SUCCEEDED, Status.UNCHANGED}:
        sys.stderr.write(f"what is done stays done; go on with: {_command('rewrite', workspace, local)}\n")
        raise typer.Exit(FAILED if Status.FAILED in statuses else REFUSED)


@told
def retire(
    key_id: Annotated[str, typer.Argument(help="Id of an encryption key, such as k001.")],
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
    out: OutOption = None,
) -> None:
    """Put an encryption key out of use, once no row, retained version or unread change needs it."""
    from havenlake.api import Project

    config = configured(workspace, root, local)
    place = keyring_place(config)
    ring = place.open()
    _check_retirable(ring, key_id)
    Project(config).check_key_unneeded(key_id)
    _keep(place, ring.retired(key_id), ring, out)
    sys.stderr.write(f"{key_id} {'is retired once that is done' if out else 'is retired: it opens nothing any more'}\n")


def _check_retirable(ring: Keyring, key_id: str) -> None:
    if key_id in ring.ids() and key_id != ring.active_id:
        return
    if key_id == ring.active_id:
        what, hint = "is the active key", "add another one first: `havenlake keys rotate`"
    elif key_id.startswith(("h", "t")):
        what, hint = "is not an encryption key", "hashes and tokens in the tables build on it: it stays live"
    else:
        what, hint = "is not live", "`havenlake keys status` lists the keys"
    raise HavenlakeError("HL-KEY-003", f"key '{key_id}' cannot be retired: it {what}", hint=hint)


def _keep(place: KeyringPlace, new: Keyring, opened: Keyring, out: Path | None) -> None:
    """Put the keyring in its place, or into a file to be stored from there."""
    if out is None:
        place.replace(new, opened)
        return
    place.create(new, out)
    sys.stderr.write(f"wrote {out}. {how_to_store(place, out)}")


def _command(name: str, workspace: str, local: Path | None) -> str:
    where = f" --local {local}" if local else ""
    return f"havenlake keys {name} -w {workspace}{where}"
