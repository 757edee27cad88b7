"""Parquet types as Spark reads them, from a file's footer, and those that Spark would change or cannot read.

Checked against Spark 4.2 for every type that pyarrow can write (`docs/reference/sources.md` has the table).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import types as T

if TYPE_CHECKING:
    from pyarrow.parquet import ColumnSchema

_MAX_DECIMAL = 38

_PLAIN: dict[str, T.DataType] = {
    "BOOLEAN": T.BooleanType(),
    "INT32": T.IntegerType(),
    "INT64": T.LongType(),
    "FLOAT": T.FloatType(),
    "DOUBLE": T.DoubleType(),
    "BYTE_ARRAY": T.BinaryType(),
    "FIXED_LEN_BYTE_ARRAY": T.BinaryType(),
}
_LOGICAL: dict[str, T.DataType] = {
    "String": T.StringType(),
    "Enum": T.StringType(),
    "JSON": T.StringType(),
    "BSON": T.BinaryType(),
    "Date": T.DateType(),
    "Null": T.NullType(),
}
_INTEGERS: dict[tuple[int, bool], T.DataType] = {
    (8, True): T.ByteType(),
    (16, True): T.ShortType(),
    (32, True): T.IntegerType(),
    (64, True): T.LongType(),
    (8, False): T.ShortType(),
    (16, False): T.IntegerType(),
    (32, False): T.LongType(),
    (64, False): T.DecimalType(20, 0),
}


@dataclass(frozen=True)
class Refused:
    """Why a type cannot be carried without loss, and what to write instead."""

    why: str
    hint: str


_INT96 = Refused("INT96 timestamps may hold nanoseconds, which Spark cuts", "write timestamps as TIMESTAMP(MICROS)")


def spark_type(column: ColumnSchema, *, by_spark: bool) -> T.DataType | Refused:
    """The Spark type of one leaf. `by_spark`: Spark wrote the file, so INT96 holds whole microseconds."""
    logical: dict[str, Any] = json.loads(column.logical_type.to_json())
    kind = logical["Type"]
    if kind == "None":
        if column.physical_type == "INT96":
            return T.TimestampType() if by_spark else _INT96
        return _PLAIN[column.physical_type]
    if kind == "Int":
        return _INTEGERS[logical["bitWidth"], logical["isSigned"]]
    if kind == "Decimal":
        return _decimal(logical["precision"], logical["scale"])
    if kind == "Timestamp":
        return _timestamp(logical)
    return _LOGICAL.get(kind) or Refused(f"Spark does not carry parquet's {kind} type", "export the column as text")


def _decimal(precision: int, scale: int) -> T.DataType | Refused:
    if precision > _MAX_DECIMAL:
        return Refused(f"a decimal of {precision} digits exceeds Spark's {_MAX_DECIMAL}", "export the column as text")
    return T.DecimalType(precision, scale)


def _timestamp(logical: dict[str, Any]) -> T.DataType | Refused:
    if logical["timeUnit"] == "nanoseconds":
        return Refused("Spark keeps microseconds, not nanoseconds", "write timestamps as TIMESTAMP(MICROS)")
    return T.TimestampType() if logical["isAdjustedToUTC"] else T.TimestampNTZType()
