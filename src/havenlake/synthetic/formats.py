"""Writes record batches as Parquet, CSV (RFC 4180) or JSON lines, one batch in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

_ISO = "%Y-%m-%dT%H:%M:%SZ"


def write_parquet(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, file: Path, compression: str = "snappy"
) -> None:
    """One row group per batch."""
    with pq.ParquetWriter(file, schema, compression=compression) as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema, file: Path) -> None:
    """A header, CRLF after each record; text is always quoted, so that '' and NULL (nothing at all) differ.

    Lists are JSON text, instants ISO 8601 in UTC with six digits of a second.
    """
    texts = pa.schema([pa.field(f.name, _csv_type(f.type)) for f in schema])
    options = pacsv.WriteOptions(eol="\r\n", quoting_style="needed")
    with pacsv.CSVWriter(str(file), texts, write_options=options) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays([_csv_values(a) for a in batch.columns], schema=texts))


def write_jsonl(batches: Iterable[pa.RecordBatch], schema: pa.Schema, file: Path) -> None:
    """One object per line in UTF-8; NULL is written as null, instants as in CSV, decimals as numbers."""
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for batch in batches:
            columns = [_json_values(a) for a in batch.columns]
            for row in zip(*columns, strict=True):
                out.write(json.dumps(dict(zip(schema.names, row, strict=True)), ensure_ascii=False) + "\n")


WRITERS: Mapping[str, Callable[[Iterable[pa.RecordBatch], pa.Schema, Path], None]] = MappingProxyType(
    {"parquet": write_parquet, "csv": write_csv, "jsonl": write_jsonl}
)


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_timestamp(kind) or pa.types.is_list(kind) else kind


def _csv_values(values: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(values.type):
        return pc.strftime(values, format=_ISO)
    if pa.types.is_list(values.type):
        items = values.to_pylist()
        return pa.array([None if i is None else json.dumps(i, ensure_ascii=False) for i in items], pa.string())
    return values


def _json_values(values: pa.Array) -> list[Any]:
    """Values as `json` writes them. A decimal of two places is exact as the number that its float prints."""
    if pa.types.is_timestamp(values.type):
        values = pc.strftime(values, format=_ISO)
    elif pa.types.is_date(values.type):
        values = values.cast(pa.string())
    elif pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    items: list[Any] = values.to_pylist()
    return items
