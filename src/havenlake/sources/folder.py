"""A folder for each table below one base folder, with parquet, CSV or JSON lines files in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo, list_files
from havenlake.sources import _csv, _json_lines, _parquet
from havenlake.sources._listing import (
    Format,
    check_files,
    decide_format,
    fingerprint,
    human_size,
    missing,
    relative,
)
from havenlake.sources._reading import Files, Reading
from havenlake.sources.contract import FileTable, SourceInput

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SYNTHETIC_MARKER = "SYNTHETIC.json"
READERS: Mapping[Format, Callable[[Files], Reading]] = {
    "parquet": _parquet.read,
    "csv": _csv.read,
    "jsonl": _json_lines.read,
}


class FolderSource:
    """Tables as folders: `<base>/<table>/…`. Files and folders named `_x` or `.x` are no data."""

    def __init__(self, spark: SparkSession, base: str, job_input: SourceInput) -> None:
        self._spark = spark
        self._base = base
        self._place = str(job_input.load_base_path).rstrip("/")
        self._format = job_input.format

    def table(self, name: str) -> FileTable:
        """The table in the folder of this name."""
        root = f"{self._base}/{name}"
        files = self._listed(name, root)
        check_files(files, root, name)
        form = decide_format(self._format, [relative(f.path, root) for f in files], name)
        if form == "parquet":
            self._refuse_delta(name, root)
        reading = READERS[form](Files(self._spark, name, root, files))
        size = human_size(sum(f.size for f in files))
        return FileTable(
            name=name,
            frame=reading.frame,
            description=f"{form} folder {self._place}/{name}, {len(files)} file(s), {size}",
            position=fingerprint(files, root),
            files=tuple(files),
            listing=partial(listed_again, self._spark, root),
            with_positions=reading.with_positions,
        )

    def tables(self) -> tuple[str, ...]:
        """Names of the folders that hold files."""
        try:
            files = list_files(self._spark, self._base)
        except FileNotFoundError:
            place = self._place
            raise HavenlakeError("HL-SRC-001", f"landing folder '{place}' does not exist", where=place) from None
        names = (relative(f.path, self._base) for f in files)
        return tuple(sorted({name.partition("/")[0] for name in names if "/" in name}))

    def not_synthetic(self) -> str | None:
        """None when the folder holds the marker of invented data."""
        return unmarked(self._spark, self._base)

    def close(self) -> None:
        """Nothing is held."""

    def _listed(self, name: str, root: str) -> Sequence[FileInfo]:
        try:
            files = list_files(self._spark, root)
        except FileNotFoundError:
            files = []
        if not files or [f.path for f in files] == [root]:  # a file lies where the folder should be
            what = f"there is no folder with files for table '{name}' in '{self._place}'"
            raise missing(what, name, self.tables(), name)
        return files

    def _refuse_delta(self, name: str, root: str) -> None:
        try:
            list_files(self._spark, f"{root}/_delta_log")
        except FileNotFoundError:
            return
        raise HavenlakeError(
            "HL-SRC-005",
            f"'{self._place}/{name}' is a Delta table, whose files also hold removed rows",
            where=f"table '{name}'",
            hint="export its current rows as plain parquet",
        )


def unmarked(spark: SparkSession, base: str) -> str | None:
    """Why a landing folder does not count as synthetic; None when it holds the marker."""
    return None if listed_again(spark, f"{base}/{SYNTHETIC_MARKER}") else f"{base} holds no {SYNTHETIC_MARKER}"


def listed_again(spark: SparkSession, root: str) -> Sequence[FileInfo]:
    """The files there now; none when the folder is gone."""
    try:
        return list_files(spark, root)
    except FileNotFoundError:
        return []
