"""What a session lets us do beyond DataFrames and SQL. Everything here is an extra: the framework works without."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Capabilities:
    """What can be set in a session; all false on the most restricted compute."""

    is_connect: bool
    """The session is a Spark Connect client: no JVM in this process."""
    is_databricks: bool
    commit_metadata: bool
    """`spark.databricks.delta.commitInfo.userMetadata` can be set."""
    transaction_ids: bool
    """`spark.databricks.delta.write.txnAppId` and `.txnVersion` can be set."""
    merge_materialization: bool
    """`spark.databricks.delta.merge.materializeSource` can be set."""


def session_capabilities(spark: SparkSession) -> Capabilities:
    """Probe a session by setting what the extras need and putting it back."""
    return Capabilities(
        is_connect=type(spark).__module__.startswith("pyspark.sql.connect"),
        is_databricks="DATABRICKS_RUNTIME_VERSION" in os.environ,
        commit_metadata=can_set(spark, "spark.databricks.delta.commitInfo.userMetadata", "probe"),
        transaction_ids=can_set(spark, "spark.databricks.delta.write.txnAppId", "probe")
        and can_set(spark, "spark.databricks.delta.write.txnVersion", "0"),
        merge_materialization=can_set(spark, "spark.databricks.delta.merge.materializeSource", "auto"),
    )


def can_set(spark: SparkSession, key: str, value: str) -> bool:
    """Whether the session accepts a setting; its former value stays."""
    from pyspark.errors import PySparkException

    try:
        before = spark.conf.get(key, None)
        spark.conf.set(key, value)
        if before is None:
            spark.conf.unset(key)
        else:
            spark.conf.set(key, before)
    except PySparkException:
        return False
    return True
