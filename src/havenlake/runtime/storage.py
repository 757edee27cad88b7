"""Places: where landing files, tables and staged changes lie, on a laptop and on Databricks.

With a warehouse folder everything is local: `s3://bucket/x` means `<warehouse>/landing/bucket/x`, so that the
configuration of production runs unchanged. Without one, remote places stay what they are.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from havenlake.errors import HavenlakeError
from havenlake.names import TableName

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_REMOTE = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*):/+(?P<rest>.*)$", re.IGNORECASE)
_VOLUME = re.compile(r"^(?:dbfs:/+|/)(?P<rest>Volumes/.*)$")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, order=True)
class FileInfo:
    """A file of a source: path as Spark reads it, bytes, and time of the last change (UTC)."""

    path: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Storage:
    """Resolves the places that a configuration names. `staging_root` is a remote folder for staged changes."""

    warehouse: Path | None
    project_root: Path
    staging_root: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether tables lie in a warehouse folder of this machine."""
        return self.warehouse is not None

    def resolve(self, place: str) -> str:
        """The path to read or write for a place: a URL, a Volume, or a path relative to the project.

        >>> local = Storage(Path("/w"), Path("/project"))
        >>> local.resolve("s3://bucket/export/"), local.resolve("dbfs:/Volumes/c/s/v"), local.resolve("data")
        ('/w/landing/bucket/export', '/w/landing/Volumes/c/s/v', '/project/data')
        """
        if place.startswith("file:"):
            return str(PurePosixPath("/" + place.removeprefix("file:").lstrip("/")))
        volume, remote = _VOLUME.match(place), _REMOTE.match(place)
        found = volume or remote
        if not found:
            return str(self.project_root / Path(place).expanduser())
        parts = PurePosixPath(found["rest"]).parts
        if ".." in parts:
            hint = "write the path without '..'"
            raise HavenlakeError("HL-CFG-004", f"'{place}' climbs out of its bucket", hint=hint)
        if self.warehouse is not None:
            return str(self.warehouse.absolute().joinpath("landing", *parts))
        return "/" + volume["rest"].rstrip("/") if volume else place.rstrip("/")

    def table_location(self, table: TableName) -> str | None:
        """The folder of a local table; None where a catalog decides."""
        if self.warehouse is None:
            return None
        return str(self.warehouse.absolute() / table.catalog / table.schema / table.table)

    def staging(self, run_id: str, table: TableName) -> str | None:
        """The folder for one table's staged changes in one run; None where there is no staging place."""
        run = self.staging_of_run(run_id)
        return f"{run}/{_UNSAFE.sub('_', str(table))}" if run else None

    def staging_of_run(self, run_id: str) -> str | None:
        """The folder of all staged changes of one run."""
        root = self.staging_root if self.warehouse is None else str(self.warehouse.absolute() / "_staging")
        return f"{root.rstrip('/')}/{_UNSAFE.sub('_', run_id)}" if root else None


def list_files(spark: SparkSession | None, path: str) -> list[FileInfo]:
    """All files below a folder (or the file itself), sorted; hidden ones (`_x`, `.x`) are left out.

    Raises FileNotFoundError when there is no such folder. A path on this machine needs no Spark.
    """
    if _is_local(path):
        return _list_local(Path(path))
    frame = _reader(spark, path, "binaryFile", recursiveFileLookup="true").select("path", "length", "modificationTime")
    return sorted(FileInfo(file, size, changed.astimezone(UTC)) for file, size, changed in _collect(frame, path))


def read_text(spark: SparkSession | None, path: str) -> str:
    """The text of one UTF-8 file; raises FileNotFoundError when it is missing."""
    if _is_local(path):
        return Path(path).read_text(encoding="utf-8")
    rows = _collect(_reader(spark, path, "text", wholetext="true").select("value"), path)
    return str(rows[0][0]) if rows else ""


def remove(path: str, dbutils: object | None = None) -> bool:
    """Remove a staging folder; False when nothing here can (a remote place without `dbutils`) and it stays."""
    if _is_local(path):
        shutil.rmtree(path, ignore_errors=True)
        return not Path(path).exists()
    if dbutils is None:
        return False
    dbutils.fs.rm(path, recurse=True)  # type: ignore[attr-defined]
    return True


def _is_local(path: str) -> bool:
    return not _REMOTE.match(path) and not _VOLUME.match(path)


def _list_local(root: Path) -> list[FileInfo]:
    if root.is_file():
        return [_file_info(root)]
    if not root.is_dir():
        raise FileNotFoundError(str(root))
    found = (f for f in root.rglob("*") if f.is_file())
    return sorted(_file_info(f) for f in found if not any(p[0] in "._" for p in f.relative_to(root).parts))


def _file_info(file: Path) -> FileInfo:
    state = file.stat()
    return FileInfo(str(file), state.st_size, datetime.fromtimestamp(state.st_mtime, UTC))


def _reader(spark: SparkSession | None, path: str, source: str, **options: str) -> DataFrame:
    from pyspark.errors import AnalysisException

    if spark is None:
        raise ValueError(f"{path} is remote and needs a Spark session")
    try:
        return spark.read.format(source).options(**options).load(path)
    except AnalysisException as error:
        raise _missing(error, path) from None


def _collect(frame: DataFrame, path: str) -> list[tuple[Any, ...]]:
    from pyspark.errors import AnalysisException

    try:
        return [tuple(row) for row in frame.collect()]
    except AnalysisException as error:  # Spark Connect looks at the path only now
        raise _missing(error, path) from None


def _missing(error: Exception, path: str) -> Exception:
    return FileNotFoundError(path) if "PATH_NOT_FOUND" in str(error) else error
