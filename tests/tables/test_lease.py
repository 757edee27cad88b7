"""Leases exclude each other across objects, threads and processes, run out, and tell who lost one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havenlake.errors import HavenlakeError
from havenlake.names import TableName
from havenlake.runtime.clock import FixedClock
from havenlake.tables.lease import DeltaLeases, FileLeases, lease_name

if TYPE_CHECKING:
    from havenlake.tables import DeltaStore

T1, T2 = TableName("lake", "platformdb", "o'neil"), TableName("lake", "platformdb", "two")
HOLDER = """
import sys
from pathlib import Path
from havenlake.tables.lease import FileLeases
with FileLeases(Path(sys.argv[1]), 0).hold(sys.argv[2], "other"):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(folder: Path, target: TableName) -> subprocess.Popen[str]:
    """A process that holds a lease until it is told to end, or is killed."""
    command = [sys.executable, "-c", HOLDER, str(folder), str(target)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("ending", ["ends", "is killed"])
def test_a_file_lease_is_free_when_its_process(ending: str, tmp_path: Path) -> None:
    leases = FileLeases(tmp_path, 0.2)
    assert leases.is_free(T1)
    with _holder(tmp_path, T1) as process:
        assert not leases.is_free(T1)
        assert leases.is_free(T2)
        with pytest.raises(HavenlakeError, match=r"HL-RUN-002 .*o'neil is held; waited 0.2 s"), leases.hold(T1, "me"):
            pass
        if ending == "is killed":
            process.kill()
        else:
            process.communicate("")
        process.wait()
        assert leases.is_free(T1)
        with leases.hold(T1, "me") as still_held:
            still_held()
            assert not leases.is_free(T1)


def test_a_file_lease_is_waited_for(tmp_path: Path) -> None:
    with _holder(tmp_path, T1) as process:
        assert process.stdin
        threading.Timer(0.3, process.stdin.close).start()
        start = time.monotonic()
        with FileLeases(tmp_path, 30).hold(T1, "me"):
            assert 0.2 < time.monotonic() - start < 20


def test_a_file_lease_ends_with_an_error_inside(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path, 0)
    with pytest.raises(ZeroDivisionError), leases.hold(T1, "me"):
        raise ZeroDivisionError
    assert leases.is_free(T1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 31, 23, 30, tzinfo=UTC))


@pytest.mark.engines
def test_a_delta_lease_excludes_runs_out_and_is_fenced(store: DeltaStore, clock: FixedClock) -> None:
    leases = DeltaLeases(store, lease_name("ops"), clock, wait=0, seconds=60)
    assert leases.is_free(T1)
    first, second = leases.hold(T1, "run-1"), leases.hold(T1, "run-2")
    first_holds = first.__enter__()
    first_holds()
    assert (leases.is_free(T1), leases.is_free(T2)) == (False, True)
    with pytest.raises(HavenlakeError, match=r"HL-RUN-002 .*o'neil is held by run run-1"):
        leases.hold(T1, "run-3").__enter__()
    clock.advance(timedelta(seconds=60))
    assert not leases.is_free(T1), "the last instant belongs to the holder"
    clock.advance(timedelta(microseconds=1))
    assert leases.is_free(T1)
    second_holds = second.__enter__()
    with pytest.raises(HavenlakeError, match="HL-RUN-006"):
        first_holds()
    first.__exit__(None, None, None)
    second_holds()
    assert not leases.is_free(T1), "who lost a lease gave back another's"
    second.__exit__(None, None, None)
    assert leases.is_free(T1)


def test_tables_of_a_run_take_their_leases_at_once(store: DeltaStore, clock: FixedClock) -> None:
    """All leases lie in one table, so threads and runs that take different ones meet in its commits."""
    leases = DeltaLeases(store, lease_name("ops"), clock, wait=60)
    together = threading.Barrier(3)

    def hold(i: int) -> None:
        together.wait(60)
        with leases.hold(f"table {i}", "run-1") as still_held:
            still_held()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(hold, range(3)))
    assert all(leases.is_free(f"table {i}") for i in range(3))


def test_who_wants_a_held_lease_waits_and_one_has_it_at_a_time(store: DeltaStore, clock: FixedClock) -> None:
    leases = DeltaLeases(store, lease_name("ops"), clock, wait=120)
    inside: list[int] = []

    def hold(i: int) -> None:
        with leases.hold(T1, f"run-{i}"):
            inside.append(i)
            time.sleep(0.3)
            assert inside[-1] == i

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hold, range(2)))
    assert sorted(inside) == [0, 1]
