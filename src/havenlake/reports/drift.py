"""Drift as data: how each source's schema moved from load to load, with the time each difference was first seen.

Derived from the schemas that the ledger keeps of every attempt, so nothing else needs to be stored. A difference is
told against the last good load; one that stops its table is first seen at the first attempt that it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from havenlake.config.drift import ColumnDrift, column_drift, schema_columns
from havenlake.records import LedgerEntry
from havenlake.reports.attempts import Attempt, Place, asset_of, attempts, group_by

SOURCE_STAGE = "raw_to_landing"
"""The stage whose attempts record the schema of a source."""

RECENT = timedelta(days=30)
"""How long a difference that was loaded is shown."""


@dataclass(frozen=True)
class DriftEvent:
    """One difference of one table's source; `loaded_at` is None while no load has gone well with it."""

    layer: str
    table: str
    target: str
    change: ColumnDrift
    first_seen: datetime
    run_id: str
    loaded_at: datetime | None

    @property
    def asset(self) -> str:
        """Schema and table."""
        return asset_of((self.layer, self.table, self.target))

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return {**asdict(self), "asset": self.asset, "sentence": self.change.sentence}


def drift_events(entries: Iterable[LedgerEntry]) -> tuple[DriftEvent, ...]:
    """Every difference the ledger knows of, the newest first."""
    told = [a for a in attempts(entries) if a.context.stage == SOURCE_STAGE]
    groups = group_by(told, lambda a: a.place)
    found = [event for place, history in groups.items() for event in _events(place, history)]
    return tuple(sorted(found, key=lambda e: (e.first_seen, e.target, e.change.column), reverse=True))


def recent_drift(entries: Iterable[LedgerEntry], now: datetime) -> tuple[DriftEvent, ...]:
    """What was first seen within `RECENT`, and whatever keeps a table from being loaded, the newest first."""
    return tuple(e for e in drift_events(entries) if e.loaded_at is None or now - e.first_seen <= RECENT)


def first_seen(events: Iterable[DriftEvent], change: ColumnDrift) -> datetime | None:
    """When one table's difference was first seen, None where the ledger has not seen it yet; `events` newest first."""
    return next((e.first_seen for e in events if e.change == change), None)


def _events(place: Place, history: Sequence[Attempt]) -> list[DriftEvent]:
    done: list[DriftEvent] = []
    pending: dict[ColumnDrift, DriftEvent] = {}
    known: dict[str, str] | None = None
    for attempt in history:
        columns = schema_columns(attempt.result.schema)
        if columns is None:
            continue
        changes = column_drift(known, columns) if known is not None else ()
        pending = {c: pending.get(c) or _event(place, c, attempt) for c in changes}
        if attempt.status.good:
            done += [replace(event, loaded_at=attempt.at) for event in pending.values()]
            pending, known = {}, columns
    return [*done, *pending.values()]


def _event(place: Place, change: ColumnDrift, attempt: Attempt) -> DriftEvent:
    return DriftEvent(*place, change, attempt.at, attempt.context.run_id, None)
