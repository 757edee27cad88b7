"""Records that pass between layers, and the protocols of what is plugged in from outside.

The ledger, the status page, the CLI and the notebooks all speak in these records; nothing here knows Spark.
Counts are rows, times are timezone-aware UTC.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

LEDGER_FORMAT = 1
UPKEEP = "maintenance"
"""The layer of applications that look after tables of any layer; an own application of that stage may still load."""


class Status(StrEnum):
    """Outcome of one table in one run, or of a run."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REFUSED = "refused"
    ABANDONED = "abandoned"

    @property
    def good(self) -> bool:
        """Whether the table is up to date after this: freshness counts from here."""
        return self in (Status.SUCCEEDED, Status.UNCHANGED)


class Mode(StrEnum):
    """How a table is (or would be) brought up to date."""

    FIRST_LOAD = "first load"
    DIGEST = "digests"
    RANGE = "compare of a key range"
    COMPARE = "compare"
    FEED = "change feed"
    REBUILD = "rebuild"
    FULL_COMPARE = "full compare"
    SKIP = "nothing to do"
    REPAIR = "repair"
    RESCRUB = "scrub again"
    ROTATE = "rotate keys"
    UPKEEP = "upkeep"
    AUDIT = "audit"
    WATCH = "watch"


@dataclass(frozen=True)
class RowCounts:
    """What one table task did to rows. `read` counts source rows, the others rows of the target."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    returned: int = 0
    unchanged: int = 0
    quarantined: int = 0
    duplicates: int = 0
    nulled: int = 0
    """Non-null values of scrubbing columns written as NULL: no policy is set, or a text could not be scrubbed."""
    foreign: int = 0
    """Quarantined rows of another zone's country, or of none that is known; `quarantined` counts them too."""

    @property
    def changed(self) -> int:
        """Rows of the target that differ after the task."""
        return self.inserted + self.updated + self.deleted + self.returned


@dataclass(frozen=True)
class ErrorInfo:
    """An error as it is recorded: code, message without row data, hint, and a fingerprint to group by."""

    code: str
    message: str
    hint: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Told:
    """What a table task learned while it worked, beside rows: notes, and the recall of its scrubber on canaries."""

    notes: tuple[str, ...] = ()
    canary_recall: float | None = None


@dataclass(frozen=True)
class ColumnTreatments:
    """Names of columns by what happens to them; a column stands in exactly one of the first five."""

    clear: tuple[str, ...] = ()
    encrypted: tuple[str, ...] = ()
    scrubbed: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()


RENEWED = "~ "
"""Begins a change of schema that is committed even when no row changes: renewed comments."""


@dataclass(frozen=True)
class TablePlan:
    """What a run would do to one table. `counts` is known only for an exact plan."""

    table: str
    target: str
    mode: Mode | None = None
    """None where an error kept it from being known."""
    source: str = ""
    source_position: str = ""
    schema_changes: tuple[str, ...] = ()
    columns: ColumnTreatments = field(default_factory=ColumnTreatments)
    counts: RowCounts | None = None
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: ErrorInfo | None = None
    objective: str = ""
    """What is expected of the table, in words."""

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return asdict(self)


@dataclass(frozen=True)
class RunContext:
    """What is the same for all tables of one attempt of a run."""

    run_id: str
    attempt: int
    job: str
    app_name: str
    stage: str
    workspace: str
    environment: str
    country: str
    zone: str
    layer: str
    config_fingerprint: str
    code_version: str

    @property
    def is_upkeep(self) -> bool:
        """Whether the run looks after tables instead of loading them: it brings no news and says nothing of age."""
        return self.layer == UPKEEP


@dataclass(frozen=True)
class TableResult:
    """What happened to one table in one attempt of a run."""

    table: str
    target: str
    status: Status
    mode: Mode | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    source: str = ""
    source_position: str = ""
    contract_fingerprint: str = ""
    counts: RowCounts = field(default_factory=RowCounts)
    max_event_time: datetime | None = None
    version_before: int | None = None
    version_after: int | None = None
    error: ErrorInfo | None = None
    notes: tuple[str, ...] = ()
    schema: str = ""
    """The source's schema as JSON, for drift and for `why`."""
    canary_recall: float | None = None
    """Share of invented details that the scrubber of the run masked; None where nothing was scrubbed."""
    digest: str = field(default="", repr=False)
    """Sealed digests of the snapshot on their way into the ledger; `Ledger.digests` reads them back."""

    @property
    def seconds(self) -> float | None:
        """Duration of the task."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class LedgerEntry:
    """One row of the ledger: a table's state as recorded at `recorded_at`."""

    recorded_at: datetime
    context: RunContext
    result: TableResult


@dataclass(frozen=True)
class RunRecord:
    """A finished attempt of a run: the result object of every door."""

    context: RunContext
    started_at: datetime
    finished_at: datetime
    tables: tuple[TableResult, ...]

    @property
    def run_id(self) -> str:
        """Id to resume by and to read `as_of`."""
        return self.context.run_id

    @property
    def status(self) -> Status:
        """Failed when any table failed, refused when any was refused, unchanged when none changed."""
        statuses = {t.status for t in self.tables}
        for status in (Status.FAILED, Status.REFUSED):
            if status in statuses:
                return status
        return Status.UNCHANGED if statuses <= {Status.UNCHANGED} else Status.SUCCEEDED

    def to_dict(self) -> dict[str, Any]:
        """The machine form (`--json`)."""
        return {**asdict(self), "status": self.status}


@dataclass(frozen=True)
class Delivery:
    """Whether a sink was told all about one attempt of a run."""

    sink: str
    job: str
    run_id: str
    attempt: int
    delivered: bool
    recorded_at: datetime

    @property
    def attempt_of(self) -> tuple[str, int]:
        """The attempt it is about."""
        return self.run_id, self.attempt


class SecretResolver(Protocol):
    """Opens a secret by scope and key; raises HL-SEC-001 when it is missing, HL-SEC-002 when out of reach."""

    def get(self, scope: str, key: str) -> str:
        """The secret's text."""


class Clock(Protocol):
    """Tells the time, so that tests can set it."""

    def now(self) -> datetime:
        """Timezone-aware UTC."""
