"""Types of exported tables that have no rows: Amazon then writes no parquet file, only the manifest names the types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.sources._columns import check_columns
from havenlake.sources._reading import Reading
from havenlake.sources.contract import POSITION

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MAX_DECIMAL = 38
_DECIMAL = re.compile(r"decimal\s*\((\d+),\s*(\d+)\)")
_TYPES: dict[str, T.DataType] = {
    "boolean": T.BooleanType(),
    "int32": T.IntegerType(),
    "int32(int_8)": T.ByteType(),
    "int32(int_16)": T.ShortType(),
    "int32(date)": T.DateType(),
    "int64": T.LongType(),
    "int64(timestamp_millis)": T.TimestampType(),
    "int64(timestamp_micros)": T.TimestampType(),
    "float": T.FloatType(),
    "double": T.DoubleType(),
    "binary": T.BinaryType(),
    "byte_array": T.BinaryType(),
    "string": T.StringType(),
    **{
        f"{raw}({kind})": T.StringType()
        for raw in ("binary", "byte_array")
        for kind in ("utf8", "string", "enum", "json")
    },
}


def empty(spark: SparkSession, columns: Sequence[tuple[str, str]], table: str) -> Reading:
    """A frame without rows, with the columns of the manifest."""
    if not columns:
        raise HavenlakeError(
            "HL-SRC-003",
            "the export holds neither rows nor columns of the table",
            where=f"table '{table}'",
            hint="export the database again",
        )
    check_columns((name for name, _ in columns), table)
    fields = [T.StructField(name, _spark_type(exported, name, table)) for name, exported in columns]
    positioned = [*fields, T.StructField(POSITION, T.StringType())]
    frame = spark.createDataFrame([], T.StructType(fields))
    return Reading(frame, lambda: spark.createDataFrame([], T.StructType(positioned)))


def _spark_type(exported: str, column: str, table: str) -> T.DataType:
    kind = exported.lower().replace(" ", "")
    decimal = _DECIMAL.search(kind)
    if decimal and int(decimal[1]) <= _MAX_DECIMAL:
        return T.DecimalType(int(decimal[1]), int(decimal[2]))
    if kind in _TYPES:
        return _TYPES[kind]
    raise HavenlakeError(
        "HL-SRC-007",
        f"column '{column}' has no rows and the export type '{exported}', which is not known",
        where=f"table '{table}'",
        hint="the table loads as soon as it holds a row",
    )
