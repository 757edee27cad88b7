"""Snapshots of an RDS database exported to S3: the newest complete export, or the one that is named.

`<base>/<export>/<database>/<schema>.<table>/<n>/part-….gz.parquet`, with a `_SUCCESS` beside the parts. What is new is
told by the times in the manifests, never by names or times of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING

from havenlake.runtime.storage import FileInfo, list_files
from havenlake.sources import _parquet
from havenlake.sources._listing import check_files, decide_format, fingerprint, human_size, relative
from havenlake.sources._rds_choice import Chosen, choose, find_table, incomplete
from havenlake.sources._rds_manifest import ExportedTable
from havenlake.sources._rds_types import empty
from havenlake.sources._reading import Files, Reading
from havenlake.sources.contract import FileTable, SourceInput
from havenlake.sources.folder import listed_again, unmarked

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class RdsExportSource:
    """Tables of one export. It is chosen once, so that all tables of a run come from the same snapshot."""

    def __init__(self, spark: SparkSession, base: str, job_input: SourceInput) -> None:
        self._spark = spark
        self._base = base
        self._place = str(job_input.load_base_path).rstrip("/")
        self._wanted = job_input.export
        self._lock = Lock()
        self._chosen: Chosen | None = None

    def table(self, name: str) -> FileTable:
        """The table of this name: `table`, `schema.table` or `database.schema.table`."""
        chosen = self._choose()
        found = find_table(chosen, name, self._place)
        root = "/".join(part for part in (self._base, chosen.export.folder, found.folder) if part)
        files = listed_again(self._spark, root)
        self._check_complete(found, files, root, name)
        reading = self._read(name, root, files, found)
        return FileTable(
            name=name,
            frame=reading.frame,
            description=self._describe(chosen, found, files),
            position=fingerprint(files, root, of=f"{chosen.export.identifier}/{found.folder}"),
            files=tuple(files),
            listing=partial(listed_again, self._spark, root),
            with_positions=reading.with_positions,
        )

    def tables(self) -> tuple[str, ...]:
        """Names of all tables of the export, with their schema where two share a name."""
        tables = self._choose().tables
        short = [t.table for t in tables]
        return tuple(sorted(t.names[0 if short.count(t.table) == 1 else 1] for t in tables))

    def not_synthetic(self) -> str | None:
        """None when the folder of exports holds the marker of invented data."""
        return unmarked(self._spark, self._base)

    def close(self) -> None:
        """Nothing is held."""

    def _choose(self) -> Chosen:
        with self._lock:  # tables are read by several threads
            if self._chosen is None:
                self._chosen = choose(self._spark, self._base, self._place, self._wanted)
            return self._chosen

    def _describe(self, chosen: Chosen, found: ExportedTable, files: Sequence[FileInfo]) -> str:
        size = human_size(sum(f.size for f in files))
        skipped = "".join(f"; skipped export {item.identifier}: {item.why}" for item in chosen.skipped)
        export = chosen.export.identifier
        return f"RDS export {export} in {self._place}, {found.folder}, {len(files)} file(s), {size}{skipped}"

    def _check_complete(self, found: ExportedTable, files: Sequence[FileInfo], root: str, name: str) -> None:
        why = found.why
        if why is None and not _exists(self._spark, f"{root}/_SUCCESS"):
            folders = {str(PurePosixPath(relative(f.path, root)).parent) for f in files} or {"1"}
            unfinished = sorted(f for f in folders if not _exists(self._spark, f"{root}/{f}/_SUCCESS"))
            why = f"there is no _SUCCESS in '{found.folder}/{unfinished[0]}'" if unfinished else None
        if why is not None:
            raise incomplete(f"table '{found.names[1]}' of the export is incomplete: {why}", f"table '{name}'")

    def _read(self, name: str, root: str, files: Sequence[FileInfo], found: ExportedTable) -> Reading:
        if not files:
            return empty(self._spark, found.columns, name)
        check_files(files, root, name)
        decide_format("parquet", [relative(f.path, root) for f in files], name)
        return _parquet.read(Files(self._spark, name, root, files))


def _exists(spark: SparkSession, path: str) -> bool:
    try:
        list_files(spark, path)
    except FileNotFoundError:
        return False
    return True
