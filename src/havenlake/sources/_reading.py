"""What the formats share: a lazy reading, paths as Spark takes them, options that make reading strict."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from havenlake.runtime.storage import FileInfo

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader, SparkSession

STRICT: dict[str, Any] = {"ignoreCorruptFiles": False, "ignoreMissingFiles": False, "mode": "FAILFAST"}
"""Reader options that override what a session may have switched on: a file that is skipped silently is lost."""

_MANY_PATHS = 32
"""Above this number of paths Spark starts a job only to list them; one folder costs none."""

_GLOB = re.compile(r"([\[\]{}*?\\])")
_NOT_LOCAL = re.compile(r"^(?!file:)[A-Za-z][A-Za-z0-9+.-]*:|^/Volumes/")


@dataclass(frozen=True)
class Reading:
    """A table read lazily: its rows, and the same rows with `_source_position`."""

    frame: DataFrame
    with_positions: Callable[[], DataFrame]


@dataclass(frozen=True)
class Files:
    """The files of one table below its folder, as a reader needs them."""

    spark: SparkSession
    table: str
    root: str
    infos: Sequence[FileInfo]

    @property
    def depth(self) -> int:
        """Folders below the root plus one: how many parts of a path name a file."""
        return max(name.count("/") for name in self.names) + 1

    @property
    def names(self) -> list[str]:
        """Names relative to the folder."""
        from havenlake.sources._listing import relative

        return [relative(info.path, self.root) for info in self.infos]

    def local(self) -> list[Path] | None:
        """The files as paths of this machine; None when they lie elsewhere."""
        paths = [local_path(info.path) for info in self.infos]
        found = [path for path in paths if path is not None and path.is_file()]
        return found if len(found) == len(paths) else None

    def reader(self, **options: Any) -> DataFrameReader:
        """A strict reader; it looks into subfolders whatever their names."""
        return self.spark.read.options(**STRICT, recursiveFileLookup=True, **options)

    def paths(self, infos: Sequence[FileInfo] | None = None) -> list[str]:
        """Paths for a reader: the files, or their folder when all of very many are wanted."""
        if infos is None and len(self.infos) > _MANY_PATHS:
            return [escaped(self.root)]
        return [escaped(info.path) for info in (self.infos if infos is None else infos)]


def local_path(path: str) -> Path | None:
    """The path on this machine that a listed path means, None for a remote one.

    A Databricks Volume counts as remote: workers of serverless compute do not see it as a folder.
    """
    if _NOT_LOCAL.match(path):
        return None
    return Path(str(PurePosixPath("/" + path.removeprefix("file:").lstrip("/"))) if path.startswith("file:") else path)


def escaped(path: str) -> str:
    r"""A path whose characters `[]{}*?\` mean themselves to Hadoop."""
    return _GLOB.sub(r"\\\1", path)
