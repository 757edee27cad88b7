"""A plan on a terminal: what a run would do to each table, and what happens to its columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from havenlake.records import Mode, TablePlan
from havenlake.reports.fitted import Fitted, Screen, changes_column, number_column, safe, sheet
from havenlake.reports.runs import total
from havenlake.reports.words import TREATMENTS, changes, count, listing, number, protection


def plan_table(plans: Sequence[TablePlan]) -> Fitted:
    """An overview of all tables, then the particulars of each."""
    return Fitted(lambda screen: _report(plans, screen))


def _report(plans: Sequence[TablePlan], screen: Screen) -> RenderableType:
    if not plans:
        return Text("no table is part of this plan")
    parts: list[RenderableType] = [_overview(plans, screen)]
    for plan in plans:
        parts += [safe(f"{plan.table} {screen.arrow} {plan.target}", "bold")]
        parts.append(Padding(_particulars(plan), (0, 0, 1, 2)))
    parts.append(_conclusion(plans))
    return Group(*parts)


def _overview(plans: Sequence[TablePlan], screen: Screen) -> Table:
    exact = any(p.counts for p in plans)
    table = sheet()
    table.add_column("table", overflow="fold", min_width=12)
    table.add_column("mode", no_wrap=True)
    if exact:
        number_column(table, "read")
        changes_column(table, "changes", (p.counts for p in plans if p.counts))
        number_column(table, "quarantined" if screen.wide else "quar.")
    table.add_column("schema", overflow="fold")
    if screen.wide or not exact:
        table.add_column("columns", overflow="fold")
    for plan in plans:
        table.add_row(*_row(plan, screen, exact=exact))
    return table


def _row(plan: TablePlan, screen: Screen, *, exact: bool) -> list[Text]:
    mode = safe("would fail", "bold red") if plan.error else safe(str(plan.mode))
    cells = [safe(plan.table), mode]
    if exact and plan.counts:
        known = (number(plan.counts.read), changes(plan.counts, screen.returned), number(plan.counts.quarantined))
        cells += [safe(text) for text in known]
    elif exact:
        cells += [Text("?")] * 3
    cells.append(safe(count(len(plan.schema_changes), "change") if plan.schema_changes else "same"))
    return [*cells, safe(protection(plan.columns) or "all clear")] if screen.wide or not exact else cells


def _particulars(plan: TablePlan) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    source = f"{plan.source} at {plan.source_position}" if plan.source_position else plan.source
    lines = [("source", source), *(("schema", change) for change in plan.schema_changes)]
    lines += [(word, ", ".join(getattr(plan.columns, key))) for key, word in TREATMENTS]
    lines += [("objective", plan.objective)]
    lines += [("note", note) for note in plan.notes]
    lines += [("not known", text) for text in plan.unknown]
    for term, text in lines:
        if text:
            grid.add_row(term, safe(text))
    if plan.error:
        grid.add_row("error", safe(f"{plan.error.code} {plan.error.message}", "bold red"))
        grid.add_row("hint", safe(plan.error.hint)) if plan.error.hint else None
    return grid


def _conclusion(plans: Sequence[TablePlan]) -> Text:
    """What it comes to; without `--exact` nothing is said about rows."""
    failing = [p.table for p in plans if p.error]
    idle = sum(p.mode is Mode.SKIP for p in plans if not p.error)
    text = f"{count(len(plans), 'table')}: {idle} with nothing to do, {len(plans) - idle - len(failing)} to work on"
    if failing:
        text += f", {len(failing)} that would fail ({listing(failing)})"
    known = [p.counts for p in plans if p.counts]
    if known and len(known) == len(plans):
        text += f"; {count(total(known).changed, 'row')} would change"
    return safe(f"{text}. Nothing was written.")
