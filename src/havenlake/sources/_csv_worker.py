"""The parser of CSV files that runs in Python workers: RFC 4180 to the letter, or an error.

Spark's own reader cannot serve: it turns `""` into NULL, drops NUL characters, rewrites line breaks inside quotes
and replaces bytes that are not UTF-8. Here pyarrow parses, after one pass over the bytes has checked the quoting.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from havenlake.sources._csv_header import BOM, HEADER_BYTES, header_of
from havenlake.sources._listing import relative
from havenlake.sources._reading import local_path
from havenlake.sources.errors import worker_error

BLOCK = 64 << 20
"""Bytes parsed at once, and so the longest record."""

_HANDED_OVER = 8 << 20
_FIELD = rb'(?:"(?:[^"]++|"")*+"|[^",\r\n]*+)'
_RFC_4180 = re.compile(rb"(?:" + _FIELD + rb"(?:,|\r\n|[\r\n]|\Z))*+")


@dataclass(frozen=True)
class CsvParser:
    """Turns files into rows: a column that a file lacks is NULL; with `positions` each row says its file and record.

    `headers` holds the header of each file by its name below `root`, as it was when the files were listed.
    """

    columns: tuple[str, ...]
    headers: Mapping[str, Sequence[str]]
    root: str
    positions: bool

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Parse the files of each batch: columns `path`, and `content` unless the worker can open the path."""
        for batch in batches:
            contents = batch["content"] if "content" in batch.schema.names else None
            for i, path in enumerate(batch["path"].to_pylist()):
                yield from self._parse(path, None if contents is None else contents[i].as_py())

    def _parse(self, path: str, content: bytes | None) -> Iterator[pa.RecordBatch]:
        name = relative(path, self.root)
        data = _data(name, path, content)
        header = self.headers.get(name)
        if header is None or _header(name, data) != list(header):
            raise worker_error(name, "header")
        _check_quotes(name, data)
        done = 0
        for batch in _batches(data, header, name):
            for part in _slices(batch):
                yield self._aligned(part, header, name, done)
                done += part.num_rows

    def _aligned(self, batch: pa.RecordBatch, header: Sequence[str], name: str, done: int) -> pa.RecordBatch:
        place = {column: i for i, column in enumerate(header)}
        missing = pa.nulls(batch.num_rows, pa.string())
        arrays = [batch.column(place[c]) if c in place else missing for c in self.columns]
        names = list(self.columns)
        if self.positions:
            records = pa.array(range(done + 1, done + 1 + batch.num_rows), pa.int64()).cast(pa.string())
            arrays.append(pc.binary_join_element_wise(name, records, "#"))
            names.append("_source_position")
        return pa.RecordBatch.from_arrays(arrays, names)


def _data(name: str, path: str, content: bytes | None) -> pa.Buffer:
    """The text of a file: from its path where the worker shares the driver's disk, else from its content."""
    try:
        data = pa.py_buffer(content) if content is not None else pa.memory_map(str(local_path(path))).read_buffer()
        if name.lower().endswith(".gz"):
            data = pa.py_buffer(gzip.decompress(data))
    except (EOFError, zlib.error, OSError):
        raise worker_error(name, "content") from None
    return data[len(BOM) :] if data[: len(BOM)].to_pybytes() == BOM else data


def _header(name: str, data: pa.Buffer) -> list[str]:
    try:
        return header_of(data[:HEADER_BYTES].to_pybytes())
    except UnicodeDecodeError:
        raise worker_error(name, "encoding") from None
    except ValueError:
        raise worker_error(name, "header") from None


def _check_quotes(name: str, data: pa.Buffer) -> None:
    checked = _RFC_4180.match(data)
    end = checked.end() if checked else 0
    if end != data.size:  # the record number is exact where no value before holds a line break
        raise worker_error(name, "quotes", max(1, data[:end].to_pybytes().count(b"\n")))


def _batches(data: pa.Buffer, header: Sequence[str], name: str) -> Iterator[pa.RecordBatch]:
    if data.size < HEADER_BYTES and data[-1:].to_pybytes() not in (b"\n", b"\r"):
        data = pa.py_buffer(data.to_pybytes() + b"\n")  # pyarrow does not take a header without a line end
    columns = [str(i) for i in range(len(header))]
    read = csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=columns, skip_rows_after_names=1)
    # an empty line is a NULL in a table of one column, and nothing in a wider one
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(columns) > 1)
    convert = csv.ConvertOptions(
        check_utf8=True,
        column_types=dict.fromkeys(columns, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    try:
        yield from csv.open_csv(pa.BufferReader(data), read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid as error:
        raise worker_error(name, *_told(str(error))) from None


def _told(message: str) -> tuple[str, int | None]:
    """What pyarrow means, without the row that it quotes; its rows count from the header."""
    row = re.search(r"Row #(\d+)", message)
    record = int(row[1]) - 1 if row else None
    if "UTF8" in message:
        return "encoding", record
    return ("fields", record) if "Expected" in message else ("size", record)


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, batch.num_rows * _HANDED_OVER // max(1, batch.nbytes))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)
