"""Parquet files: one schema over all files, every footer checked, rows read byte for byte.

On this machine footers are read by pyarrow: no Spark job, and a damaged file, a lossy type or two types for one
column are found by name before anything else happens. Elsewhere Spark merges the footers in one job.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from havenlake.names import quoted
from havenlake.sources._parquet_schema import Footer, Merged, footer_of, inferred
from havenlake.sources._reading import Files, Reading
from havenlake.sources.contract import POSITION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_CHECKSUMS: dict[str, Any] = {"parquet.page.verify-checksum.enabled": True}


def read(files: Files) -> Reading:
    """Read all files as one frame. Starts no Spark job for local files with flat columns."""
    paths = files.local()
    if paths is None:
        return _one_group(files, inferred(files))
    footers = [footer_of(path, name, files.table) for path, name in zip(paths, files.names, strict=True)]
    if any(footer.inferred for footer in footers):
        return _one_group(files, inferred(files))
    merged = Merged(files.table)
    for footer, name in zip(footers, files.names, strict=True):
        merged.add(footer.types, name)
    return _by_untyped(files, footers, merged.schema())


def _one_group(files: Files, schema: T.StructType) -> Reading:
    everything = files.reader(**_CHECKSUMS).schema(schema).parquet(*files.paths())
    return Reading(everything, lambda: _positioned(everything, list(map(_column, schema.names)), files.depth))


def _by_untyped(files: Files, footers: list[Footer], schema: T.StructType) -> Reading:
    """Read files together whose untyped columns are the same: Spark refuses to read such a column as another type."""
    kinds = sorted({footer.untyped for footer in footers}, key=sorted)
    if kinds == [frozenset()]:
        return _one_group(files, schema)
    groups = []
    for untyped in kinds:
        infos = [info for info, footer in zip(files.infos, footers, strict=True) if footer.untyped == untyped]
        readable = T.StructType([f for f in schema.fields if f.name not in untyped])
        scan = files.reader(**_CHECKSUMS).schema(readable).parquet(*files.paths(infos))
        groups.append((scan, [_null(f) if f.name in untyped else _column(f.name) for f in schema.fields]))
    return Reading(
        _union(scan.select(*columns) for scan, columns in groups),
        lambda: _union(_positioned(scan, columns, files.depth) for scan, columns in groups),
    )


def _union(frames: Iterable[DataFrame]) -> DataFrame:
    first, *others = frames
    for other in others:
        first = first.union(other)
    return first


def _column(name: str) -> Column:
    return F.col(quoted(name))


def _null(target: T.StructField) -> Column:
    return F.lit(None).cast(target.dataType).alias(target.name)


def _positioned(scan: DataFrame, columns: list[Column], depth: int) -> DataFrame:
    # `metadataColumn` finds Spark's own even when the source has a column called `_metadata`
    metadata = scan.metadataColumn("_metadata")
    file = F.substring_index(metadata["file_path"], "/", -depth)
    return scan.select(*columns, F.concat(file, F.lit("#"), metadata["row_index"].cast("string")).alias(POSITION))
