"""Rows of the files of one table: parquet, CSV (RFC 4180) and JSON lines, by the conventions of the folder source."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from havenlake.errors import HavenlakeError
from havenlake.runtime.storage import FileInfo
from havenlake.sources._csv_header import BOM, HEADER_BYTES, header_of
from havenlake.sources._listing import relative, unreadable
from havenlake.suggest.sample import Carries, as_text

_GROUPS = 8
"""The sample of a parquet file is taken from this many of its row groups."""
_BLOCK = 8 << 20
_LINES = 64 << 20

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class TableFiles:
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


class _Parquet(TableFiles):
    def types(self) -> dict[str, tuple[Carries, str]]:
        found: dict[str, tuple[Carries, str]] = {}
        for info in self.infos:
            for field in self._open(info).schema_arrow:
                if found.get(field.name, ("other",))[0] == "other":  # a column without a type yet
                    found[field.name] = (_carries(field.type), str(field.type))
        return found

    def sample(self, info: FileInfo, rows: int) -> Rows:
        file = self._open(info)
        groups = range(0, file.num_row_groups, max(1, -(-file.num_row_groups // _GROUPS)))
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


class _Csv(TableFiles):
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


class _JsonLines(TableFiles):
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


FORMATS: dict[str, type[TableFiles]] = {"parquet": _Parquet, "csv": _Csv, "jsonl": _JsonLines}


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
