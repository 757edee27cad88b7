"""`havenlake synthetic`: writes a synthetic platform database as an export folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from havenlake.errors import HavenlakeError


def synthetic(  # noqa: PLR0913, PLR0917  (the command's options)
    out: Annotated[Path, typer.Argument(help="Folder to write into: new, empty, or already marked synthetic.")],
    messages: Annotated[int, typer.Option(help="Messages on day 0, from 1 to 10 million and more.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Another seed gives other data.")] = 7,
    day: Annotated[
        int, typer.Option(help="0 is the first export; 1 changes, 2 returns, 3 new columns, and so on.")
    ] = 0,
    country: Annotated[str, typer.Option(help="Instance: us, ca or eu.")] = "us",
    format: Annotated[str, typer.Option(help="parquet, csv or jsonl.")] = "parquet",  # noqa: A002  (the option's name)
    files_per_table: Annotated[int, typer.Option(help="Files in each table's folder.")] = 1,
    changed_only: Annotated[bool, typer.Option(help="Leave tables alone that are as on the day before.")] = False,
    rds: Annotated[str | None, typer.Option(help="Write an AWS RDS snapshot export of this name instead.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the machine form.")] = False,
) -> None:
    """Write a synthetic platform database: invented people, planted identifiers, the same for the same options."""
    try:
        from havenlake.synthetic import PlatformDatabase, write_export, write_rds_export
    except ModuleNotFoundError as missing:
        raise HavenlakeError(
            "HL-ENV-004", f"Python package {missing.name} is missing", hint="pip install 'havenlake[local]'"
        ) from missing
    database = PlatformDatabase(messages, seed, country)
    if rds is None:
        written = write_export(database, out, day, format, files_per_table, changed_only=changed_only)
    else:
        write_rds_export(database, out, rds, day, files_per_table=files_per_table)
        written = {table: database.count(table, day) for table in database.tables()}
    if as_json:
        typer.echo(json.dumps({"folder": str(out), "day": day, "seed": seed, "rows": written}))
        return
    for table, rows in written.items():
        typer.echo(f"{rows:>12,}  {table}")
    typer.echo(f"day {day} written to {out}", err=True)
