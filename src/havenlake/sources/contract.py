"""What every source gives: tables as lazy frames that say where their rows come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo
from havenlake.sources._listing import changed_files
from havenlake.sources.errors import translate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from havenlake.config.jdbc import JdbcInput

POSITION = "_source_position"
T = TypeVar("T")


class SourceTable(Protocol):
    """One table of a source: nothing is read before an action on `frame`."""

    @property
    def name(self) -> str:
        """Name of the table, as the job lists it."""

    @property
    def frame(self) -> DataFrame:
        """All source columns and nothing else."""

    @property
    def description(self) -> str:
        """What is read, for people."""

    @property
    def position(self) -> str:
        """What is read, for comparison: a fingerprint of files, an instant of a database."""

    @property
    def bytes(self) -> int:
        """About how much there is to read; 0 where that is not known."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What plan and record should tell beside it."""

    def verify_unchanged(self) -> None:
        """Raise HL-SRC-004 when the source changed since the table was opened, another code when it is gone."""

    def positions(self) -> DataFrame:
        """`frame` plus `_source_position`: where each row lies, never what is in it."""

    def read(self, action: Callable[[], T]) -> T:
        """Run an action that reads rows. Failures of reading are told by code; what can pass is tried again."""


@dataclass(frozen=True)
class FileTable:
    """One table of a source of files, as it was listed; see `SourceTable`. `position` is a fingerprint of `files`."""

    name: str
    frame: DataFrame
    description: str
    position: str
    files: tuple[FileInfo, ...]
    listing: Callable[[], Sequence[FileInfo]] = field(repr=False, compare=False)
    with_positions: Callable[[], DataFrame] = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size for file in self.files)

    def verify_unchanged(self) -> None:
        """List the files again; raise HL-SRC-004 when any was added, removed or rewritten since."""
        changed = changed_files(self.files, self.listing())
        if changed:
            names = ", ".join(changed[:3]) + (" …" if changed[3:] else "")
            raise HavenlakeError(
                "HL-SRC-004",
                f"{len(changed)} file(s) changed while table '{self.name}' was read: {names}",
                hint="run again when nothing writes into the landing folder any more",
            )

    def positions(self) -> DataFrame:
        """`frame` plus `_source_position`: the file of each row, and its number there where the format has one."""
        return self.with_positions()

    def read(self, action: Callable[[], T]) -> T:
        """Run an action that reads rows; a failure of the engine is told by the file it came from."""
        from pyspark.errors import PySparkException  # listings of files are read without Spark too

        try:
            return action()
        except PySparkException as error:
            raise translate(error, self.name, self) from None


class Source(Protocol):
    """A place that holds tables."""

    def table(self, name: str) -> SourceTable:
        """The table of this name; raises a coded error when it is missing or cannot be read exactly."""

    def tables(self) -> tuple[str, ...]:
        """Names of all tables found, sorted."""

    def not_synthetic(self) -> str | None:
        """Why the place does not count as one of invented rows only; None when it says that it is one."""

    def close(self) -> None:
        """Let go of what is held while tables are read."""


class SourceInput(Protocol):
    """The keys of a `job_input` that say where and how tables lie."""

    @property
    def load_base_path(self) -> str | None:
        """Landing folder or URL."""

    @property
    def jdbc(self) -> JdbcInput | None:
        """A database, instead of a landing place."""

    @property
    def format(self) -> str:
        """`auto`, `parquet`, `csv` or `jsonl`."""

    @property
    def layout(self) -> str:
        """`folders` or `rds_export`."""

    @property
    def export(self) -> str | None:
        """Identifier of one RDS export; None for the newest complete one."""


class StorageLike(Protocol):
    """The one ability of `Storage` that sources need."""

    def resolve(self, place: str) -> str:
        """The path to read for a place named by the configuration."""
