"""The summary of a run on a terminal: every table, totals, each cause of failure once with its hint, what to type."""

from __future__ import annotations

import shlex
from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from havenlake.records import RowCounts, RunRecord, Status, TableResult
from havenlake.reports.fitted import (
    Fitted,
    Screen,
    changes_column,
    command_text,
    error_blocks,
    number_column,
    safe,
    sheet,
    status_text,
)
from havenlake.reports.runs import total
from havenlake.reports.words import changes, count, duration, listing, number, one_line

_NARROW = {"quarantined": "quar.", "duplicates": "dupl."}


def summary(record: RunRecord) -> Fitted:
    """Everything that is worth knowing after a run, for a screen of 80 columns or more."""
    return Fitted(lambda screen: _summary(record, screen))


def _summary(record: RunRecord, screen: Screen) -> RenderableType:
    parts: list[RenderableType] = [_table(record, screen)]
    parts += error_blocks((t.table, t.error) for t in record.tables if t.error and not t.status.good)
    if not screen.wide:
        parts += [_with_hanging_indent(t) for t in record.tables if t.notes]
    parts.append(_totals(record))
    if record.status in (Status.FAILED, Status.REFUSED):
        words = (shlex.quote(one_line(word)) for word in (record.context.workspace, record.run_id))
        parts += [Text("to go on:"), command_text("havenlake run -w {} --resume {}".format(*words), screen)]
    return Group(*parts)


def _table(record: RunRecord, screen: Screen) -> Table:
    shown = total(t.counts for t in record.tables)
    columns = {"quarantined": shown.quarantined, "nulled": shown.nulled, "duplicates": shown.duplicates}
    extra = [name for name, rows in columns.items() if rows]
    table = sheet()
    table.add_column("table", overflow="fold", min_width=12)
    table.add_column("status", no_wrap=True)
    if screen.wide:
        table.add_column("mode", no_wrap=True)
    number_column(table, "read")
    changes_column(table, "changes", (t.counts for t in record.tables))
    for name in extra:
        number_column(table, name if screen.wide else _NARROW.get(name, name))
    number_column(table, "took")
    if screen.wide:
        table.add_column("note", overflow="fold")
    for result in record.tables:
        table.add_row(*_row(result, extra, screen))
    return table


def _row(result: TableResult, extra: list[str], screen: Screen) -> list[Text]:
    counts = result.counts
    cells = [safe(result.table), status_text(result.status)]
    if screen.wide:
        cells.append(safe(str(result.mode or "-")))
    nothing = not result.status.good and counts == RowCounts()
    read, changed = ("-", "-") if nothing else (number(counts.read), changes(counts, screen.returned))
    cells += [safe(read), safe(changed)]
    cells += [safe(number(getattr(counts, name))) for name in extra]
    cells.append(safe(duration(result.seconds)))
    if screen.wide:
        note = [result.error.code] if result.error else []
        cells.append(safe("; ".join((*note, *result.notes))))
    return cells


def _with_hanging_indent(result: TableResult) -> Text:
    return Text.assemble("note ", safe(result.table, "bold"), ": ", safe(one_line("; ".join(result.notes))))


def _totals(record: RunRecord) -> Text:
    tally = Counter(str(t.status) for t in record.tables)
    took = (record.finished_at - record.started_at).total_seconds()
    counts = total(t.counts for t in record.tables)
    text = Text.assemble("run ", safe(record.run_id, "bold"), " ", status_text(record.status))
    outcomes = listing([f"{n} {word}" for word, n in sorted(tally.items())])
    text.append(f" in {duration(took)}: {count(len(record.tables), 'table')}")
    text.append(f", {outcomes}" if outcomes else "")
    text.append(f"; {count(counts.changed, 'row')} changed")
    text.append(f", {number(counts.quarantined)} quarantined" if counts.quarantined else "")
    text.append(f", {count(counts.nulled, 'value')} nulled" if counts.nulled else "")
    return text
