import io
import json
import logging

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime.logs import log_context, set_up_logs, wants_json

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
