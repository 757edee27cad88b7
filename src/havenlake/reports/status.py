"""The state of every table from the ledger: last attempt, last good one, freshness, counts, history.

Pure functions on records; nothing here opens a table, so states can be computed by a process that outlives the loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from havenlake.records import LedgerEntry, Status
from havenlake.reports.attempts import Attempt, Place, asset_of, attempts, group_by, latest
from havenlake.reports.runs import RunState, run_states
from havenlake.reports.table_state import AssetFacts, AssetPlace, Freshness, HistoryPoint, TableState, Verdict
from havenlake.reports.words import count, listing, span

__all__ = [
    "AssetFacts",
    "AssetPlace",
    "Freshness",
    "HistoryPoint",
    "RunState",
    "TableState",
    "Verdict",
    "run_states",
    "table_states",
]

HISTORY = 30
WARN_SHARE = 0.8
"""Part of the freshness objective after which a table is due soon, where the asset does not say."""

LONG_RUNNING = timedelta(hours=6)
_LAYERS = ("raw", "bronze", "silver", "gold")


def table_states(
    entries: Iterable[LedgerEntry], assets: Mapping[str, AssetFacts], now: datetime
) -> tuple[TableState, ...]:
    """The state of every table the ledger or the assets know, sorted by layer and name.

    An empty `assets` means that nothing is known of the configuration, not that nothing is declared. Upkeep brings no
    table up to date and has no say here; runs tell of it.
    """
    told = (a for a in attempts(entries) if not a.context.is_upkeep)
    groups = group_by(told, lambda a: a.place)
    for name, facts in assets.items():
        for place in facts.places:
            groups.setdefault((place.layer, name.rpartition(".")[2], place.target), [])
    return tuple(_state(place, groups[place], assets, now) for place in sorted(groups, key=_sorting))


def _state(place: Place, history: list[Attempt], assets: Mapping[str, AssetFacts], now: datetime) -> TableState:
    layer, table, target = place
    known = assets.get(asset_of(place)) or assets.get(table)
    facts = known or AssetFacts()
    home = next((p for p in facts.places if (p.layer, p.target) == (layer, target)), None)
    last, last_good = latest(history), latest(a for a in history if a.status.good)
    last_read = latest(a for a in history if a.status.good and a.result.counts.read) or last_good
    age = None if last_good is None else max(now - last_good.at, timedelta())
    return TableState(
        layer,
        table,
        target,
        facts,
        declared=not assets or (known is not None and (home is not None or not facts.places)),
        columns=home.columns if home else None,
        last=last,
        settled=latest(a for a in history if a.status is not Status.RUNNING),
        last_good=last_good,
        last_read=last_read,
        load_age=age,
        freshness=_freshness(age, facts),
        notes=_notes(last, last_read, facts, now),
        history=tuple(_point(a) for a in history[-HISTORY:]),
    )


def _freshness(age: timedelta | None, facts: AssetFacts) -> Freshness | None:
    if age is None:
        return Freshness.NEVER
    if facts.freshness_seconds is None:
        return None
    warn = facts.freshness_seconds * WARN_SHARE if facts.warn_seconds is None else facts.warn_seconds
    seconds = age.total_seconds()
    if seconds > facts.freshness_seconds:
        return Freshness.LATE
    return Freshness.WARN if seconds > warn else Freshness.OK


def _notes(last: Attempt | None, last_read: Attempt | None, facts: AssetFacts, now: datetime) -> tuple[str, ...]:
    notes = list(last.result.notes if last else ())
    if last and last.status is Status.UNCHANGED and not notes and last_read:
        notes += last_read.result.notes
    if last and last.status is Status.RUNNING and now - last.began_at > LONG_RUNNING:
        notes.append(f"no end recorded for {span(now - last.began_at)}: the run may have died")
    if facts.unclassified:
        names = listing(sorted(facts.unclassified))
        notes.append(f"{count(len(facts.unclassified), 'unclassified column')}: {names}")
    if facts.guarded_by_row is False:
        notes.append("unguarded by row: the asset names no country")
    return tuple(dict.fromkeys(notes))


def _point(attempt: Attempt) -> HistoryPoint:
    result = attempt.result
    return HistoryPoint(attempt.at, attempt.context.run_id, result.status, result.seconds, result.counts.changed)


def _sorting(place: Place) -> tuple[int, str, str, str]:
    layer, table, target = place
    return (_LAYERS.index(layer) if layer in _LAYERS else len(_LAYERS), layer, table, target)
