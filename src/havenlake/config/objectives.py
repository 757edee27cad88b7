"""What may be expected of a table: how old it may get, how many rows are normal, who answers for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from havenlake.config.base import ColumnName, ConfigModel, Duration, DurationText, Text, duration_text
from havenlake.config.problems import Fault, suggestion

Severity = Literal["low", "medium", "high", "critical"]


class Age(ConfigModel):
    """How old tables may get, as far as it can be said without naming a column."""

    within: Duration | None = None
    """Allowed age of the last good load."""
    warn_after: Duration | None = None
    """Age of the last good load at which a warning is due; a share of `within` when absent."""
    event_within: Duration | None = None
    """Allowed age of the newest event; `within` when absent."""
    calendar: Text | None = None
    """Name of the workspace's calendar of hours that count; all of them when absent."""


class Freshness(Age):
    """How old a table may get: since the last good load, and since its newest event."""

    event_time: ColumnName | None = None
    """Timestamp column that tells when a row happened."""

    @property
    def within_seconds(self) -> float | None:
        """Allowed age of the last good load."""
        return self.within.total_seconds() if self.within else None

    @property
    def warn_seconds(self) -> float | None:
        """Age of the last good load at which a warning is due."""
        return self.warn_after.total_seconds() if self.warn_after else None

    @property
    def event_seconds(self) -> float | None:
        """Allowed age of the newest event; None where no column tells when a row happened."""
        allowed = self.event_within or self.within
        return allowed.total_seconds() if allowed and self.event_time else None


class Volume(ConfigModel):
    """How many rows are normal: bounds of the table, and the largest change between two loads as a fraction."""

    min_rows: Annotated[int, Field(ge=0)] | None = None
    max_rows: Annotated[int, Field(ge=0)] | None = None
    max_change: Annotated[float, Field(gt=0)] | None = None


def _age(value: object) -> object:
    return {"within": value} if isinstance(value, str) else value


FreshnessKey = Annotated[
    Freshness | None, BeforeValidator(_age, json_schema_input_type=DurationText | Freshness | None)
]
AgeKey = Annotated[Age | None, BeforeValidator(_age, json_schema_input_type=DurationText | Age | None)]


class ObjectiveDefaults(ConfigModel):
    """What holds for every table of a workspace that does not say otherwise."""

    freshness: AgeKey = None
    volume: Volume | None = None
    owner: Text | None = None
    severity: Severity | None = None


def objective_faults(freshness: Age | None, volume: Volume | None, calendars: Collection[str]) -> Iterator[Fault]:
    """Objectives that contradict themselves or name what is not there; paths start at `freshness` or `volume`."""
    if freshness is not None:
        yield from _age_faults(freshness, calendars)
    if volume and volume.min_rows is not None and volume.max_rows is not None and volume.min_rows > volume.max_rows:
        message = f"min_rows {volume.min_rows} is above max_rows {volume.max_rows}"
        yield Fault("HL-CFG-004", message, ("volume", "min_rows"), "exchange the two")


def _age_faults(freshness: Age, calendars: Collection[str]) -> Iterator[Fault]:
    if freshness.calendar is not None and freshness.calendar not in calendars:
        message = f"calendar '{freshness.calendar}' is not declared in the workspace's monitoring.calendars"
        hint = suggestion(freshness.calendar, calendars) or "declare it in workspace-vars.yaml, or leave it out"
        yield Fault("HL-CFG-011", message, ("freshness", "calendar"), hint)
    if freshness.within and freshness.warn_after and freshness.warn_after > freshness.within:
        message = f"warn_after {duration_text(freshness.warn_after)} is beyond within {duration_text(freshness.within)}"
        yield Fault("HL-CFG-004", message, ("freshness", "warn_after"), "warn before the table is late")
    if isinstance(freshness, Freshness) and freshness.event_within and freshness.event_time is None:
        message = "event_within needs event_time, the column that tells when a row happened"
        yield Fault("HL-CFG-004", message, ("freshness", "event_within"), "add 'event_time: <column>'")


def effective(written: Freshness | None, default: Age | None) -> Freshness | None:
    """A table's freshness with what it leaves open taken from the workspace.

    A table that says `within` has said all there is to the age of its loads.
    """
    if default is None:
        return written
    given = written or Freshness()
    keys = ["calendar"] if given.within else ["calendar", "within", "warn_after"]
    keys += ["event_within"] if given.event_time and given.within is None else []
    missing = {key: getattr(default, key) for key in keys if getattr(given, key) is None}
    return given.model_copy(update=missing)


def objective_text(freshness: Freshness | None, owner: str | None, severity: str) -> str:
    """An objective in words, as a plan shows it.

    >>> from datetime import timedelta
    >>> objective_text(Freshness(within=timedelta(hours=26)), "data@helpline.example", "high")
    'loaded within 26h; owner data@helpline.example; severity high'
    """
    parts = [] if freshness is None else _age_words(freshness)
    return "; ".join([*(parts or ["no freshness"]), f"owner {owner or 'nobody'}", f"severity {severity}"])


def _age_words(freshness: Freshness) -> list[str]:
    words = [f"loaded within {duration_text(freshness.within)}"] if freshness.within else []
    allowed = freshness.event_within or freshness.within
    if freshness.event_time and allowed:
        words.append(f"newest {freshness.event_time} within {duration_text(allowed)}")
    if freshness.calendar and words:
        words[-1] += f" of calendar {freshness.calendar}"
    return words
