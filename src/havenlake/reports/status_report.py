"""The state of tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from havenlake.reports.attempts import group_by
from havenlake.reports.drift import DriftEvent
from havenlake.reports.fitted import Fitted, Screen, changes_column, error_blocks, number_column, safe, sheet
from havenlake.reports.headline import Mood, headline
from havenlake.reports.runs import RunState
from havenlake.reports.status import TableState, Verdict
from havenlake.reports.words import changes, count, number, short_span

_STYLES = {Verdict.UP_TO_DATE: "green", Verdict.DUE: "yellow", Verdict.NEVER: "yellow"}
_MOODS = {Mood.GOOD: "bold green", Mood.ATTENTION: "bold yellow", Mood.BAD: "bold red"}


def status_table(states: Sequence[TableState]) -> Fitted:
    """The headline, every table, and the errors that keep tables back."""
    return Fitted(lambda screen: _report(states, screen))


def runs_table(runs: Sequence[RunState], limit: int = 5) -> Table:
    """The newest runs: what to resume by id."""
    table = sheet()
    for name in ("run", "job", "state"):
        table.add_column(name, no_wrap=True)
    number_column(table, "rows changed")
    for run in runs[:limit]:
        style = "green" if run.status.good else "bold red"
        changed = number(run.counts.changed)
        table.add_row(safe(run.run_id), safe(run.context.job), safe(str(run.status), style), safe(changed))
    return table


def drift_table(events: Sequence[DriftEvent]) -> Table:
    """How the sources' schemas drifted, the newest first."""
    table = sheet()
    table.add_column("drift", overflow="fold", min_width=14)
    table.add_column("change", overflow="fold")
    table.add_column("first seen", no_wrap=True)
    table.add_column("loaded", no_wrap=True)
    for event in events:
        seen = f"{event.first_seen:%Y-%m-%d %H:%M} UTC"
        loaded = safe("yes", "green") if event.loaded_at else safe("no", "bold red")
        table.add_row(safe(event.asset), safe(event.change.sentence), safe(seen), loaded)
    return table


def _report(states: Sequence[TableState], screen: Screen) -> RenderableType:
    said = headline(states)
    parts: list[RenderableType] = [safe(said.sentence, _MOODS[said.mood])]
    if states:
        parts.append(_table(states, screen))
    parts += error_blocks((f"{s.layer} {s.asset}", s.error) for s in states if s.error)
    if not screen.wide:
        parts += [_note(s) for s in states if _notes(s)]
    return Group(*parts)


def _table(states: Sequence[TableState], screen: Screen) -> Table:
    quarantined = any(s.quarantined for s in states)
    table = sheet()
    table.add_column("table", overflow="fold", min_width=14)
    table.add_column("state", no_wrap=True)
    table.add_column("last good", no_wrap=True)
    number_column(table, "read")
    changes_column(table, "changes", (s.counts for s in states))
    if quarantined:
        number_column(table, "quarantined" if screen.wide else "quar.")
    if screen.wide:
        table.add_column("note", overflow="fold")
    for layer, group in group_by(states, lambda s: s.layer).items():
        table.add_row(safe(layer, "bold"))
        for state in group:
            table.add_row(*_row(state, screen, quarantined=quarantined))
    return table


def _row(state: TableState, screen: Screen, *, quarantined: bool) -> list[Text]:
    word = str(state.verdict) if state.declared else "removed"
    style = _STYLES.get(state.verdict, "bold red") if state.declared else "dim"
    read = number(state.last_read.result.counts.read) if state.last_read else "-"
    age = "never" if state.load_age is None else f"{short_span(state.load_age)} ago"
    cells = [safe(f"  {state.table}"), safe(f"{word} *" if state.running else word, style), safe(age), safe(read)]
    cells.append(safe(changes(state.counts, screen.returned)))
    if quarantined:
        cells.append(safe(number(state.quarantined)))
    return [*cells, safe("; ".join(_notes(state)))] if screen.wide else cells


def _notes(state: TableState) -> list[str]:
    running = ["* a run is at work on it"] if state.running else []
    nulled = [f"{count(state.nulled, 'value')} left empty"] if state.nulled else []
    return [*running, *nulled, *state.notes]


def _note(state: TableState) -> Text:
    return Text.assemble("note ", safe(f"{state.layer} {state.asset}", "bold"), ": ", safe("; ".join(_notes(state))))
