"""Run as a process: two days through bronze and silver with nothing compressed and nothing encrypted by Spark,
then keep what Spark wrote to its local folders before it tidies up."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from projects import LOAD, SILVER, Lake

from havenlake.runtime.session import get_spark
from havenlake.synthetic import PlatformDatabase, write_export


def main() -> None:
    root = Path(sys.argv[1])
    local, kept, events = root / "spark-local", root / "spark-local-kept", root / "events"
    events.mkdir(parents=True)
    spark = get_spark(
        extra={
            "spark.driver.memory": "1g",
            "spark.local.dir": str(local),
            "spark.io.encryption.enabled": "false",
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
    lake = Lake.create(root / "lake", spark)
    database = PlatformDatabase(messages=1_000, seed=3)
    for day in (0, 1, 3):
        write_export(database, root / "source", day)
        shutil.rmtree(lake.landing, ignore_errors=True)
        shutil.copytree(root / "source", lake.landing)
        lake.project.plan(LOAD, exact=True)
        lake.project.run(LOAD)
        lake.project.run(SILVER)
        shutil.rmtree(lake.landing)
    shutil.copytree(local, kept, symlinks=True, ignore_dangling_symlinks=True)
    spark.stop()


main()
