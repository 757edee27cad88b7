"""The ledger keeps every field, loses no event to another writer, and is read by no release that is too old for it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.records import LedgerEntry, Mode, Status, TableResult
from havenlake.runtime.locks import FileLock
from havenlake.tables import Ledger, last_good, latest, ledger_name
from tests.tables.conftest import files_below
from tests.tables.entries import CONTEXT, FULL, START, entry

if TYPE_CHECKING:
    from havenlake.tables import DeltaStore

REPOSITORY = Path(__file__).parents[2]
EMPTY = TableResult("platformdb.shift", "ctl_dev_bronze.platformdb.shift", Status.RUNNING)


@pytest.fixture
def ledger(store: DeltaStore, tmp_path: Path) -> Ledger:
    return Ledger(store, ledger_name("ops"), lambda: FileLock(tmp_path / "ledger.lock"))


@pytest.mark.engines
def test_every_field_comes_back_as_it_was_written(ledger: Ledger) -> None:
    unset = [f.name for f in fields(FULL) if getattr(FULL, f.name) in (None, "", ())]
    assert unset == [], "a field without a value would prove nothing"
    assert ledger.entries() == ()
    written = (LedgerEntry(START, CONTEXT, FULL), LedgerEntry(START + timedelta(1), CONTEXT, EMPTY))
    ledger.append(written)
    zone = ledger.store.spark.conf.get("spark.sql.session.timeZone")
    ledger.store.spark.conf.set("spark.sql.session.timeZone", "America/St_Johns")
    try:
        read = ledger.entries()
    finally:
        ledger.store.spark.conf.set("spark.sql.session.timeZone", zone)
    shown = tuple(replace(e, result=replace(e.result, digest="")) for e in written)
    assert read == shown, "digests are long and read only where they are wanted"
    assert ledger.digests({FULL.target: 2**40, EMPTY.target: 0}) == {FULL.target: "AQxb"}
    assert ledger.digests({FULL.target: 2**40 - 1}) == ledger.digests({}) == {}
    assert {at.utcoffset() for at in (read[0].recorded_at, read[0].result.started_at) if at} == {timedelta(0)}
    assert read[0].recorded_at.astimezone(UTC).isoformat() == "2026-01-31T23:59:59.123456+00:00"


def test_events_are_chosen_by_target_and_run_and_come_in_order(ledger: Ledger, warehouse: Path) -> None:
    ledger.append([])
    assert files_below(warehouse) == set(), "appending nothing made a commit"
    running = entry(1, "b", Status.RUNNING)
    ledger.append([entry(2, "a", run_id="run-2"), entry(1, "b", Status.FAILED), running])
    ledger.append([entry(0, "o'neil")])
    assert [e.result.table for e in ledger.entries()] == [f"platformdb.{t}" for t in ("o'neil", "b", "b", "a")]
    assert ledger.entries()[1] == running, "an attempt starts before it ends, though both in the same instant"
    assert [e.context.run_id for e in ledger.of_run("run-2")] == ["run-2"]
    found = ledger.of_targets([TableName("lake", "platformdb", "o'neil"), TableName("lake", "platformdb", "a")])
    assert [e.result.table for e in found] == ["platformdb.o'neil", "platformdb.a"]


def test_recent_events_and_all_of_a_target_of_which_they_tell_too_little(ledger: Ledger) -> None:
    names = ("enough", "digests", "failing", "same")
    old = [_ended(0, name, Mode.COMPARE) for name in names]
    new = [
        _ended(20, "enough", Mode.COMPARE),
        entry(20, "enough", Status.RUNNING, run_id="run-20"),
        entry(21, "enough", Status.RUNNING, run_id="run-dead"),
        _ended(22, "digests", Mode.RANGE),
        _ended(23, "failing", Mode.COMPARE, Status.FAILED),
        _ended(24, "same", Mode.SKIP),
    ]
    ledger.append(old)
    ledger.append(new)
    found = ledger.recent([_target(name) for name in (*names, "untouched")], START + timedelta(minutes=10))
    told = {name: [e.recorded_at.minute for e in found if e.result.table == f"platformdb.{name}"] for name in names}
    first = START.minute
    assert told == {
        "enough": [(first + 20) % 60, (first + 21) % 60],  # what began and ended is told once, what only began stays
        "digests": [first, (first + 22) % 60],
        "failing": [first, (first + 23) % 60],
        "same": [(first + 24) % 60],
    }
    assert [e.recorded_at for e in found] == sorted(e.recorded_at for e in found)


def _ended(at: int, target: str, mode: Mode, status: Status = Status.SUCCEEDED) -> LedgerEntry:
    told = entry(at, target, status, run_id=f"run-{at}")
    return replace(told, result=replace(told.result, mode=mode))


def test_latest_and_last_good() -> None:
    events = [
        entry(0, "a", Status.RUNNING),
        entry(1, "a", Status.SUCCEEDED),
        entry(2, "a", Status.RUNNING, run_id="run-2"),
        entry(3, "a", Status.FAILED, run_id="run-2"),
        entry(4, "b", Status.UNCHANGED, run_id="run-2"),
        entry(5, "a", Status.ABANDONED, run_id="run-3"),
    ]
    states = {key: e.result.status for key, e in latest(events).items()}
    assert states == {
        ("run-1", "lake.platformdb.a"): Status.SUCCEEDED,
        ("run-2", "lake.platformdb.a"): Status.FAILED,
        ("run-2", "lake.platformdb.b"): Status.UNCHANGED,
        ("run-3", "lake.platformdb.a"): Status.ABANDONED,
    }
    assert last_good(events) == {"lake.platformdb.a": events[1], "lake.platformdb.b": events[4]}


def test_a_newer_format_is_refused_by_every_reader(ledger: Ledger) -> None:
    ledger.append([entry(0)])
    newer = ledger.store.read(ledger.name).withColumn("ledger_format", F.lit(2)).withColumn("news", F.lit("?"))
    ledger.store.append(ledger.name, newer)
    for read in (ledger.entries, lambda: ledger.of_run("run-1"), lambda: ledger.of_targets([_target("a")])):
        with pytest.raises(HavenlakeError, match=r"HL-TBL-006 .*newer release"):
            read()
    assert ledger.of_targets([_target("untouched")]) == ()


def _target(name: str) -> TableName:
    return TableName("lake", "platformdb", name)


@pytest.mark.parametrize(("threads", "other"), [(15, 5), pytest.param(40, 10, marks=pytest.mark.soak)])
def test_threads_and_processes_that_append_at_once_lose_nothing(
    threads: int, other: int, store: DeltaStore, warehouse: Path
) -> None:
    ledger = Ledger(store, ledger_name("ops"), lambda: FileLock(warehouse / "lock"))
    command = [sys.executable, "-m", "tests.tables.appends", str(warehouse), str(other)]
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: ledger.append([entry(i, run_id=f"thread-{i}")]), range(threads)))
        assert process.wait(timeout=300) == 0
    runs = sorted(e.context.run_id for e in ledger.entries())
    assert runs == sorted([*(f"process-{i}" for i in range(other)), *(f"thread-{i}" for i in range(threads))])
    assert store.version(ledger.name) == threads + other - 1
