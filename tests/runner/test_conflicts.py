"""A writer that takes no lease commits while a table is written: what can pass passes, the rest is told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from havenlake.records import Status
from tests.runner.conftest import Copies
from tests.runner.copying import outcome

ROWS = {"1": "one", "2": "two"}
CHANGED = {"1": "uno", "2": "two"}


@pytest.fixture
def held(copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Table `a` with two rows, and an order for other ones that waits in the midst of every attempt to write."""
    monkeypatch.setattr("havenlake.runner.execute.CONFLICT_PAUSES", (0.01, 0.01))
    copies.order(a={"rows": ROWS})
    assert outcome(copies, tables=["a"])["status"] == Status.SUCCEEDED
    folder = tmp_path / "hold"
    folder.mkdir()
    copies.order(a={"rows": CHANGED, "hold": str(folder)})
    return folder


def _commit_during(copies: Copies, folder: Path, attempt: int, statement: str) -> None:
    """Commit by hand while the run's attempt is in its transaction, then let it go on."""
    deadline = time.monotonic() + 120
    while not (folder / f"writing-{attempt}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    copies.store.execute(statement.format(copies.store.ref(copies.target("a"))))
    (folder / f"go-{attempt}").touch()


def test_a_commit_in_between_makes_the_table_be_measured_and_written_again(copies: Copies, held: Path) -> None:
    (held / "go-1").touch()
    with ThreadPoolExecutor() as pool:
        run = pool.submit(outcome, copies, tables=["a"])
        _commit_during(copies, held, 0, "DELETE FROM {} WHERE id = 2")
        said = run.result()
    assert said["status"] == Status.SUCCEEDED
    assert (held / "attempt-1").exists(), "the first attempt was not refused"
    assert copies.texts("a") == {1: "uno", 2: "two"}, "what was found before the other commit was written"
    assert copies.store.version(copies.target("a")) == 2
    assert [e.result.status for e in copies.told(said["run"])] == [Status.RUNNING, Status.SUCCEEDED]


def test_a_writer_that_is_always_faster_is_told_and_nothing_is_written(copies: Copies, held: Path) -> None:
    with ThreadPoolExecutor() as pool:
        run = pool.submit(outcome, copies, tables=["a"])
        for attempt in range(3):
            _commit_during(copies, held, attempt, f"UPDATE {{}} SET text = 'by hand {attempt}' WHERE id = 2")
        said = run.result()
    assert (said["status"], said["code"]) == (Status.FAILED, "HL-TBL-009")
    assert not (held / "attempt-3").exists()
    assert copies.texts("a") == {1: "one", 2: "by hand 2"}
    (held / "go-3").touch()
    assert outcome(copies, tables=["a"])["status"] == Status.SUCCEEDED
