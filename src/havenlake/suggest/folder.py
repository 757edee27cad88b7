"""Samples of export folders: `<base>/<table>/…` with parquet, CSV or JSON lines, as the folder source reads them."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo, list_files
from havenlake.sources._csv_header import BOM, HEADER_BYTES, header_of
from havenlake.sources._listing import check_files, decide_format, missing, relative, unreadable
from havenlake.suggest.sample import KEY_ROWS, Carries, KeyRows, Table, as_text, column_of

_PARTS = 8
"""The sample is taken from this many places of a table, not from its beginning alone."""
_BLOCK = 8 << 20
_LINES = 64 << 20

_ELSEWHERE = re.compile(r"^(?!file:)[A-Za-z][A-Za-z0-9+.-]+:|^/Volumes/")

Rows = list[dict[str, Any]]


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

    def _files(self, table: str) -> _Files:
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
        return _FORMATS[decide_format("auto", [relative(f.path, root) for f in infos], table)](table, root, infos)


def _spread(infos: Sequence[FileInfo]) -> Sequence[FileInfo]:
    return infos[:: max(1, -(-len(infos) // _PARTS))]


@dataclass(frozen=True)
class _Files:
    """The files of one table in one format."""

    table: str
    root: str
    infos: Sequence[FileInfo]

    def types(self) -> dict[str, tuple[Carries, str]]:
        """Columns that are known without reading rows; all else is text."""
        return {}

    def sample(self, info: FileInfo, rows: int) -> Rows:
        """Some rows of a file."""
        return list(itertools.islice(self._rows(info), rows))

    def scan(self, info: FileInfo, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
        """All rows of a file, of these columns."""
        for row in self._rows(info, columns):
            yield tuple(as_text(row.get(name)) for name in columns)

    def _rows(self, info: FileInfo, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Rows from the first on, of these columns at least."""
        raise NotImplementedError

    def _bad(self, info: FileInfo, why: str) -> HavenlakeError:
        return unreadable(relative(info.path, self.root), why, self.table)


class _Parquet(_Files):
    def types(self) -> dict[str, tuple[Carries, str]]:
        found: dict[str, tuple[Carries, str]] = {}
        for info in self.infos:
            for field in self._open(info).schema_arrow:
                if found.get(field.name, ("other",))[0] == "other":  # a column without a type yet
                    found[field.name] = (_carries(field.type), str(field.type))
        return found

    def sample(self, info: FileInfo, rows: int) -> Rows:
        file = self._open(info)
        groups = range(0, file.num_row_groups, max(1, -(-file.num_row_groups // _PARTS)))
        per_group = max(1, rows // max(1, len(groups)))
        return [row for group in groups for row in self._group(info, file, group, per_group)]

    def _group(self, info: FileInfo, file: pq.ParquetFile, group: int, rows: int) -> Rows:
        try:
            batch = next(file.iter_batches(rows, row_groups=[group]), None)
        except (pa.ArrowException, OSError):
            raise self._bad(info, "its content is damaged") from None
        found: Rows = batch.to_pylist() if batch is not None else []
        return found

    def _rows(self, info: FileInfo, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        file = self._open(info)
        there = [name for name in file.schema_arrow.names if columns is None or name in columns]
        try:
            for batch in file.iter_batches(10_000, columns=there):
                yield from batch.to_pylist()
        except (pa.ArrowException, OSError):
            raise self._bad(info, "its content is damaged") from None

    def _open(self, info: FileInfo) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(info.path)
        except (pa.ArrowException, OSError):
            raise self._bad(info, "it is no complete parquet file") from None


class _Csv(_Files):
    def types(self) -> dict[str, tuple[Carries, str]]:
        return {name: ("text", "text") for info in self.infos for name in self._header(info)}

    def _header(self, info: FileInfo) -> list[str]:
        try:
            with pa.input_stream(info.path, compression="detect") as stream:
                return header_of(stream.read(HEADER_BYTES))
        except (UnicodeDecodeError, ValueError, csv.Error, OSError):
            raise self._bad(info, "it has no header in UTF-8") from None

    def _rows(self, info: FileInfo, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        names = self._header(info)
        there = [name for name in names if columns is None or name in columns]
        read = pacsv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names, skip_rows_after_names=1)
        parse = pacsv.ParseOptions(newlines_in_values=True)
        kinds = dict.fromkeys(names, pa.string())
        texts = pacsv.ConvertOptions(column_types=kinds, strings_can_be_null=True, include_columns=there)
        try:
            with pa.input_stream(info.path, compression="detect") as stream:
                for batch in pacsv.open_csv(stream, read_options=read, parse_options=parse, convert_options=texts):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError):
            raise self._bad(info, "it is not CSV as RFC 4180 says, in UTF-8") from None


class _JsonLines(_Files):
    def _rows(self, info: FileInfo, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:  # noqa: ARG002
        opener: Callable[..., Any] = gzip.open if info.path.lower().endswith(".gz") else open
        try:
            with opener(info.path, "rb") as file:
                while line := file.readline(_LINES):
                    if line.strip():
                        yield _record(line.removeprefix(BOM))
        except (ValueError, RecursionError, OSError, EOFError):
            raise self._bad(info, "a line is not one complete JSON object in UTF-8") from None


def _record(line: bytes) -> dict[str, Any]:
    """One object; numbers keep the text they have, lists and objects are text too, as in the load."""
    found = json.loads(line.decode("utf-8"), parse_int=str, parse_float=str)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  # told with the other faults of a line
    return {name: json.dumps(v, ensure_ascii=False) if isinstance(v, (list, dict)) else v for name, v in found.items()}


_FORMATS: dict[str, type[_Files]] = {"parquet": _Parquet, "csv": _Csv, "jsonl": _JsonLines}


def _carries(kind: pa.DataType) -> Carries:
    """What a parquet type can hold."""
    checks: tuple[tuple[Callable[[pa.DataType], bool], Carries], ...] = (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "whole"),
        (pa.types.is_floating, "number"),
        (pa.types.is_decimal, "number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "instant"),
        (pa.types.is_time, "other"),
        (pa.types.is_null, "other"),
        (pa.types.is_string, "text"),
        (pa.types.is_large_string, "text"),
        (pa.types.is_dictionary, "text"),
    )
    for check, carries in checks:
        if check(kind):
            return carries
    if pa.types.is_list(kind) and _carries(kind.value_type) == "text":
        return "list"
    return "json" if pa.types.is_nested(kind) else "binary"
