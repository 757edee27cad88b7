"""Run as a process: days through bronze and silver with nothing compressed, then keep what Spark wrote to its
local folders before it tidies up.

`bare` also turns off Spark's own encryption of those folders and the scrubber, `shipped` leaves both as we ship them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from projects import LOAD, SILVER, Lake
from pyspark import StorageLevel
from pyspark.sql import functions as F

from havenlake.runtime.session import get_spark
from havenlake.synthetic import PlatformDatabase, write_export


def main() -> None:
    root, bare = Path(sys.argv[1]), sys.argv[2] == "bare"
    local, kept, events = root / "spark-local", root / "spark-local-kept", root / "events"
    events.mkdir(parents=True)
    spark = get_spark(
        extra={
            "spark.driver.memory": "1g",
            "spark.local.dir": str(local),
            **({"spark.io.encryption.enabled": "false"} if bare else {}),
            "spark.memory.fraction": "0.08",  # what is broadcast must go to disk
            "spark.shuffle.compress": "false",
            "spark.shuffle.spill.compress": "false",
            "spark.rdd.compress": "false",
            "spark.broadcast.compress": "false",
            "spark.sql.parquet.compression.codec": "uncompressed",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": events.as_uri(),
            "spark.cleaner.referenceTracking": "false",
        }
    )
    lake = Lake.create(root / "lake", spark).only_tables(
        "texter", "message", "reporting_log_value", "operational_event"
    )
    if bare:  # free text stays out of silver, so that any piece of it that is found is a leak
        lake.unscrubbed()
    database = PlatformDatabase(messages=1_000, seed=3)
    for day in (0, 1, 3) if bare else (0,):
        write_export(database, root / "source", day)
        shutil.rmtree(lake.landing, ignore_errors=True)
        shutil.copytree(root / "source", lake.landing)
        lake.project.plan(LOAD, exact=True)
        lake.project.run(LOAD)
        lake.project.run(SILVER)
        shutil.rmtree(lake.landing)
    # fill the storage memory, so that broadcast blocks are moved to disk
    spark.range(10_000_000).select(F.rand()).persist(StorageLevel.MEMORY_ONLY).count()
    shutil.copytree(local, kept, symlinks=True, ignore_dangling_symlinks=True)
    spark.stop()


main()
