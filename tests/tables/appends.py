"""Run as a process: appends entries to a ledger under its file lock, one commit each, and says when it began."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from havenlake.runtime.locks import FileLock
from havenlake.runtime.session import get_spark
from havenlake.runtime.storage import Storage
from havenlake.tables import DeltaStore, Ledger, ledger_name
from tests.tables.entries import entry


def main(folder: Path, count: int) -> None:
    spark = get_spark(extra={"spark.driver.memory": "512m", "spark.master": "local[1]"})
    ledger = Ledger(DeltaStore(spark, Storage(folder, folder)), ledger_name("ops"), lambda: FileLock(folder / "lock"))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for i in range(count):
        entry_ = entry(i)
        ledger.append([replace(entry_, context=replace(entry_.context, run_id=f"process-{i}"))])
    spark.stop()


main(Path(sys.argv[1]), int(sys.argv[2]))
