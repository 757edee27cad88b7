"""Samples of export folders: `<base>/<table>/…` with parquet, CSV or JSON lines, as the folder source reads them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo, list_files
from havenlake.sources._listing import check_files, decide_format, missing, relative
from havenlake.suggest.files import FORMATS, TableFiles
from havenlake.suggest.sample import KEY_ROWS, KeyRows, Table, column_of

_PARTS = 8
"""The sample is taken from this many places of a table, not from its beginning alone."""

_ELSEWHERE = re.compile(r"^(?!file:)[A-Za-z][A-Za-z0-9+.-]+:|^/Volumes/")


@dataclass(frozen=True)
class FolderTables:
    """A folder of exports on this machine; `rows` bounds the sample of each table."""

    base: Path
    rows: int = 1_000

    @classmethod
    def at(cls, place: str, rows: int = 1_000) -> FolderTables:
        """The folder of this name; HL-SRC-001 for one that does not lie on this machine."""
        if _ELSEWHERE.match(place):
            hint = "copy a few files of each table to a folder here"
            raise HavenlakeError("HL-SRC-001", f"'{place}' is not on this machine", where=place, hint=hint)
        return cls(Path(place.removeprefix("file:")), rows)

    @property
    def place(self) -> str:
        """The folder as it was named."""
        return str(self.base)

    def names(self) -> tuple[str, ...]:
        """Folders that hold files; HL-SRC-001 when there is no such folder."""
        try:
            files = list_files(None, str(self.base))
        except FileNotFoundError:
            raise HavenlakeError(
                "HL-SRC-001", f"folder '{self.base}' does not exist", where=self.place, hint="name an export folder"
            ) from None
        below = (relative(f.path, str(self.base)) for f in files)
        return tuple(sorted({name.partition("/")[0] for name in below if "/" in name}))

    def read(self, table: str) -> Table:
        """A sample from several places of the table's files."""
        files = self._files(table)
        per_file = max(1, self.rows // min(_PARTS, len(files.infos)))
        rows = [row for info in _spread(files.infos) for row in files.sample(info, per_file)][: self.rows]
        types = files.types()
        names = dict.fromkeys((*types, *(name for row in rows for name in row)))
        columns = (column_of(n, *types.get(n, ("text", "text")), [row.get(n) for row in rows]) for n in names)
        return Table(table, tuple(columns), len(rows))

    def key_rows(self, table: str, columns: Sequence[str]) -> KeyRows:
        """Values of some columns from the first files on."""
        files = self._files(table)
        everything = (row for info in files.infos for row in files.scan(info, columns))
        found = tuple(itertools.islice(everything, KEY_ROWS + 1))
        return KeyRows(found[:KEY_ROWS], whole=len(found) <= KEY_ROWS)

    def _files(self, table: str) -> TableFiles:
        root = str(self.base / table)
        try:
            infos = list_files(None, root)
        except FileNotFoundError:
            infos = []
        if not infos or [f.path for f in infos] == [root]:
            raise missing(f"there is no folder with files for table '{table}'", table, self.names(), table)
        if (self.base / table / "_delta_log").exists():
            raise HavenlakeError(
                "HL-SRC-005",
                f"'{table}' is a Delta table, whose files also hold removed rows",
                where=f"table '{table}'",
                hint="export its current rows as plain parquet",
            )
        check_files(infos, root, table)
        return FORMATS[decide_format("auto", [relative(f.path, root) for f in infos], table)](table, root, infos)


def _spread(infos: Sequence[FileInfo]) -> Sequence[FileInfo]:
    return infos[:: max(1, -(-len(infos) // _PARTS))]
