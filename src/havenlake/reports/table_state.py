"""What is known of one table of one layer, and what the configuration says about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from havenlake.records import ColumnTreatments, ErrorInfo, RowCounts, Status
from havenlake.reports.attempts import Attempt, asset_of


class Freshness(StrEnum):
    """Load age against the asset's objective."""

    OK = "ok"
    WARN = "warn"
    LATE = "late"
    NEVER = "never"


class Verdict(StrEnum):
    """One word for a table, for people; from best to worst."""

    UP_TO_DATE = "up to date"
    DUE = "due soon"
    NEVER = "never loaded"
    LATE = "late"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class AssetPlace:
    """One table an asset is written to, and how its columns are treated there."""

    layer: str
    target: str
    columns: ColumnTreatments | None = None


@dataclass(frozen=True)
class AssetFacts:
    """What the configuration says about a table, as far as a report needs it.

    Keyed by asset (`platformdb.message`) or, where that is unambiguous, by table name. A place named in `places`
    that the ledger does not know is reported as never loaded.
    """

    owner: str | None = None
    severity: str | None = None
    description: str | None = None
    freshness_seconds: float | None = None
    warn_seconds: float | None = None
    unclassified: tuple[str, ...] = ()
    guarded_by_row: bool | None = None
    places: tuple[AssetPlace, ...] = ()


@dataclass(frozen=True)
class HistoryPoint:
    """One attempt in the history of a table."""

    at: datetime
    run_id: str
    status: Status
    seconds: float | None
    changed: int


@dataclass(frozen=True)
class TableState:
    """One table of one layer, now. `settled` is the last attempt that is over, `last_read` the last that saw rows."""

    layer: str
    table: str
    target: str
    facts: AssetFacts = field(default_factory=AssetFacts)
    declared: bool = True
    """False when the ledger knows the table and the configuration does not name it any more."""
    columns: ColumnTreatments | None = None
    last: Attempt | None = None
    settled: Attempt | None = None
    last_good: Attempt | None = None
    last_read: Attempt | None = None
    load_age: timedelta | None = None
    freshness: Freshness | None = None
    """None where the asset has no objective."""
    notes: tuple[str, ...] = ()
    history: tuple[HistoryPoint, ...] = ()

    @property
    def asset(self) -> str:
        """Schema and table, the same in every layer."""
        return asset_of((self.layer, self.table, self.target))

    @property
    def running(self) -> bool:
        """Whether a run is at work on it."""
        return self.last is not None and self.last.status is Status.RUNNING

    @property
    def verdict(self) -> Verdict:
        """The outcome of the last finished attempt, then its age."""
        if self.settled is None:
            return Verdict.NEVER
        if not self.settled.status.good:
            bad = {Status.FAILED: Verdict.FAILED, Status.REFUSED: Verdict.REFUSED}
            return bad.get(self.settled.status, Verdict.INTERRUPTED)
        ages = {Freshness.LATE: Verdict.LATE, Freshness.WARN: Verdict.DUE}
        return ages.get(self.freshness, Verdict.UP_TO_DATE) if self.freshness else Verdict.UP_TO_DATE

    @property
    def counts(self) -> RowCounts:
        """Of the last good attempt."""
        return self.last_good.result.counts if self.last_good else RowCounts()

    @property
    def quarantined(self) -> int:
        """Rows quarantined when rows were last read: a run that finds nothing to do does not release any."""
        return self.last_read.result.counts.quarantined if self.last_read else 0

    @property
    def nulled(self) -> int:
        """Values written as NULL for want of a scrubber, when rows were last read."""
        return self.last_read.result.counts.nulled if self.last_read else 0

    @property
    def error(self) -> ErrorInfo | None:
        """Of the last finished attempt."""
        return self.settled.result.error if self.settled and not self.settled.status.good else None

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        age = None if self.load_age is None else self.load_age.total_seconds()
        extra = {"asset": self.asset, "verdict": self.verdict, "running": self.running, "load_age": age}
        now = {"counts": self.counts, "quarantined": self.quarantined, "nulled": self.nulled, "error": self.error}
        plain = {k: asdict(v) if isinstance(v, RowCounts | ErrorInfo) else v for k, v in now.items()}
        return {**asdict(self), **extra, **plain}
