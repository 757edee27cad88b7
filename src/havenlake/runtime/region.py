"""In which cloud region a session really runs, as the platform tells it and not as a file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from havenlake.runtime.engine_errors import ENGINE_ERRORS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def session_region(spark: SparkSession) -> str | None:
    """Region of the metastore that the session's workspace is attached to; None when it cannot be told.

    Databricks names a metastore `<cloud>:<region>:<id>`, and a workspace can use that of its own region only.
    """
    try:
        found = spark.sql("SELECT current_metastore()").collect()
    except ENGINE_ERRORS:
        return None
    parts = str(found[0][0]).split(":") if found else []
    return parts[1] if len(parts) == 3 and parts[1] else None
