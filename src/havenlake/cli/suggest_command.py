"""`havenlake suggest`: a first asset file from a look at a folder or a database."""

from __future__ import annotations

import os
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import FAILED, told
from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from havenlake.config import WorkspaceConfig
    from havenlake.config.job_inputs import FullLoadInput
    from havenlake.suggest import Draft
    from havenlake.suggest.sample import Tables


class Kind(StrEnum):
    """Kinds of sources."""

    FOLDER = "folder"
    JDBC = "jdbc"


@told
def suggest(  # noqa: PLR0913, PLR0917  (the command's options)
    tables: Annotated[list[str] | None, typer.Argument(metavar="[TABLE]…", help="Tables; all when left out.")] = None,
    kind: Annotated[Kind, typer.Option("--from", help="folder or jdbc.")] = Kind.FOLDER,
    place: Annotated[
        str | None, typer.Option(help="The export folder, or jdbc:postgresql://host/database; else the job's.")
    ] = None,
    schema: Annotated[str, typer.Option(help="Schema of the database.")] = "public",
    workspace: Annotated[str, typer.Option("-w", "--workspace", help="Whose load job names the source.")] = "local",
    job: Annotated[str | None, typer.Option(help="The load job; may be left out when there is one.")] = None,
    root: Annotated[Path, typer.Option("--root", help="The repository; found upwards from here by default.")] = Path(),
    local: Annotated[Path | None, typer.Option("--local", help="Look where the job reads in this folder.")] = None,
    rows: Annotated[int, typer.Option(min=10, max=100_000, help="Rows sampled of each table.")] = 1_000,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a first asset file: identity and sensitive columns, with reasons and counts, never values."""
    if out is not None and out.exists() and not force:
        raise HavenlakeError("HL-SUG-002", f"{out} exists", hint="name another file, or add --force")
    try:
        from havenlake.suggest import asset_text, draft

        source = (
            _source(kind, place, schema, rows)
            if place
            else _source_of_job(kind, _config(root, workspace, local), job, rows)
        )
        found = draft(source, tables or (), today=date.today(), listener=_looking)  # noqa: DTZ011  # ages in years
    except ModuleNotFoundError as missing:
        extra = "jdbc" if missing.name == "psycopg" else "suggest"
        raise HavenlakeError(
            "HL-ENV-004", f"Python package {missing.name} is missing", hint=f"pip install 'havenlake[{extra}]'"
        ) from missing
    _tell(found)
    if len(found.refused) == len(found.tables):
        raise HavenlakeError("HL-SUG-001", f"no asset can be proposed for any table of {found.place}")
    _write(asset_text(found), out)
    if found.failures:
        raise typer.Exit(FAILED)


def _source(kind: Kind, place: str, schema: str, rows: int) -> Tables:
    if kind is Kind.FOLDER:
        from havenlake.suggest import FolderTables

        return FolderTables.at(place, rows)
    from havenlake.suggest.postgres import PostgresTables, Server

    return PostgresTables(Server.of_url(place), schema, rows)


def _config(root: Path, workspace: str, local: Path | None) -> WorkspaceConfig:
    from havenlake.config import find_root, load_project

    return load_project(find_root(root), workspace, local=local).workspace(workspace)


def _source_of_job(kind: Kind, config: WorkspaceConfig, job: str | None, rows: int) -> Tables:
    from havenlake.runtime.storage import Storage

    job_input = _input_of(config, kind, job)
    if job_input.layout == "rds_export":
        hint = "name a folder with one folder for each table by --place"
        raise HavenlakeError("HL-SRC-005", "RDS snapshot exports cannot be looked at yet", hint=hint)
    storage = Storage(config.vars.warehouse_path(config.root), config.root)
    if job_input.jdbc is None:
        return _source(kind, storage.resolve(str(job_input.load_base_path)), "", rows)
    from havenlake.runtime.secrets import resolver_for
    from havenlake.suggest.postgres import PostgresTables, Server

    secrets = resolver_for(databricks="DATABRICKS_RUNTIME_VERSION" in os.environ)
    user, password = (secrets.get(ref.scope, ref.key) for ref in (job_input.jdbc.user, job_input.jdbc.password))
    return PostgresTables(Server.of_url(job_input.jdbc.url, user, password), job_input.jdbc.schema_, rows)


def _input_of(config: WorkspaceConfig, kind: Kind, job: str | None) -> FullLoadInput:
    from havenlake.config.job_inputs import FullLoadInput

    jobs = [config.job(job)] if job else list(config.jobs.values())
    found = [
        j
        for j in jobs
        if isinstance(j.job_input, FullLoadInput) and (j.job_input.jdbc is None) == (kind is Kind.FOLDER)
    ]
    if len(found) != 1:
        names = ", ".join(j.name for j in found) or "none"
        message = f"workspace {config.vars.name} has {len(found)} jobs that load from a {kind.value}: {names}"
        raise HavenlakeError("HL-RUN-005", message, hint="name the source by --place, or the job by --job")
    job_input = found[0].job_input
    assert isinstance(job_input, FullLoadInput)  # noqa: S101  # chosen by it
    return job_input


def _looking(table: str) -> None:
    sys.stderr.write(f"looking at {table}\n")


def _tell(found: Draft) -> None:
    for error in found.failures:
        sys.stderr.write(f"{error}\n")
    for table in found.refused:
        sys.stderr.write(f"note: {table.name}: no draft, because {table.refused}\n")


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    new = out.with_name(f".{out.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(out)
    sys.stderr.write(f"written to {out}; read every line before it is used\n")
