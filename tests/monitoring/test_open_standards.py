"""OpenTelemetry's and OpenLineage's official clients against a server on loopback, and into a file."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from havenlake.monitoring.lineage import lineage_run
from havenlake.monitoring.sinks.openlineage import OpenLineageSink
from havenlake.monitoring.sinks.otlp import OtlpSink
from havenlake.records import RowCounts, Status
from tests.monitoring.runs import DEV, run, tell
from tests.reports.ledgers import BROKEN, CONTEXT, result, schema


class Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Post)
        self.got, self.status = [], 200

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Post(BaseHTTPRequestHandler):
    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        raw = gzip.decompress(raw) if self.headers["Content-Encoding"] == "gzip" else raw
        self.server.got.append((self.path, dict(self.headers), raw))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    server = Collector()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


MESSAGE = schema(id="long", conversation_id="long", message="string", status="string", type="string",
                 timestamp="timestamp", remark="string")  # fmt: skip
GOOD = result("message", counts=RowCounts(read=10, inserted=3), schema=MESSAGE, source="folder message")


def test_otlp_metrics_and_logs_arrive_through_the_official_exporters(collector):
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    kept = tell(run("r1", GOOD), {"otlp": lambda: OtlpSink(collector.url, {"x-token": "t"})})
    assert [d.delivered for d in kept.rows] == [True]
    assert {headers["x-token"] for _, headers, _ in collector.got} == {"t"}
    found = {}
    for path, _, raw in collector.got:
        if path == "/v1/metrics":
            for metric in ExportMetricsServiceRequest.FromString(raw).resource_metrics[0].scope_metrics[0].metrics:
                data = metric.sum if metric.HasField("sum") else metric.gauge
                found[metric.name] = (metric.WhichOneof("data"), [p.as_double for p in data.data_points])
    assert found["havenlake.table.rows_in"] == ("sum", [10.0])
    assert found["havenlake.table.duration"] == ("gauge", [6.0])
    assert found["havenlake.run.heartbeat"] == ("sum", [1.0])
    (raw,) = [raw for path, _, raw in collector.got if path == "/v1/logs"]
    (record,) = ExportLogsServiceRequest.FromString(raw).resource_logs[0].scope_logs[0].log_records
    fields = {a.key: a.value.string_value for a in record.attributes}
    assert (fields["event"], fields["run"], fields["job"]) == ("run_finished", "r1", "full_load_job")


def test_a_collector_that_refuses_is_a_warning(collector, caplog):
    collector.status = 400
    kept = tell(run("r1", GOOD), {"otlp": lambda: OtlpSink(collector.url)})
    assert [d.delivered for d in kept.rows] == [False]
    assert "HL-MON-001 the OpenTelemetry collector did not take telemetry" in caplog.text


def test_lineage_follows_the_classification():
    asset = DEV.assets_of(DEV.job("full_load_job"))["message"]
    bronze = {c.name: (c.how, c.masking) for c in lineage_run(CONTEXT, GOOD, asset).columns}
    assert bronze["message"] == ("encrypted", True)
    assert bronze["remark"] == ("encrypted", True)  # named nowhere
    assert bronze["status"] == ("copied", False)
    from dataclasses import replace

    silver = {c.name: c.how for c in lineage_run(replace(CONTEXT, layer="silver"), GOOD, asset).columns}
    assert silver["message"] == "scrubbed"
    assert "remark" not in silver


def test_openlineage_events_go_to_a_file(tmp_path):
    file = tmp_path / "lineage" / "events.jsonl"
    failed = result("texter", Status.FAILED, error=BROKEN)
    tell(run("r1", GOOD, failed), {"openlineage": lambda: OpenLineageSink(file=file)})
    events = [json.loads(line) for line in file.read_text().splitlines()]
    kinds = [(e["eventType"], e["job"]["name"].rpartition(".")[2]) for e in events]
    assert kinds == [("START", "message"), ("COMPLETE", "message"), ("START", "texter"), ("FAIL", "texter")]
    done = events[1]
    assert done["run"]["runId"] == events[0]["run"]["runId"]
    (output,) = done["outputs"]
    assert output["name"] == "ctl_dev_bronze.platformdb.message"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 3
    assert [f["name"] for f in output["facets"]["schema"]["fields"]][:2] == ["id", "conversation_id"]
    (source,) = output["facets"]["columnLineage"]["fields"]["message"]["inputFields"]
    assert (source["name"], source["field"]) == ("folder message", "message")
    assert source["transformations"][0]["masking"] is True
    assert "HL-SRC-002" in events[3]["run"]["facets"]["errorMessage"]["message"]


def test_openlineage_events_go_to_a_service_with_the_key(collector):
    kept = tell(run("r1", GOOD), {"openlineage": lambda: OpenLineageSink(url=collector.url, api_key="k")})
    assert [d.delivered for d in kept.rows] == [True]
    assert [json.loads(raw)["eventType"] for _, _, raw in collector.got] == ["START", "COMPLETE"]
    assert {headers["Authorization"] for _, headers, _ in collector.got} == {"Bearer k"}


def test_openlineage_that_refuses_is_a_warning(collector, caplog):
    collector.status = 403
    kept = tell(run("r1", GOOD), {"openlineage": lambda: OpenLineageSink(url=collector.url)})
    assert [d.delivered for d in kept.rows] == [False]
    assert "HL-MON-001 OpenLineage events were not taken" in caplog.text
