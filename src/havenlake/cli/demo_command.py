"""`havenlake demo`: the embedded example from nothing to a status page, with a day of changes in between."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from havenlake.cli.exits import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, Row
    from rich.console import Console
    from rich.table import Table

    from havenlake.api import Project


LANDING = ".havenlake/landing/platformdb"
"""Where the embedded example's job looks for its export."""
_STAGES = ("raw_to_landing", "bronze_to_silver")
"""Stages of the demo; upkeep has nothing to do on tables of a minute."""


@told
def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="Where to put the demo; an earlier demo there is replaced.")
    ] = Path(".havenlake/demo"),
    messages: Annotated[int, typer.Option(help="Messages of the synthetic database.")] = 5_000,
) -> None:
    """Make a synthetic platform database, load it raw → bronze → silver, change it for a day, load again, show it."""
    from rich.console import Console

    from havenlake.cli.example import write_example
    from havenlake.runtime.session import JAVA_VARIABLE, QUICK_START

    os.environ.setdefault(JAVA_VARIABLE, QUICK_START)
    console = Console()
    started = time.monotonic()
    root = folder.resolve()
    _replace(root)
    write_example(root)
    _keys(root)
    _load(console, root, messages, day=0, title="Day 0: the first load")
    _load(console, root, messages, day=1, title="Day 1: edits, new rows and deletions")
    _finish(console, root, time.monotonic() - started)


def _replace(root: Path) -> None:
    marker = root / ".havenlake-demo"
    if root.exists() and any(root.iterdir()):
        if not marker.exists():
            sys.stderr.write(f"{root} is not empty and not a demo; choose another --dir\n")
            raise typer.Exit(2)
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _keys(root: Path) -> None:
    from havenlake.config import load_project
    from havenlake.privacy import KEYRING_FILE, Keyring

    facts = load_project(root, "local").workspace("local").vars
    warehouse = facts.warehouse_path(root)
    if warehouse is None:
        raise TypeError("the embedded example has a warehouse")
    warehouse.mkdir(parents=True, exist_ok=True)
    Keyring.create_file(warehouse / KEYRING_FILE, facts.zone)


def _load(console: Console, root: Path, messages: int, *, day: int, title: str) -> None:
    from havenlake.api import Project
    from havenlake.reports.progress import progress
    from havenlake.reports.terminal import summary
    from havenlake.synthetic import PlatformDatabase, write_export

    console.rule(title)
    project = Project.open(root, workspace="local")
    write_export(PlatformDatabase(messages), root / LANDING, day)
    for job in (j for j in project.jobs if j.stage in _STAGES):
        with progress() as listener:
            record = project.run(job.name, listener=listener)
        console.print(summary(record))


def _finish(console: Console, root: Path, seconds: float) -> None:
    from havenlake.api import Project
    from havenlake.cli.status_data import write_status_page

    project = Project.open(root, workspace="local")
    page = root / "status.html"
    write_status_page(project, page)
    _show_messages(console, project, root)
    console.rule("What you have now")
    console.print(_NEXT.format(page=page, root=root, seconds=seconds), highlight=False)


def _show_messages(console: Console, project: Project, root: Path) -> None:
    """A message of each language as the source, bronze and silver hold it, and silver's table around them.

    Of the messages in which something was masked, the shortest. The source is invented; nothing else shows clear text.
    """
    from pyspark.sql import functions as F

    console.rule("Messages, layer by layer")
    catalogs, name = project.workspace.vars, "platformdb.message"
    source = project.store.spark.read.parquet(str(root / LANDING / "message"))
    bronze, silver = (project.table(f"{catalogs.catalog(layer)}.{name}") for layer in ("bronze", "silver"))
    shortest = F.min_by("id", F.struct(F.length("message"), "id"))
    found = silver.where(F.size("_scrub.entities") > 0).groupBy("_scrub.language").agg(shortest.alias("id"))
    ids = found.where("language IS NOT NULL").select("id")
    columns = ["id", "conversation_id", "message", "_scrub"]
    rows = silver.join(ids, "id", "left_semi").select(*columns).orderBy("_scrub.language").collect()
    clear, sealed = _messages(source, ids), _messages(bronze, ids)
    for row in rows:
        language = row["_scrub"]["language"]
        console.print(f"source  {language}  {clear[row['id']]}", highlight=False, markup=False)
        console.print(f"bronze      {bytes(sealed[row['id']])[:24].hex()}… (AES-256-GCM)", highlight=False)
        console.print(f"silver      {row['message']}", highlight=False, markup=False)
    console.print(_table(rows))


def _messages(table: DataFrame, ids: DataFrame) -> dict[int, Any]:
    return {row["id"]: row["message"] for row in table.join(ids, "id", "left_semi").select("id", "message").collect()}


def _table(rows: Sequence[Row]) -> Table:
    """The rows as silver keeps them."""
    from rich.table import Table
    from rich.text import Text

    table = Table("id", "conversation", "language", "country", "message", "masked", title="silver: message")
    for row in rows:
        told = row["_scrub"]
        masked = ", ".join(f"{kind} {count}" for kind, count in told["entities"].items())
        values = (row["id"], row["conversation_id"], told["language"], told["country"], row["message"], masked)
        table.add_row(*(Text(str(value)) for value in values))
    return table


_NEXT = """\
Loaded twice in {seconds:.0f} s. Everything lies in {root}
  status page   {page}
  look again    havenlake status --root {root}
  why           havenlake why message --root {root}

Your own export: set `load_base_path` and the table list in jobs-configuration/local/local-jobs-configs.yaml,
describe the tables in data-assets/local/local-platform-db.yaml, then
  havenlake keys init -w local && havenlake plan -w local && havenlake run -w local
"""
