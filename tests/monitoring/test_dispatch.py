"""Nobody who tells something waits: queues are bounded, drops are counted, the end has a deadline."""

import threading

from havenlake.errors import HavenlakeError
from havenlake.monitoring import Dispatcher
from havenlake.monitoring.signals import point
from havenlake.runner.telemetry import Telemetry  # noqa: F401  the layer above is importable without Spark
from tests.monitoring.runs import run, tell, told_by
from tests.reports.ledgers import NOW, minutes, result

KEY = ("run-1", 1)


def points(number):
    tags = {"instance": "i", "zone": "z", "env": "e", "layer": "bronze"}
    return [point("havenlake.table.rows_in", n, NOW, **tags, table=f"t{n}") for n in range(number)]


class Recording:
    def __init__(self, wait=None, fail=None):
        self.got, self.wait, self.fail, self.busy, self.closed = [], wait, fail, threading.Event(), False

    def deliver(self, signals):
        self.busy.set()
        if self.wait:
            self.wait.wait()
        if self.fail:
            raise self.fail
        self.got += signals

    def close(self):
        self.closed = True


def test_everything_arrives_in_order_and_the_sink_is_closed():
    sink = Recording()
    dispatcher = Dispatcher({"a": lambda: sink})
    told = points(2_500)
    for p in told:
        dispatcher.put(KEY, [p])
    dispatcher.close(60)
    assert sink.got == told
    assert sink.closed
    assert dispatcher.delivered("a", KEY)
    assert dispatcher.dropped() == {}


def test_a_put_never_waits_for_a_sink_that_hangs():
    """The sink holds its thread for ever; were a put to wait, this test would not end."""
    hold = threading.Event()
    sink = Recording(wait=hold)
    dispatcher = Dispatcher({"a": lambda: sink}, size=100)
    dispatcher.put(KEY, points(1))
    sink.busy.wait()
    loads = [threading.Thread(target=lambda: [dispatcher.put(KEY, [p]) for p in points(500)]) for _ in range(4)]
    for load in loads:
        load.start()
    for load in loads:
        load.join()
    assert dispatcher.dropped() == {"a": 4 * 500 - 100}
    dispatcher.close(0.01)
    assert not dispatcher.delivered("a", KEY)
    hold.set()


def test_a_slow_sink_does_not_hold_up_another():
    hold, good = threading.Event(), Recording()
    dispatcher = Dispatcher({"slow": lambda: Recording(wait=hold), "good": lambda: good})
    dispatcher.put(KEY, points(3))
    dispatcher.close(0.05)
    dispatcher._lanes["good"]._thread.join()
    assert len(good.got) == 3
    assert dispatcher.delivered("good", KEY)
    assert not dispatcher.delivered("slow", KEY)
    hold.set()


def test_a_failure_is_told_once_by_its_kind_and_known_by_attempt(caplog):
    sink = Recording(fail=ValueError("the secret is hunter2"))
    dispatcher = Dispatcher({"a": lambda: sink})
    dispatcher.put(KEY, points(1_500))
    dispatcher.put(("run-0", 1), points(1))
    dispatcher.close(60)
    assert not dispatcher.delivered("a", KEY)
    assert [r.message.partition(" (the load")[0] for r in caplog.records] == [
        "HL-MON-001 a could not be reached (ValueError)"
    ]
    assert "hunter2" not in caplog.text


def test_a_sink_that_cannot_be_made_is_one_warning_and_no_more(caplog):
    def missing():
        raise HavenlakeError("HL-SEC-001", "secret ctl-dev-datadog/api-key is missing", hint="put it there")

    kept = tell(run("r1", result("message"), result("texter")), {"datadog": missing})
    (warning,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert warning == "HL-SEC-001 secret ctl-dev-datadog/api-key is missing (put it there)"
    assert [d.delivered for d in kept.rows] == [False]


def test_what_did_not_fit_is_counted_and_told_again():
    sink = Recording()
    kept = tell(run("r1", result("message")), {"a": lambda: sink}, queue=3)
    dropped = [s for s in sink.got if getattr(s, "metric", "") == "havenlake.telemetry.dropped"]
    assert [p.labels["sink"] for p in dropped] == ["a"]
    assert [d.delivered for d in kept.rows] == [False]
    again = Recording()
    history = told_by(run("r1", result("message"), at=minutes(2)))
    tell(run("r2", result("texter")), {"a": lambda: again}, history=history, deliveries=kept)
    assert {p.labels["table"] for p in again.got if getattr(p, "metric", "") == "havenlake.table.runs"} == {
        "platformdb.message",
        "platformdb.texter",
    }


def test_an_attempt_that_was_killed_is_told_by_the_next_run():
    kept = tell(run("r1", result("message")), {"a": Recording})
    history = [*told_by(run("r1", result("message"))), *told_by(run("killed", result("shift"), at=minutes(2)))]
    early = kept.rows[0]
    kept.rows[0] = type(early)(early.sink, early.job, early.run_id, early.attempt, early.delivered, minutes(60))
    sink = Recording()
    tell(run("r2", result("texter")), {"a": lambda: sink}, history=history, deliveries=kept)
    tables = [p.labels["table"] for p in sink.got if getattr(p, "metric", "") == "havenlake.table.runs"]
    assert sorted(tables) == ["platformdb.shift", "platformdb.texter"]


def test_a_sink_that_is_new_is_not_told_of_the_past():
    sink = Recording()
    tell(run("r2", result("texter")), {"a": lambda: sink}, history=told_by(run("r1", result("message"), at=minutes(2))))
    tables = [p.labels["table"] for p in sink.got if getattr(p, "metric", "") == "havenlake.table.runs"]
    assert tables == ["platformdb.texter"]


def test_deliveries_that_cannot_be_kept_do_not_fail_the_run(caplog):
    class Locked:
        def of_job(self, *_):
            raise OSError("locked")

        append = of_job

    sink = Recording()
    tell(run("r1", result("message")), {"a": lambda: sink}, deliveries=Locked())
    assert sink.got
    assert "telemetry of earlier runs was not told (OSError)" in caplog.text


def test_the_file_sink_writes_one_line_a_signal(tmp_path):
    import json

    from havenlake.monitoring.sinks.file import FileSink

    kept = tell(run("r1", result("message")), {"file": lambda: FileSink(tmp_path / "telemetry")})
    (file,) = (tmp_path / "telemetry").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["signal"] for line in lines} == {"point", "event", "lineage"}
    assert kept.rows == []  # what stays on this machine is not told again


def test_the_terminal_shows_events(capsys):
    from havenlake.monitoring.sinks.terminal import TerminalSink

    tell(run("r1", result("message")), {"terminal": TerminalSink})
    assert "info: ctl-dev: full_load_job succeeded: 1 succeeded in" in capsys.readouterr().err
