"""The catalogue of monitors (`monitors/*.yaml`): one file for each kind of watch, the same for all instances.

`$instance`, `$zone`, `$env`, `$tables`, `$owner`, `$severity` and `$critical` are filled in for each instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from havenlake.config.base import ConfigModel, Format, FrozenDict, Names, Text, wrong
from havenlake.config.nodes import Document
from havenlake.config.objectives import Severity
from havenlake.config.problems import Problems
from havenlake.config.validation import validate
from havenlake.config.yaml_loader import load_yaml
from havenlake.errors import HavenlakeError, Position

FOLDER: Final = "monitors"
UNITS: Final = ("data-freshness", "failed-tables", "logs-monitor", "residency")
"""One file of the catalogue, and one unit of Terraform in each instance."""
Key = Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")]
Environment = Literal["dev", "prod", "datascience"]


class Where(ConfigModel):
    """In which instances something stands; in all that ingest when nothing is said."""

    instances: Names = ()
    """Names of instances; all when empty."""
    environments: tuple[Environment, ...] = ()
    """Environments; all when empty."""
    when: Literal["ingests", "scheduled", "always"] = "ingests"
    """`ingests`: the instance loads data. `scheduled`: a load of it starts by itself. `always`: every instance."""


class MonitorTemplate(Where):
    """One monitor of each instance, or one for each owner and severity of its tables."""

    name: Text
    type: Literal["query alert", "log alert"]
    each: Literal["instance", "route"] = "instance"
    """`route`: one monitor for the tables of each owner and severity that have an objective of freshness."""
    tables: Names = ()
    """Tables that the monitor is about, `schema.table`; each must be loaded by the instance."""
    severity: Severity | None = None
    """Who is called, and the priority; of a `route` it is that of its tables."""
    query: Text
    message: Text
    critical: float
    warning: float | None = None
    on_missing_data: Literal["default", "show_no_data", "show_and_notify_no_data", "resolve"] | None = None
    renotify_interval: Annotated[int, Field(ge=10, le=1440)] | None = None
    """Minutes after which a monitor that still alerts calls again."""
    require_full_window: bool | None = None
    evaluation_delay: Annotated[int, Field(ge=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _one_severity(self) -> MonitorTemplate:
        if (self.severity is None) != (self.each == "route"):
            raise wrong("needs 'severity' for each instance, and has none for each route: its tables have theirs")
        if self.each == "route" and "$tables" not in self.query:
            raise wrong("is made for each route, but its query does not name $tables")
        if self.tables and "$tables" not in self.query:
            raise wrong("names tables, but its query does not name $tables")
        return self


class Ratio(ConfigModel):
    """Good events and all events, as queries of counts."""

    numerator: Text
    denominator: Text


class SloTemplate(Where):
    """A service level: the share of good events in a span of time."""

    name: Text
    description: Text
    query: Ratio
    timeframe: Literal["7d", "30d", "90d"]
    target: Annotated[float, Field(gt=0, lt=100)]
    warning: Annotated[float, Field(gt=0, lt=100)] | None = None


class Recurrence(ConfigModel):
    """When a downtime comes again: an RRULE of RFC 5545, and for how long."""

    rrule: Annotated[str, Field(pattern="^FREQ=(DAILY|WEEKLY|MONTHLY)(;[A-Z]+=[A-Z0-9,+-]+)*$")]
    start: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]
    duration: Annotated[str, Field(pattern="^[1-9][0-9]*[mhdw]$")]


class DowntimeTemplate(Where):
    """A time in which nobody is called, by the monitors that carry the tags."""

    monitor_tags: Names
    timezone: Text = "UTC"
    recurrence: Recurrence


class Catalogue(ConfigModel):
    """One file of the catalogue."""

    format: Format
    description: Text
    monitors: FrozenDict[Key, MonitorTemplate] = FrozenDict()
    slos: FrozenDict[Key, SloTemplate] = FrozenDict()
    downtimes: FrozenDict[Key, DowntimeTemplate] = FrozenDict()


@dataclass(frozen=True)
class CatalogueFile:
    """A file of the catalogue with the places of its keys."""

    unit: str
    catalogue: Catalogue
    document: Document

    def place(self, *path: str | int) -> Position:
        """Where a value is written."""
        return self.document.value_position(path)


def load_catalogue(root: Path) -> Mapping[str, CatalogueFile]:
    """All files by unit; every error of every file at once. A unit without a file is an error, as is a file of none."""
    problems = Problems()
    folder = root / FOLDER
    for file in sorted(folder.glob("*.y*ml")):
        if file.suffix != ".yaml" or file.stem not in UNITS:
            name = file.relative_to(root).as_posix()
            problems.add("HL-CFG-008", "file is not read", Position(name, 1, 1), f"units are {', '.join(UNITS)}")
    found = {unit: _load(root, unit, problems) for unit in UNITS}
    problems.raise_if_any()
    return {unit: file for unit, file in found.items() if file is not None}


def _load(root: Path, unit: str, problems: Problems) -> CatalogueFile | None:
    path = root / FOLDER / f"{unit}.yaml"
    if not path.is_file():
        where = Position(f"{FOLDER}/{unit}.yaml", 1, 1)
        problems.take(HavenlakeError("HL-CFG-008", "file of the catalogue is missing", where=where, hint="write it"))
        return None
    node = load_yaml(path, root=root, problems=problems)
    catalogue = validate(Catalogue, node, node.document, (), problems) if node is not None else None
    return CatalogueFile(unit, catalogue, node.document) if node is not None and catalogue is not None else None
