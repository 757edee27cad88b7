from __future__ import annotations

import json
import pickle

import pytest
from pyspark.sql import functions as F

from havenlake.errors import HavenlakeError
from havenlake.sources import coded, translate
from havenlake.sources.errors import PROBLEMS, condition_of, worker_error

SECRET = "jess called"


def raised(action):
    try:
        action()
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


def test_coded_errors_pass_unchanged():
    error = HavenlakeError("HL-TBL-002", "shrank")
    assert coded(error) is error
    assert translate(error, "t") is error


def test_a_plain_failure_keeps_its_class_only():
    error = coded(raised(lambda: int(SECRET)))
    assert (error.code, error.message) == ("HL-RUN-900", "ValueError")


def test_the_place_in_our_own_code_is_told():
    from havenlake.sources._listing import decide_format

    error = coded(raised(lambda: decide_format("auto", [], "t")))
    assert error.message.startswith("IndexError, at havenlake.sources._listing:")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_a_worker_says_is_read_back(problem):
    told = worker_error("1/a b.csv", problem, 7)
    assert isinstance(pickle.loads(pickle.dumps(told)), HavenlakeError)  # noqa: S301
    for text in (f"Traceback …\nhavenlake.errors.HavenlakeError: {told}\n\n\tat org.apache…", None):
        error = translate(told if text is None else RuntimeError(text), "t")
        assert (error.code, error.where) == ("HL-SRC-002", "table 't'")
        assert error.message == f"source file '1/a b.csv' cannot be read: {PROBLEMS[problem]} (record 7)"
    assert coded(RuntimeError(f"havenlake.errors.HavenlakeError: {told}")).code == "HL-SRC-002"


def test_a_code_raised_in_a_worker_keeps_code_and_title():
    text = (
        f"Traceback …\nhavenlake.errors.HavenlakeError: column x: HL-KEY-004 opened {SECRET}\n  hint: none\n\tat org…"
    )
    error = coded(RuntimeError(text))
    assert (error.code, error.message) == ("HL-KEY-004", error.title)
    assert coded(RuntimeError("havenlake.errors.HavenlakeError: HL-NOT-000 x")).code == "HL-RUN-900"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (
            "An error while calling o5.\n: org.apache.spark.SparkException: [FAILED_READ_FILE.NO_HINT] E",
            "FAILED_READ_FILE.NO_HINT",
        ),
        ("(org.apache.spark.SparkException) [MALFORMED_RECORD_IN_PARSING] x", "MALFORMED_RECORD_IN_PARSING"),
        ("[DIVIDE_BY_ZERO] x", "DIVIDE_BY_ZERO"),
        ("[HELP] x", None),
        ("a message said [PLEASE_HELP]", None),
    ],
)
def test_conditions_are_found_and_row_text_is_not_taken_for_one(text, condition):
    assert condition_of(RuntimeError(text)) == condition


def test_a_bad_file_of_the_target_is_not_blamed_on_the_source():
    class Source:
        files = ()

    text = (
        ": org.apache.spark.SparkException: [FAILED_READ_FILE.NO_HINT] while reading file file:/w/b.parquet.  SQLSTATE"
    )
    assert translate(RuntimeError(text), "t", Source()).code == "HL-RUN-900"  # type: ignore[arg-type]
    assert translate(RuntimeError(text), "t").message.startswith("source file 'b.parquet' is damaged")


@pytest.mark.engines
def test_engine_failures_never_quote_a_row(spark):
    frame = spark.createDataFrame([(SECRET,)], "text string")

    def broken(batches):
        for batch in batches:
            raise ValueError(batch["text"].to_pylist())
            yield

    for action, expected in (
        (lambda: frame.selectExpr("cast(text as int)").collect(), "CAST_INVALID_INPUT"),
        (lambda: frame.select(F.raise_error(F.col("text"))).collect(), "USER_RAISED_EXCEPTION"),
        (lambda: frame.mapInArrow(broken, "text string").collect(), "Exception"),
        (lambda: frame.select("nowhere").collect(), "UNRESOLVED_COLUMN"),
        (lambda: spark.sql(f"selec '{SECRET}'").collect(), "PARSE_SYNTAX_ERROR"),
    ):
        error = coded(raised(action))
        assert error.code == "HL-RUN-900"
        assert expected in error.message
        assert "jess" not in json.dumps([error.message, error.hint, str(error)])
