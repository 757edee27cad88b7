import io
import json
import logging

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime.logs import log_context, protect, redacted, set_up_logs, wants_json

LOG = logging.getLogger("havenlake.test")


@pytest.fixture(autouse=True)
def untouched():
    """Put the logger back after each test."""
    logger = logging.getLogger("havenlake")
    before = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers[:], logger.level, logger.propagate = before


def test_json_lines_carry_the_context():
    stream = io.StringIO()
    set_up_logs(stream=stream, as_json=True)
    with log_context(run="r1", job="full_load_job"), log_context(table="message"):
        LOG.info("merged %d rows", 3)
    LOG.warning("done")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["message"] == "merged 3 rows"
    assert (first["run"], first["job"], first["table"], first["level"]) == ("r1", "full_load_job", "message", "info")
    assert "table" not in second


def test_text_is_for_people():
    stream = io.StringIO()
    set_up_logs(stream=stream, as_json=False)
    with log_context(table="message"):
        LOG.warning("slow")
    assert stream.getvalue().split(" ", 1)[1] == "message: warning: slow\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_an_errors_text_and_trace_never_reach_a_log(as_json):
    stream = io.StringIO()
    set_up_logs(stream=stream, as_json=as_json)
    for error in (ValueError("call 415 555 0100"), HavenlakeError("HL-SRC-002", "bad 415 555 0100")):
        try:
            raise error
        except (ValueError, HavenlakeError):
            LOG.exception("table failed")
    assert "555" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "HL-SRC-002" in stream.getvalue()


def test_root_stays_alone_and_set_up_replaces_itself():
    root = logging.getLogger()
    before = list(root.handlers), root.level
    first, second = io.StringIO(), io.StringIO()
    set_up_logs(stream=first)
    set_up_logs(stream=second, level=logging.WARNING)
    LOG.warning("once")
    LOG.info("not at all")
    assert (list(root.handlers), root.level) == before
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


def test_json_is_chosen_on_databricks_or_by_wish(monkeypatch):
    monkeypatch.delenv("HAVENLAKE_LOG", raising=False)
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    assert not wants_json()
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    assert wants_json()
    monkeypatch.setenv("HAVENLAKE_LOG", "text")
    assert not wants_json()


SECRETS = [
    "password=hunter22",
    "api_key: 0123456789abcdef",
    "Authorization: Bearer abc.def",
    "https://hooks.slack.com/services/T0/B0/abcdef",
    "https://prod-1.westus.logic.azure.com/workflows/abc?sig=def",
    "dapi0123456789abcdef0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqZXNzIn0.c2ln",
    "jdbc:postgresql://admin:s3cret@db.example/app",
    "jess@example.org",
    "+1 415 555 0100",
    "(415) 555-0100",
    "415.555.0100",
]


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_or_a_person_is_hidden(secret, as_json):
    stream = io.StringIO()
    set_up_logs(stream=stream, as_json=as_json)
    LOG.warning("before %s after", secret)
    line = stream.getvalue()
    assert secret not in line
    assert "<hidden>" in line
    assert "before " in line
    for part in ("hunter22", "abcdef", "s3cret", "jess", "0100"):
        assert part not in line


@pytest.mark.parametrize(
    "harmless",
    [
        "run 20260314T124400-abc123 of 12345678 rows",
        "2026-03-14 12:44:00 UTC",
        "ctl_prod_bronze.platformdb.message at version 123456",
        "s3://ctl-prod-landing/platformdb at 127.0.0.1:5432",
        "fingerprint 0123456789abcdef",
    ],
)
def test_what_is_harmless_stays(harmless):
    assert redacted(harmless) == harmless


def test_a_secret_that_was_opened_is_hidden_wherever_it_stands():
    protect("zk-opened-by-this-test")
    assert redacted("GET /x/zk-opened-by-this-test/y") == "GET /x/<hidden>/y"


def test_an_event_brings_fields_of_its_own_and_keeps_the_owner():
    stream = io.StringIO()
    set_up_logs(stream=stream, as_json=True)
    fields = {"event": "table_stale", "table": "platformdb.message", "owner": "data@ctl.example", "note": "x@y.example"}
    with log_context(run="r1", job="freshness_job"):
        LOG.error("late", extra={"fields": fields})
    line = json.loads(stream.getvalue())
    assert (line["service"], line["run"], line["job"]) == ("havenlake", "r1", "freshness_job")
    assert (line["event"], line["table"], line["owner"]) == ("table_stale", "platformdb.message", "data@ctl.example")
    assert line["note"] == "<hidden>"
