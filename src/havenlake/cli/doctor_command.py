"""`havenlake doctor`: what a run needs on this machine, what is missing and how to get it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from havenlake.runtime.doctor import Check, checks


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print the machine form.")] = False) -> None:
    """Look at this machine: Python, Java, Spark, Delta, cache, disk, memory; exit 1 when something is missing."""
    found = checks()
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in found], indent=2))
    else:
        _show(Console(), found)
    if not all(check.ok for check in found):
        raise typer.Exit(1)


def _show(console: Console, found: list[Check]) -> None:
    table = Table("", "", "", box=None, show_header=False)
    for check in found:
        table.add_row(
            "[green]ok[/]" if check.ok else "[red]missing[/]", check.name, Text(check.detail, overflow="fold")
        )
    console.print(table)
    for check in found:
        if not check.ok:
            console.print(f"\n{check.name}: {check.remedy}", markup=False, highlight=False, soft_wrap=True)
