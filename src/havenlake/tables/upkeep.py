"""What keeps a Delta table fast and small, as SQL text: compaction, purge of deletion vectors, vacuum, history.

Every step is one Delta commit that changes no row (`vacuum` removes files that no kept version needs), so any of them
can be cut short and done again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Mapping

    from havenlake.names import TableName
    from havenlake.tables.store import Commit, DeltaStore

KEEP_FILES = "delta.deletedFileRetentionDuration"
KEEP_LOG = "delta.logRetentionDuration"
OURS = "havenlake.keepHistory"
"""Records which value of `KEEP_FILES` was set here: another one is somebody's own wish and is only ever raised."""
_DEFAULT_FILES, _DEFAULT_LOG = timedelta(days=7), timedelta(days=30)
_INTERVAL = re.compile(r"(?:interval\s+)?(\d+)\s+(second|minute|hour|day|week)s?", re.IGNORECASE)
_CARRY_NO_ROWS = re.compile(r"OPTIMIZE|REORG|VACUUM (START|END)|(UN)?SET TBLPROPERTIES|(ADD|CHANGE) COLUMNS?")


@dataclass(frozen=True)
class Census:
    """The data files of a table's newest version. `dead` are rows that deletion vectors hide, at least so many."""

    files: int = 0
    small: int = 0
    rows: int = 0
    dead: int = 0

    @property
    def dead_share(self) -> float:
        """Part of the stored rows that is hidden, 0 to 1."""
        return self.dead / (self.rows + self.dead) if self.dead else 0.0


def census(store: DeltaStore, name: TableName, small_bytes: int) -> Census:
    """Count files and rows by Spark's file metadata; reads no column.

    What a deletion vector hides is seen by gaps in the rows' positions, which only tables with such vectors have.
    """
    rows = store.read(name)
    known = rows.select("_metadata").schema["_metadata"].dataType.fieldNames()  # type: ignore[attr-defined]  # a struct
    numbered = "row_index" in known
    stored = F.max("_metadata.row_index") + 1 if numbered else F.count(F.lit(1))
    files = rows.groupBy("_metadata.file_path", "_metadata.file_size").agg(
        F.count(F.lit(1)).alias("live"), stored.alias("stored")
    )
    found = files.agg(
        F.count(F.lit(1)),
        F.count_if(F.col("file_size") < small_bytes),
        F.coalesce(F.sum("live"), F.lit(0)),
        F.coalesce(F.sum(F.col("stored") - F.col("live")), F.lit(0)),
    ).collect()[0]
    return Census(*(int(n) for n in found))


def compact(store: DeltaStore, name: TableName) -> None:
    """Write small files together."""
    store.execute(f"OPTIMIZE {store.ref(name)}")


def purge(store: DeltaStore, name: TableName) -> None:
    """Write files without the rows that their deletion vectors hide."""
    store.execute(f"REORG TABLE {store.ref(name)} APPLY (PURGE)")


def removable(store: DeltaStore, name: TableName) -> int:
    """Files that `vacuum` would remove now; a dry run lists folders too, which it would not."""
    paths = (row["path"] for row in store.execute(f"VACUUM {store.ref(name)} DRY RUN"))
    return sum(path.rsplit("/", 1)[-1] != "_change_data" for path in paths)


def vacuum(store: DeltaStore, name: TableName) -> None:
    """Remove the files that only versions older than the table's own retention need."""
    store.execute(f"VACUUM {store.ref(name)}")


def carries_rows(commit: Commit) -> bool:
    """Whether a reader of the change feed has something to read in a commit; unknown operations count as such."""
    return not _CARRY_NO_ROWS.fullmatch(commit.operation)


def history_properties(properties: Mapping[str, str], keep: timedelta) -> dict[str, str]:
    """What must be set so that `keep` of history stays readable; a longer promise made by others is kept."""
    wanted: dict[str, str] = {}
    given, ours = properties.get(KEEP_FILES), properties.get(OURS)
    present = parse_interval(given) if given else _DEFAULT_FILES
    free = given is None or given == ours
    if present is not None and (present < keep or (free and present > keep)):
        wanted |= {KEEP_FILES: interval(keep), OURS: interval(keep)}
    log = properties.get(KEEP_LOG)
    logged = parse_interval(log) if log else _DEFAULT_LOG
    if logged is not None and logged < keep:
        wanted[KEEP_LOG] = interval(keep)
    return wanted


def interval(length: timedelta) -> str:
    """A length of time as Delta's properties write it.

    >>> interval(timedelta(days=1))
    'interval 86400 seconds'
    """
    return f"interval {int(length.total_seconds())} seconds"


def parse_interval(text: str) -> timedelta | None:
    """The inverse, for the usual forms; None for others.

    >>> parse_interval("interval 1 week")
    datetime.timedelta(days=7)
    """
    found = _INTERVAL.fullmatch(text.strip())
    return timedelta(**{f"{found[2].lower()}s": int(found[1])}) if found else None
