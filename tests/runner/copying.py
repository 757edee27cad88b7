"""Run as a process: runs the job of a project when a file appears, and says how it ended as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from havenlake.runner import RunFailed
from havenlake.runtime.session import get_spark
from tests.runner.conftest import Copies


def outcome(copies: Copies, **options: Any) -> dict[str, Any]:
    """A run's id, and status, inserted rows and error code of its first table."""
    try:
        record = copies.run(**options)
    except RunFailed as error:
        record = error.record
    table = record.tables[0]
    code = table.error.code if table.error else None
    return {"run": record.run_id, "status": table.status, "inserted": table.counts.inserted, "code": code}


def main(root: Path, plugin: str) -> None:
    sys.path.insert(0, plugin)
    spark = get_spark(extra={"spark.driver.memory": "512m", "spark.master": "local[1]"})
    (root / "ready").touch()
    while not (root / "go").exists():
        time.sleep(0.01)
    (root / "outcome.json").write_text(json.dumps(outcome(Copies(root, spark))))
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
