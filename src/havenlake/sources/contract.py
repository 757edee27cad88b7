"""What every source gives: tables as lazy frames, with a fingerprint of the files behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo
from havenlake.sources._listing import changed_files

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

POSITION = "_source_position"


@dataclass(frozen=True)
class SourceTable:
    """One table of a source as it was listed: nothing is read before an action on `frame`.

    `frame` holds all source columns and nothing else; `position` is a fingerprint of the files it reads.
    """

    name: str
    frame: DataFrame
    description: str
    position: str
    files: tuple[FileInfo, ...]
    listing: Callable[[], Sequence[FileInfo]] = field(repr=False, compare=False)
    with_positions: Callable[[], DataFrame] = field(repr=False, compare=False)

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


class Source(Protocol):
    """A place that holds tables."""

    def table(self, name: str) -> SourceTable:
        """The table of this name; raises a coded error when it is missing or cannot be read exactly."""

    def tables(self) -> tuple[str, ...]:
        """Names of all tables found, sorted."""


class SourceInput(Protocol):
    """The keys of a `job_input` that say where and how tables lie."""

    @property
    def load_base_path(self) -> str | None:
        """Landing folder or URL."""

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
