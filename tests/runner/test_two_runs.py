"""Two runs that want one table at once: no commit is lost, and each outcome is said plainly."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from havenlake.records import Mode, Status
from tests.runner.conftest import Copies
from tests.runner.copying import awaited, outcome, put

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
ROWS = {"1": "one", "2": "two"}


def _check_ledger(copies: Copies, outcomes: list[dict[str, Any]]) -> None:
    """Both runs began and ended once; neither thinks the other dead."""
    for said in outcomes:
        events = [e.result for e in copies.told(said["run"]) if e.result.target == str(copies.target("a"))]
        assert [e.status for e in events] == [Status.RUNNING, Status(said["status"])]
        assert Mode.REPAIR not in {e.mode for e in events}


@dataclass
class Other:
    """A process beside this one that runs jobs when it is told to."""

    control: Path
    orders: int = 0

    def begin(self, copies: Copies, **options: Any) -> None:
        """Have it run the project's job now."""
        put(self.control / f"order-{self.orders}", {"root": str(copies.root), "job": copies.job, "options": options})
        self.orders += 1

    def outcome(self) -> dict[str, Any]:
        """How its last run ended."""
        found: dict[str, Any] = awaited(self.control / f"outcome-{self.orders - 1}")
        return found


@pytest.fixture(scope="module")
def other(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    control = tmp_path_factory.mktemp("control")
    command = [sys.executable, "-m", "tests.runner.copying", str(control), str(installed)]
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment) as process:
        while not (control / "ready").exists():
            assert process.poll() is None
            time.sleep(0.02)
        running = Other(control)
        yield running
        put(control / f"order-{running.orders}", {})
        assert process.wait(timeout=300) == 0


def test_two_processes_that_start_one_job_at_once(copies: Copies, other: Other) -> None:
    copies.order(a={"rows": ROWS, "wait": 1})
    other.begin(copies)
    outcomes = [outcome(copies), other.outcome()]
    _check_one_did_it(copies, outcomes)


def test_a_run_of_one_table_by_another_job_beside_a_whole_load(copies: Copies, other: Other) -> None:
    """A scheduled load and an analyst's run, from two processes, of two jobs that write one table."""
    copies.order(a={"rows": ROWS, "wait": 1}, b={"rows": ROWS}, c={"rows": ROWS})
    other.begin(copies)
    outcomes = [outcome(replace(copies, job="rival"), tables=["a"]), other.outcome()]
    _check_one_did_it(copies, outcomes)
    assert copies.texts("b") == copies.texts("c") == {1: "one", 2: "two"}
    assert [e.result.table for e in copies.told(outcomes[0]["run"])] == ["a", "a"]


def _check_one_did_it(copies: Copies, outcomes: list[dict[str, Any]]) -> None:
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
