"""The one schema of all parquet files of a table, from their footers, with every conflict told by file and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.sources._columns import check_columns
from havenlake.sources._listing import unreadable
from havenlake.sources._parquet_types import Refused, spark_type
from havenlake.sources._reading import Files
from havenlake.sources.errors import translate

_SPARK_KEY = b"org.apache.spark.version"
_SPARK_TYPES = b"org.apache.spark.sql.parquet.row.metadata"
_SPARK_WRITER = "parquet-mr"
"""Other writers copy Spark's keys when they rewrite a file, but sign it with their own name."""


@dataclass(frozen=True)
class Footer:
    """A file's columns and types; `inferred` when Spark itself must tell them."""

    types: Mapping[str, T.DataType]
    inferred: bool

    @property
    def untyped(self) -> frozenset[str]:
        """Columns that hold nothing but nulls of no type."""
        return frozenset(name for name, kind in self.types.items() if isinstance(kind, T.NullType))


@dataclass
class Merged:
    """Columns of all files in order of appearance, with the file that first gave each its type."""

    table: str
    types: dict[str, T.DataType] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, types: Mapping[str, T.DataType], file: str) -> None:
        """Take in one file's columns; raise HL-SRC-007 when a column has another type here."""
        for name, kind in types.items():
            known = self.types.get(name, T.NullType())
            if isinstance(known, T.NullType):
                self.types[name], self.files[name] = kind, file
            elif kind not in (known, T.NullType()):
                raise HavenlakeError(
                    "HL-SRC-007",
                    f"column '{name}' is {kind.simpleString()} in '{file}' but {known.simpleString()} in "
                    f"'{self.files[name]}'",
                    where=f"table '{self.table}'",
                    hint="export all files of the table with one type",
                )

    def schema(self) -> T.StructType:
        """The schema; a column of which no file knows the type is a string of nulls."""
        check_columns(self.types, self.table)
        typed = {n: T.StringType() if isinstance(t, T.NullType) else t for n, t in self.types.items()}
        return T.StructType([T.StructField(name, kind) for name, kind in typed.items()])


def footer_of(path: Path, name: str, table: str) -> Footer:
    """The footer of a file on this machine; raises HL-SRC-002, HL-SRC-006 or HL-SRC-007."""
    try:
        meta = pq.read_metadata(path)
        columns = meta.schema.to_arrow_schema()
    except pa.ArrowNotImplementedError:
        return Footer({}, inferred=True)
    except (pa.ArrowException, OSError, ValueError):
        raise unreadable(name, "it is damaged, cut short or not parquet", table) from None
    keys = meta.metadata or {}
    by_spark = _SPARK_KEY in keys and str(meta.created_by).startswith(_SPARK_WRITER)
    leaves = [meta.schema.column(i) for i in range(len(meta.schema.names))]
    types = [_carried(spark_type(leaf, by_spark=by_spark), leaf.path, name, table) for leaf in leaves]
    check_columns(columns.names, table)
    nested = len(types) != len(columns) or any(pa.types.is_nested(kind) for kind in columns.types)
    if nested or (by_spark and b"interval" in keys.get(_SPARK_TYPES, b"")):  # which parquet itself does not know
        return Footer({}, inferred=True)
    return Footer(dict(zip(columns.names, types, strict=True)), inferred=False)


def _carried(kind: T.DataType | Refused, column: str, file: str, table: str) -> T.DataType:
    if isinstance(kind, Refused):
        message = f"column '{column}' of '{file}': {kind.why}"
        raise HavenlakeError("HL-SRC-007", message, where=f"table '{table}'", hint=kind.hint)
    return kind


def inferred(files: Files) -> T.StructType:
    """The schema as Spark merges it from all footers, in one job."""
    try:
        found = files.reader(mergeSchema=True).parquet(*files.paths()).schema
    except Exception as exc:  # noqa: BLE001  # whatever the engine raises is translated or coded
        told = translate(exc, files.table)
        raise (_conflict(files) if told.code == "HL-SRC-007" else None) or told from None
    merged = Merged(files.table)
    merged.add({f.name: f.dataType for f in found.fields}, "")
    return merged.schema()


def _conflict(files: Files) -> HavenlakeError | None:
    """The file and column at fault, found by looking at one file after another."""
    merged = Merged(files.table)
    for info, name in zip(files.infos, files.names, strict=True):
        try:
            found = files.reader().parquet(*files.paths([info])).schema
            merged.add({f.name: f.dataType for f in found.fields}, name)
        except HavenlakeError as error:
            return error
        except Exception as exc:  # noqa: BLE001
            told = translate(exc, files.table)
            return HavenlakeError(told.code, f"'{name}': {told.message}", where=told.where, hint=told.hint)
    return None
