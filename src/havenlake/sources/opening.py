"""The door to sources: which adapter reads the landing place of a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.sources.contract import Source, SourceInput, StorageLike

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from havenlake.records import SecretResolver

Opener = Callable[["SparkSession", str, SourceInput], Source]


def open_source(spark: SparkSession, storage: StorageLike, job_input: SourceInput, secrets: SecretResolver) -> Source:
    """The source that a job's `job_input` describes. Nothing is listed, opened or read yet."""
    if job_input.jdbc is not None:
        from havenlake.sources.postgres import PostgresSource

        return PostgresSource(spark, job_input.jdbc, secrets)
    if job_input.load_base_path is None:
        raise HavenlakeError("HL-CFG-005", "job_input has neither 'load_base_path' nor 'jdbc'", hint="name a source")
    opener = _layouts().get(job_input.layout)
    if opener is None:
        known = ", ".join(sorted(_layouts()))
        raise HavenlakeError("HL-CFG-004", f"layout '{job_input.layout}' is not known", hint=f"one of: {known}")
    return opener(spark, storage.resolve(job_input.load_base_path).rstrip("/") or "/", job_input)


def _layouts() -> dict[str, Opener]:
    from havenlake.sources.folder import FolderSource
    from havenlake.sources.rds_export import RdsExportSource

    return {"folders": FolderSource, "rds_export": RdsExportSource}
