"""The manifests of RDS snapshot exports: which exports there are, whether they are complete, what tables they hold.

Amazon writes `<id>/export_info_<id>.json` (one object about the export) and
`<id>/export_tables_info_<id>_from_<a>_to_<b>.json` (`perTableStatus`: a list with an entry for each table).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

INFO = re.compile(r"(?:^|/)export_info_(?P<id>[^/]+)\.json$")
_TABLES_INFO = re.compile(r"(?:^|/)export_tables_info_(?P<id>[^/]+)_from_(?P<first>\d+)_to_(?P<last>\d+)\.json$")
_COMPLETE = "COMPLETE"
_ALL = 100
_REPLACED = str.maketrans(dict.fromkeys('\\`" ', "_"))
"""Characters that Amazon writes as underscores in paths."""


@dataclass(frozen=True)
class Export:
    """One export: its identifier, folder, and the times that tell which is newer."""

    identifier: str
    folder: str
    taken: datetime
    ended: datetime


@dataclass(frozen=True)
class Incomplete:
    """An export that must not be read, and why."""

    identifier: str
    folder: str
    why: str


@dataclass(frozen=True)
class ExportedTable:
    """One table of an export. `why` says what is incomplete about it; `columns` are name and exported type."""

    database: str
    schema: str
    table: str
    columns: tuple[tuple[str, str], ...]
    why: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """How the table may be called, the shortest name first."""
        return self.table, f"{self.schema}.{self.table}", f"{self.database}.{self.schema}.{self.table}"

    @property
    def folder(self) -> str:
        """The folder below the export's own."""
        return f"{self.database}/{self.schema}.{self.table}".translate(_REPLACED)


def read_info(text: str, identifier: str, folder: str) -> Export | Incomplete:
    """An export by its `export_info` file."""
    try:
        info = json.loads(text)
        status, progress = str(info["status"]), info.get("percentProgress", _ALL)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Incomplete(identifier, folder, "its manifest cannot be read")
    name = str(info.get("exportTaskIdentifier") or identifier)
    if status.upper() != _COMPLETE:
        return Incomplete(name, folder, f"its status is {status}")
    if progress != _ALL:
        return Incomplete(name, folder, f"it is {progress} % done")
    try:
        ended = _time(info["taskEndTime"])
        taken = _time(info.get("snapshotTime") or info.get("taskStartTime") or info["taskEndTime"])
    except (ValueError, KeyError):
        return Incomplete(name, folder, "its manifest does not say when it was taken")
    return Export(name, folder, taken, ended)


def tables_files(names: Sequence[str]) -> tuple[list[str], str | None]:
    """The files that list the tables, in order, and what is missing among them."""
    found = sorted((int(m["first"]), int(m["last"]), name) for name in names if (m := _TABLES_INFO.search(name)))
    expected = 1
    for first, last, name in found:
        if first != expected:
            return [], f"the manifest of tables {expected} to {first - 1} is missing before '{name}'"
        expected = last + 1
    return [name for _, _, name in found], None if found else "the manifest of its tables is missing"


def read_tables(text: str) -> list[ExportedTable]:
    """The tables of one `export_tables_info` file; raises ValueError when it has another form."""
    try:
        entries = json.loads(text)["perTableStatus"]
        return [_table(entry) for entry in entries if str(entry["target"]).count(".") >= 1]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a list of exported tables") from error


def _table(entry: Mapping[str, Any]) -> ExportedTable:
    database, _, rest = str(entry["target"]).partition(".")
    schema, dot, table = rest.partition(".")
    mappings = (entry.get("schemaMetadata") or {}).get("originalTypeMappings") or ()
    columns = tuple((str(c["columnName"]), str(c["expectedExportedType"])) for c in mappings)
    return ExportedTable(database, schema if dot else database, table if dot else rest, columns, _missing(entry))


def _missing(entry: Mapping[str, Any]) -> str | None:
    status = str(entry.get("status"))
    if status.upper() != _COMPLETE:
        return f"its status is {status}"
    statistics = entry.get("tableStatistics") or entry.get("TableStatistics") or {}
    parts = statistics.get("partitioningInfo") or {}
    done, of = parts.get("numberOfCompletedPartitions"), parts.get("numberOfPartitions")
    return f"{done} of {of} partitions are exported" if done != of else None


def _time(value: object) -> datetime:
    """A time of a manifest: ISO 8601, or as Java writes it (`Mar 2, 2020 6:26:28 PM`)."""
    text = str(value).replace("\u202f", " ")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.strptime(text, "%b %d, %Y %I:%M:%S %p")  # noqa: DTZ007  # the zone is UTC, see below
    return found if found.tzinfo else found.replace(tzinfo=UTC)
