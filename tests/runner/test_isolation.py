"""One bad table: it gets its own result, without a word of a row, and the others go on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from havenlake.errors import HavenlakeError
from havenlake.records import RunRecord, Status, TableResult
from havenlake.runner import RunFailed
from havenlake.runner.failures import error_info
from tests.runner.conftest import Copies, files_below

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = "jess said (415) 555-0100"


def _results(record: RunRecord) -> dict[str, TableResult]:
    return {r.target.rsplit(".", 1)[1]: r for r in record.tables}


@pytest.mark.parametrize("step", ["prepare", "measure", "write"])
def test_a_table_that_raises_anything_fails_alone_and_no_row_is_told(
    step: str, copies: Copies, caplog: pytest.LogCaptureFixture
) -> None:
    rows = {"1": "one", "2": "two"}
    copies.order(a={"rows": rows}, b={"rows": rows, "fail": [step, SECRET]}, c={"rows": {"7": "seven"}})
    with caplog.at_level(logging.DEBUG, "havenlake"), pytest.raises(RunFailed) as caught:
        copies.run()
    record = caught.value.record
    assert {t: r.status for t, r in _results(record).items()} == {
        "a": Status.SUCCEEDED,
        "b": Status.FAILED,
        "c": Status.SUCCEEDED,
    }
    error = _results(record)["b"].error
    assert error is not None
    assert error.code == "HL-RUN-900"
    assert "SecretiveError" in error.message
    assert (copies.texts("a"), copies.texts("c")) == ({1: "one", 2: "two"}, {7: "seven"})
    assert not copies.store.exists(copies.target("b"))
    told = [str(caught.value), str(record.to_dict()), str(copies.told(record.run_id)), caplog.text]
    assert not [text for text in told if SECRET in text]
    assert not [f for f in files_below(copies.root / "warehouse") if SECRET.encode() in _bytes(copies, f)]
    assert list((copies.root / "warehouse/_staging").rglob("*.parquet")) == []


def _bytes(copies: Copies, file: str) -> bytes:
    return (copies.root / "warehouse" / file).read_bytes()


def test_one_error_at_the_end_names_every_bad_table_and_how_to_go_on(copies: Copies) -> None:
    copies.order(a={"fail": ["prepare", SECRET]}, b={"rows": {"1": "one"}}, c={"fail": ["measure", SECRET]})
    with pytest.raises(RunFailed) as caught:
        copies.run()
    error = caught.value
    assert error.code == "HL-RUN-001"
    assert error.message.startswith("2 of 3 tables did not load: ")
    assert "a: HL-RUN-900 SecretiveError" in error.message
    assert "c: HL-RUN-900 SecretiveError" in error.message
    assert SECRET not in error.message
    assert error.hint == f"remove the cause, then `havenlake run -w local --resume {error.record.run_id}`"
    assert error.record.status is Status.FAILED
    states = {e.result.target: e.result.status for e in copies.told(error.record.run_id)}
    assert states == {
        str(copies.target("a")): Status.FAILED,
        str(copies.target("b")): Status.SUCCEEDED,
        str(copies.target("c")): Status.FAILED,
    }


def test_a_run_that_is_refused_as_a_whole_leaves_no_trace(copies: Copies) -> None:
    (copies.root / "orders/closed").touch()
    for refused in (copies.run, copies.plan):
        with pytest.raises(HavenlakeError, match="HL-RES-001 the folder is closed"):
            refused()
    assert files_below(copies.root / "warehouse") == {}


class _Broken:
    """A listener that breaks when a table ends."""

    def started(self, tables: Sequence[str]) -> None:
        pass

    def table_started(self, table: str) -> None:
        pass

    def table_finished(self, result: TableResult) -> None:
        raise ConnectionError(f"the terminal is gone before {result.status}")

    def finished(self, record: RunRecord) -> None:
        raise AssertionError(f"{record.run_id} broke and did not finish")


def test_what_tables_did_is_recorded_though_the_listener_breaks(copies: Copies) -> None:
    copies.order(a={"rows": {"1": "one"}})
    with pytest.raises(ConnectionError):
        copies.run(listener=_Broken())
    last = {e.result.target: e.result.status for e in copies.ledger.entries()}
    assert last[str(copies.target("a"))] is Status.SUCCEEDED


def test_events_that_could_not_be_written_are_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    from havenlake.runner import execute

    written: list[Any] = []

    class Ledger:
        def append(self, entries: list[Any]) -> None:
            if not written:
                written.append("tried")
                raise OSError("disk is full")
            written.extend(entries)

    class Environment:
        ledger = Ledger()

    monkeypatch.setattr(execute, "FLUSH_ENTRIES", 2)
    recorder = execute._Recorder(Environment())  # type: ignore[arg-type]
    recorder.add(["one"])  # type: ignore[list-item]
    with pytest.raises(OSError, match="full"):
        recorder.add(["two"])  # type: ignore[list-item]
    recorder.close()
    assert written == ["tried", "one", "two"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("HL-TBL-002", Status.REFUSED),
        ("HL-RES-001", Status.REFUSED),
        ("HL-SRC-008", Status.REFUSED),
        ("HL-KEY-005", Status.REFUSED),
        ("HL-SRC-002", Status.FAILED),
        ("HL-RUN-002", Status.FAILED),
    ],
)
def test_a_guard_refuses_and_anything_else_fails(code: str, status: Status) -> None:
    found, info = error_info(HavenlakeError(code, "why", where="there", hint="do this"))
    assert (found, info.code, info.message, info.hint) == (status, code, "there: why", "do this")


def test_a_fingerprint_groups_errors_of_one_kind() -> None:
    def of(error: Exception) -> str:
        return error_info(error)[1].fingerprint

    assert of(ValueError("jess")) == of(ValueError("anna"))
    assert of(ValueError("jess")) != of(KeyError("jess"))
    where = HavenlakeError("HL-SRC-002", "damaged", where="table 'a'")
    assert of(where) == of(HavenlakeError("HL-SRC-002", "damaged", where="table 'b'"))
