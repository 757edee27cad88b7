"""CSV files: a header is required, all columns are strings, an empty value is NULL and a quoted empty one is ''."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.sources._columns import check_columns
from havenlake.sources._csv_header import HEADER_BYTES, header_of
from havenlake.sources._csv_worker import CsvParser
from havenlake.sources._listing import unreadable
from havenlake.sources._reading import Files, Reading, escaped
from havenlake.sources.contract import POSITION
from havenlake.sources.errors import PROBLEMS, translate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_HEADER_LINES = 64
_MAX_REMOTE = 1 << 30
"""A remote file is handed to one worker whole."""


def read(files: Files) -> Reading:
    """Read all files as one frame of strings. A remote file costs one small Spark job for its header."""
    local = files.local()
    starts = _local_starts(files, local) if local is not None else _remote_starts(files)
    headers = {name: _header(name, start, files.table) for name, start in starts}
    for header in headers.values():
        check_columns(header, files.table)
    columns = tuple(dict.fromkeys(name for header in headers.values() for name in header))
    check_columns(columns, files.table)
    wanted = ["path", "length"] if local is not None else ["path", "length", "content"]

    def frame(*, positions: bool) -> DataFrame:
        names = (*columns, POSITION) if positions else columns
        schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
        listed = files.reader().format("binaryFile").load(files.paths()).select(*wanted)
        return listed.mapInArrow(CsvParser(columns, headers, files.root, positions), schema)

    return Reading(frame(positions=False), lambda: frame(positions=True))


def _local_starts(files: Files, paths: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for name, path in zip(files.names, paths, strict=True):
        try:
            with gzip.open(path) if name.lower().endswith(".gz") else path.open("rb") as file:
                yield name, file.read(HEADER_BYTES)
        except (EOFError, zlib.error, OSError):
            raise unreadable(name, PROBLEMS["content"], files.table) from None


def _remote_starts(files: Files) -> Iterator[tuple[str, bytes]]:
    for name, info in zip(files.names, files.infos, strict=True):
        if info.size > _MAX_REMOTE:
            raise unreadable(name, "it is larger than 1 GiB", files.table, hint="export it in several smaller files")
        lines = files.reader(lineSep="\n").text(escaped(info.path)).select(F.col("value").cast("binary"))
        try:
            yield name, b"\n".join(bytes(row[0]) for row in lines.limit(_HEADER_LINES).collect()) + b"\n"
        except Exception as exc:  # noqa: BLE001  # whatever the engine raises is translated or coded
            raise translate(exc, files.table) from None


def _header(name: str, start: bytes, table: str) -> list[str]:
    try:
        return header_of(start)
    except UnicodeDecodeError as error:
        record = start[: error.start].count(b"\n")
        why = PROBLEMS["encoding"] + (f" (record {record})" if record else "")
        raise unreadable(name, why, table, hint="export the file as UTF-8") from None
    except ValueError as error:
        raise unreadable(name, str(error), table, hint="export the file with a header") from None
