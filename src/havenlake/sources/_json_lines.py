"""JSON lines: one object a line, every key a string column that holds the value exactly as it was written.

Types are not inferred: a guess depends on the rows of the day, so a column would change its type from load to load,
and numbers beyond 2^53 or long decimals would change silently. Text is unescaped; numbers, booleans, objects and
lists keep the text they have in the file; null and absent keys are NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.sources._columns import check_columns
from havenlake.sources._json_worker import MAX_COLUMNS, keys_of_files
from havenlake.sources._reading import Files, Reading
from havenlake.sources.contract import POSITION
from havenlake.sources.errors import translate

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_NOWHERE = "\x01havenlake: no such key\x01"
_EXACT = {
    "lineSep": "\n",
    "allowSingleQuotes": False,
    "allowNonNumericNumbers": False,
    "columnNameOfCorruptRecord": _NOWHERE,  # else a key called `_corrupt_record` would lose its values
}


def read(files: Files) -> Reading:
    """Read all files as one frame of strings. One Spark job reads them through, to find keys and bad lines."""
    try:
        keys = _keys(files)
    except Exception as exc:  # noqa: BLE001  # whatever the engine raises is translated or coded
        raise translate(exc, files.table) from None
    if not keys or len(keys) > MAX_COLUMNS:
        raise HavenlakeError(
            "HL-SRC-002",
            f"its JSON lines have {len(keys)} different keys" if keys else "no line holds a key, so it has no columns",
            where=f"table '{files.table}'",
            hint="export one object a line with the columns as keys",
        )
    check_columns(keys, files.table)
    schema = T.StructType([T.StructField(key, T.StringType()) for key in keys])
    frame = files.reader(**_EXACT).schema(schema).json(files.paths())
    return Reading(frame, lambda: frame.select(*(F.col(quoted(k)) for k in keys), _file(frame, files).alias(POSITION)))


def _keys(files: Files) -> list[str]:
    lines = files.reader(lineSep="\n").text(files.paths())
    line = F.col("value").cast("binary").alias("line")
    found = lines.select(_file(lines, files).alias("file"), line).mapInArrow(keys_of_files, "key string")
    return sorted({row[0] for row in found.collect()})


def _file(scan: DataFrame, files: Files) -> Column:
    return F.substring_index(scan.metadataColumn("_metadata")["file_path"], "/", -files.depth)
