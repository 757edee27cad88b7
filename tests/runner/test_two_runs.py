"""Two runs of one job at once: no commit is lost, and each outcome is said plainly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from havenlake.records import Mode, Status
from tests.runner.conftest import Copies
from tests.runner.copying import outcome

REPOSITORY = Path(__file__).parents[2]
ROWS = {"1": "one", "2": "two"}


def _check_ledger(copies: Copies, outcomes: list[dict[str, Any]]) -> None:
    """Both runs began and ended once; neither thinks the other dead."""
    for said in outcomes:
        events = [e.result for e in copies.told(said["run"]) if e.result.target == str(copies.target("a"))]
        assert [e.status for e in events] == [Status.RUNNING, Status(said["status"])]
        assert Mode.REPAIR not in {e.mode for e in events}


def test_two_processes_that_start_at_once(installed: Path, copies: Copies) -> None:
    copies.order(a={"rows": ROWS, "wait": 1})
    command = [sys.executable, "-m", "tests.runner.copying", str(copies.root), str(installed)]
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment) as other:
        while not (copies.root / "ready").exists():
            assert other.poll() is None
            time.sleep(0.02)
        (copies.root / "go").touch()
        here = outcome(copies)
        assert other.wait(timeout=300) == 0
    outcomes = [here, json.loads((copies.root / "outcome.json").read_text())]
    assert sorted((o["status"], o["inserted"], o["code"]) for o in outcomes) == [
        (Status.SUCCEEDED, 2, None),
        (Status.UNCHANGED, 0, None),
    ]
    assert copies.texts("a") == {1: "one", 2: "two"}
    assert copies.store.version(copies.target("a")) == 0
    _check_ledger(copies, outcomes)


def test_the_second_begins_while_the_first_writes_and_waits(copies: Copies) -> None:
    """It has read the ledger before the first ended, and must not take its events for those of a dead run."""
    copies.order(a={"rows": ROWS, "wait": 2})
    with ThreadPoolExecutor() as pool:
        first = pool.submit(outcome, copies, tables=["a"])
        _until_running(copies)
        copies.order(a={"rows": {**ROWS, "3": "three"}})
        second = outcome(copies, tables=["a"])
    outcomes = [first.result(), second]
    assert [(o["status"], o["inserted"]) for o in outcomes] == [(Status.SUCCEEDED, 2), (Status.SUCCEEDED, 1)]
    assert copies.store.version(copies.target("a")) == 1
    _check_ledger(copies, outcomes)


def test_the_second_says_so_when_it_may_not_wait(copies: Copies) -> None:
    copies.order(a={"rows": ROWS, "wait": 2})
    with ThreadPoolExecutor() as pool:
        first = pool.submit(outcome, copies, tables=["a"])
        _until_running(copies)
        second = outcome(copies, tables=["a", "b"], lease_wait=0)
    outcomes = [first.result(), second]
    assert [(o["status"], o["code"]) for o in outcomes] == [(Status.SUCCEEDED, None), (Status.FAILED, "HL-RUN-002")]
    _check_ledger(copies, outcomes)


def _until_running(copies: Copies) -> None:
    """Wait until a run holds the table and measures it."""
    leases, deadline = copies.environment("watcher").leases, time.monotonic() + 60
    while leases.is_free(copies.target("a")):
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)
