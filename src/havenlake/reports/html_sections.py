"""The sections of the status page: what needs attention, the tables of a layer, quarantine, runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from havenlake.errors import runbook
from havenlake.reports.attempts import asset_of, group_by
from havenlake.reports.commands import plan_command, why_command
from havenlake.reports.drift import DriftEvent
from havenlake.reports.grid import Column, Row, facts, grid, section
from havenlake.reports.html_tables import change_cell
from havenlake.reports.markup import Html, join, tag, with_code
from havenlake.reports.page_facts import QuarantineGroup, quarantine_details
from havenlake.reports.pictures import status_pill, verdict_class, verdict_pill
from havenlake.reports.runs import RunState
from havenlake.reports.status import TableState, Verdict
from havenlake.reports.words import (
    ago,
    clock,
    count,
    duration,
    listing,
    moment,
    number,
    objective,
)

_RUNS_SHOWN = 20
_SEVERITY = tuple(Verdict)
_FINE = (Verdict.UP_TO_DATE, Verdict.DUE)


def alerts(states: Sequence[TableState], workspace: str, now: datetime) -> Html | None:
    """One card for each cause, the worst first: tables with the same error stand together."""
    worst_first = sorted((s for s in states if s.verdict not in _FINE), key=lambda s: -_SEVERITY.index(s.verdict))
    if not worst_first:
        return None
    cards = (_alert(group, workspace, now) for group in group_by(worst_first, _cause).values())
    return section("Needs attention", *cards)


def quarantine_section(states: Sequence[TableState], now: datetime, groups: Sequence[QuarantineGroup] = ()) -> Html:
    """Rows set aside, by table, and below each table by rule and place."""
    by_target = group_by(groups, lambda g: g.target)
    rows = [
        Row(
            (s.asset, s.layer, number(s.quarantined), moment(s.last_read.at, now)),
            more=quarantine_details(by_target.get(s.target, [])),
        )
        for s in states
        if s.quarantined and s.last_read
    ]
    columns = (Column("Table", 40), Column("Layer", 20), Column("Rows", 10, numeric=True), Column("Last read", 30))
    text = (
        "No row is in quarantine."
        if not rows
        else "Of each such row its identity, the rule it broke and its place are kept; of one that belongs to another "
        "country a token and its zone alone."
    )
    return section("Quarantine", tag("p", text, class_="soft"), grid("Quarantine", columns, rows) if rows else None)


def drift_section(events: Sequence[DriftEvent], now: datetime) -> Html | None:
    """How the sources' schemas drifted lately; nothing where none did."""
    if not events:
        return None
    columns = (Column("Table", 30), Column("Change", 35), Column("First seen", 20), Column("Loaded", 15))
    rows = [
        Row((e.asset, e.change.sentence, moment(e.first_seen, now), moment(e.loaded_at, now) if e.loaded_at else "no"))
        for e in events
    ]
    text = "Columns of the sources that came, went or changed their type."
    return section("Drift", tag("p", text, class_="soft"), grid("Drift", columns, rows))


def runs_section(runs: Sequence[RunState], now: datetime) -> Html:
    """The newest runs."""
    columns = (
        Column("Run", 22),
        Column("State", 12),
        Column("Started", 13),
        Column("Took", 9, numeric=True),
        Column("Tables", 16),
        Column("Change", 14),
        Column("Quarantined", 14, numeric=True),
    )
    shown = runs[:_RUNS_SHOWN]
    older = f"{count(len(runs) - len(shown), 'older run')} not shown." if len(runs) > len(shown) else None
    table = grid("Runs, newest first", columns, [_run_row(run, now) for run in shown])
    return section("Runs", table if runs else tag("p", "No run is recorded yet."), tag("p", older) if older else None)


def _cause(state: TableState) -> tuple[str, ...]:
    error = state.error
    return (state.verdict, error.code, error.message, error.hint or "") if error else (state.verdict,)


def _alert(group: Sequence[TableState], workspace: str, now: datetime) -> Html:
    first = group[0]
    layers = group_by(group, lambda s: s.asset).items()
    names = [f"{asset} ({listing([s.layer for s in of_asset])})" for asset, of_asset in layers]
    heading = tag("h3", verdict_pill(first.verdict), listing(names))
    error = first.error
    code = tag("p", tag("code", error.code), " ", with_code(error.message)) if error else None
    hint = tag("p", tag("strong", "What to do: "), with_code(error.hint)) if error and error.hint else None
    page = runbook(error.code) if error else ""
    more = tag("p", "More about it: ", tag("code", page), class_="soft small") if page else None
    command = plan_command if first.last is None else why_command
    duty = tag("p", "For the person on duty: ", tag("code", command(workspace, first.asset)), class_="soft small")
    age = tag("p", _age_sentence(group, now), class_="soft")
    return tag("article", heading, code, hint, more, age, duty, class_=f"card alert {verdict_class(first.verdict)}")


def _age_sentence(group: Sequence[TableState], now: datetime) -> str:
    loaded = [(s.last_good.at, s.facts.freshness_seconds) for s in group if s.last_good]
    if len(loaded) < len(group):
        return "There is no data yet." if not loaded else "Some of these tables have no data yet."
    oldest, allowed = min(loaded, key=lambda pair: pair[0])
    text = f"The {'oldest of this ' if len(group) > 1 else ''}data is as it was {moment(oldest, now)}"
    return f"{text}; it should be no older than {objective(allowed)}." if allowed is not None else f"{text}."


def _run_row(run: RunState, now: datetime) -> Row:
    tally = group_by(run.tables, lambda t: str(t.status))
    tables = ", ".join(f"{len(group)} {word}" for word, group in sorted(tally.items()))
    name = join(run.context.job, tag("span", run.run_id, class_="soft"))
    pill = status_pill(run.status)
    started = join(ago(run.started_at, now), tag("span", clock(run.started_at, now), class_="soft"))
    cells = (
        name,
        pill,
        started,
        duration(run.seconds),
        tables,
        change_cell(run.counts),
        number(run.counts.quarantined),
    )
    return Row(cells, more=_errors(run))


def _errors(run: RunState) -> Html | None:
    """The run's own errors, which a later run may have mended."""
    failed = [(t, t.error) for t in run.tables if t.error and not t.status.good]
    if not failed:
        return None
    pairs = [(asset_of((run.context.layer, t.table, t.target)), f"{e.code} {e.message}") for t, e in failed]
    return tag("details", tag("summary", f"{count(len(failed), 'error')} of this run"), facts(pairs))
