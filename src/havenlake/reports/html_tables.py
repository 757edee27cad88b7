"""The tables of one layer on the status page: one row each, with details that open without a script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from havenlake.records import ColumnTreatments, RowCounts
from havenlake.reports.grid import Column, Row, facts, grid, section
from havenlake.reports.markup import Html, join, tag
from havenlake.reports.pictures import sparkline, verdict_pill
from havenlake.reports.status import TableState
from havenlake.reports.words import (
    TREATMENTS,
    ago,
    changes,
    changes_spoken,
    clock,
    count,
    moment,
    number,
    objective,
    protection,
)

_TABLE_COLUMNS = (
    Column("Table", 19),
    Column("State", 12),
    Column("Last good", 13),
    Column("Rows read", 9, numeric=True),
    Column("Last change", 12),
    Column("Quarantined", 10, numeric=True),
    Column("Protection", 12),
    Column("Last 30 attempts", 13),
)


def layer_section(title: str, states: Sequence[TableState], now: datetime) -> Html:
    """The tables of one layer."""
    return section(title, grid(title, _TABLE_COLUMNS, [_table_row(s, now) for s in states]))


def _table_row(state: TableState, now: datetime) -> Row:
    states = join(verdict_pill(state.verdict), tag("span", "running now", class_="soft") if state.running else None)
    good = _when(state, now)
    read = number(state.last_read.result.counts.read) if state.last_read else "-"
    change = change_cell(state.counts) if state.last_good else "-"
    schema = state.asset.removesuffix(f".{state.table}")
    below = tag("span", schema, class_="soft") if schema != state.asset else None
    name = join(state.table, below, _flags(state))
    spark = sparkline(state.history, now)
    quarantined = number(state.quarantined) if state.last_read else "-"
    cells = (name, states, good, read, change, quarantined, _protection(state.columns), spark)
    return Row(cells, more=_details(state, now))


def _when(state: TableState, now: datetime) -> Html:
    if state.last_good is None:
        return join("never")
    at = state.last_good.at
    return join(
        tag("time", ago(at, now), datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}"), tag("span", clock(at, now), class_="soft")
    )


def _flags(state: TableState) -> Html | None:
    """What a reader should see without opening the details."""
    nulled = f"{count(state.nulled, 'value')} left empty" if state.nulled else None
    texts = [t for t in (nulled, *state.notes) if t]
    return join(*(tag("span", text, class_="soft why") for text in texts)) if texts else None


def _protection(columns: ColumnTreatments | None) -> str:
    if columns is None:
        return tag("span", "not known", class_="soft")
    return protection(columns) or "none declared"


def _details(state: TableState, now: datetime) -> Html:
    last, columns = state.last, state.columns
    allowed = state.facts.freshness_seconds
    event = state.last_good.result.max_event_time if state.last_good else None
    pairs: list[tuple[str, str | None]] = [
        ("About", state.facts.description),
        ("Owner", state.facts.owner),
        ("Severity", state.facts.severity),
        ("Full name", state.target),
        ("Should be no older than", objective(allowed) if allowed is not None else "no objective"),
        ("Newest event", moment(event, now) if event else None),
        ("Last attempt", f"{last.status}, {moment(last.at, now)}" if last else None),
        ("By run", f"{last.context.run_id} ({last.context.job})" if last else None),
        ("Mode", str(last.result.mode) if last and last.result.mode else None),
        ("Source", last.result.source if last else None),
        ("Source position", last.result.source_position if last else None),
    ]
    if columns is not None:
        pairs += [(f"Columns {word}", ", ".join(getattr(columns, key))) for key, word in TREATMENTS]
    label = f"Details of {state.asset} in {state.layer}"
    return tag("details", tag("summary", "Details", aria_label=label), facts(pairs))


def change_cell(counts: RowCounts) -> Html:
    """Signs for the eye, words for a screen reader."""
    spoken = changes_spoken(counts)
    signs = tag("span", changes(counts), title=spoken, aria_hidden="true")
    return join(signs, tag("span", spoken, class_="hidden"))
