"""Run as a process: runs jobs of projects as files order it, and says how they ended as JSON."""

from __future__ import annotations

import json
import sys
import time
from itertools import count
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


def main(control: Path, plugin: str) -> None:
    """Run jobs as `order-N` files say, each when it appears, until there is one that says nothing."""
    sys.path.insert(0, plugin)
    spark = get_spark(extra={"spark.driver.memory": "512m", "spark.master": "local[1]"})
    (control / "ready").touch()
    for number in count():
        order = awaited(control / f"order-{number}")
        if not order:
            break
        copies = Copies(Path(order["root"]), spark, order["job"])
        put(control / f"outcome-{number}", outcome(copies, **order["options"]))
    spark.stop()


def put(file: Path, content: Any) -> None:
    """Write a file that is never seen half-written."""
    file.with_suffix(".new").write_text(json.dumps(content))
    file.with_suffix(".new").rename(file)


def awaited(file: Path, seconds: float = 600) -> Any:
    """The content of a file when it is there."""
    deadline = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return json.loads(file.read_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
