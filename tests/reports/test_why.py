"""`why` names the real change, and only that."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from havenlake.errors import HavenlakeError
from havenlake.records import ErrorInfo, RowCounts, Status
from havenlake.reports.why import Why, why
from tests.reports.ledgers import BROKEN, CONTEXT, HELD, entry, minutes, run, schema, target

BEFORE = {
    "contract_fingerprint": "k1",
    "source": "s3://landing/message",
    "source_position": "export-1",
    "schema": schema(id="long", body="string"),
    "counts": RowCounts(read=100),
    "version_before": 4,
    "version_after": 5,
}
AFTER = {**BEFORE, "version_before": 5, "version_after": None}


def answer(bad_result: dict | None = None, bad_context: dict | None = None) -> Why:
    """One good run, then one that failed and differs by what is given."""
    context = replace(run("bad"), **(bad_context or {}))
    good = entry(minutes(60), context=run("good"), **BEFORE)
    return why([entry(minutes(5), Status.FAILED, context=context, **{**AFTER, **(bad_result or {})}), good], "message")


@pytest.mark.parametrize(
    ("result", "context", "what"),
    [
        ({}, {"config_fingerprint": "other"}, "configuration"),
        ({"contract_fingerprint": "k2"}, {}, "data contract"),
        ({}, {"code_version": "0.2.0"}, "code version"),
        ({"schema": schema(id="long", body="binary")}, {}, "source schema"),
        ({"source": "s3://elsewhere/message"}, {}, "source"),
        ({"version_before": 7}, {}, "target table"),
    ],
)
def test_the_one_thing_that_changed_is_named_and_nothing_else(result, context, what):
    found = answer(result, context)
    assert [c.what for c in found.changes] == [what]
    assert not found.changes[0].usual
    assert f"Since it was last good, {what} changed" in found.sentence
    assert what not in found.comparison.same


@pytest.mark.parametrize(
    ("result", "what"),
    [({"source_position": "export-2"}, "source position"), ({"counts": RowCounts(read=7)}, "rows read")],
)
def test_what_changes_in_every_run_is_told_but_not_blamed(result, what):
    found = answer(result)
    assert [(c.what, c.usual) for c in found.changes] == [(what, True)]
    assert "Unchanged since it was last good: configuration, data contract, code version" in found.sentence


def test_suspects_stand_before_the_usual_and_schema_changes_are_spelt_out():
    found = answer(
        {"source_position": "export-2", "schema": schema(id="string", mood="string")}, {"code_version": "0.2.0"}
    )
    assert [c.what for c in found.changes] == ["code version", "source schema", "source position"]
    assert found.changes[1].details == ("added mood string", "removed body string", "changed id: long → string")


def test_a_foreign_commit_stands_before_the_new_export():
    found = answer({"source_position": "export-2", "version_before": 7})
    assert [c.what for c in found.changes] == ["target table", "source position"]
    assert found.changes[0].details == ("2 commits by others",)


@pytest.mark.parametrize("lost", ["contract_fingerprint", "schema", "source", "source_position"])
def test_what_a_failed_attempt_did_not_record_is_unknown_not_changed(lost):
    found = answer({lost: ""})
    assert found.changes == ()
    names = {"contract_fingerprint": "data contract", "schema": "source schema"}
    assert names.get(lost, lost.replace("_", " ")) in found.comparison.unknown


def test_fingerprints_that_differ_only_at_their_end_differ():
    longer = {"contract_fingerprint": f"{BEFORE['contract_fingerprint']}0000000000001"}
    found = answer(longer, {"config_fingerprint": CONTEXT.config_fingerprint + "9"})
    assert [c.what for c in found.changes] == ["configuration", "data contract"]
    assert all(c.before != c.after for c in found.changes)


def test_first_bad_is_the_one_after_the_last_good_not_the_latest():
    found = why(
        [
            entry(minutes(90), Status.FAILED, context=run("old")),
            entry(minutes(80), Status.UNCHANGED, context=run("good")),
            entry(minutes(70), Status.REFUSED, context=run("first", code_version="0.2.0")),
            entry(minutes(60), Status.FAILED, context=run("later", code_version="0.3.0")),
        ],
        "message",
    )
    assert found.last_good
    assert found.first_bad
    assert (found.last_good.context.run_id, found.first_bad.context.run_id) == ("good", "first")
    assert found.latest.context.run_id == "later"
    assert found.bad_attempts == 2
    assert found.changes[0].after == "0.2.0"
    assert "2 attempts in a row went wrong" in found.sentence


def test_never_loaded_compares_nothing():
    found = why([entry(minutes(5), Status.FAILED)], "message")
    assert found.last_good is None
    assert found.changes == ()
    assert "has never been loaded" in found.sentence


def test_of_two_bad_layers_the_one_that_went_bad_first_is_explained():
    silver = run("s", layer="silver")
    found = why(
        [
            entry(minutes(60)),
            entry(minutes(59), context=silver),
            entry(minutes(10), Status.FAILED, context=run("b2")),
            entry(minutes(5), Status.FAILED, context=replace(silver, run_id="s2")),
        ],
        "platformdb.message",
    )
    assert found.layer == "bronze"
    assert found.also_bad == (f"silver {target('message', 'silver')}",)


def test_a_chosen_layer_and_a_full_name_are_obeyed():
    entries = [entry(minutes(9), Status.FAILED), entry(minutes(5), context=run("s", layer="silver"))]
    assert why(entries, "message", layer="silver").bad_attempts == 0
    assert why(entries, target("message", "silver")).layer == "silver"
    with pytest.raises(HavenlakeError, match="HL-RUN-007") as raised:
        why(entries, "message", layer="gold")
    assert "gold" in str(raised.value)


def test_a_fine_table_compares_its_last_two_good_attempts():
    entries = [entry(minutes(60), context=run("a")), entry(minutes(5), context=run("b", code_version="0.2.0"))]
    found = why(entries, "message")
    assert found.first_bad is None
    assert "is in order" in found.sentence
    assert [c.what for c in found.changes] == ["code version"]
    assert "--resume" not in "".join(s.command for s in found.steps)


def test_an_unknown_table_gets_the_nearest_name():
    with pytest.raises(HavenlakeError) as raised:
        why([entry(minutes(5))], "mesage")
    assert raised.value.code == "HL-RUN-007"
    assert raised.value.hint == "did you mean 'message'?"


def test_while_a_run_is_at_work_nobody_is_told_to_start_another():
    found = why([entry(minutes(5), Status.FAILED), entry(minutes(1), Status.RUNNING, context=run("b"))], "message")
    assert found.running
    assert found.running.context.run_id == "b"
    assert "A run is at work on it now." in found.sentence
    assert not any(s.command.startswith("havenlake run") for s in found.steps)


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("HL-CFG-009", "havenlake validate -w ctl-dev"),
        ("HL-SEC-001", "havenlake doctor"),
        ("HL-KEY-003", "havenlake keys status -w ctl-dev"),
        ("HL-SRC-002", "havenlake plan -w ctl-dev --job full_load_job --table message --exact"),
        ("HL-TBL-002", "havenlake plan -w ctl-dev --job full_load_job --table message --exact"),
        ("HL-RUN-002", "havenlake status -w ctl-dev"),
        ("HL-RUN-900", "havenlake run -w ctl-dev --resume bad"),
    ],
)
def test_what_to_type_depends_on_the_error_and_ends_with_the_rerun(code, first):
    commands = [s.command for s in answer({"error": ErrorInfo(code, "m")}).steps]
    assert commands[0] == first
    assert commands[-2:] == [
        "havenlake run -w ctl-dev --resume bad",
        "havenlake run -w ctl-dev --job full_load_job --table message",
    ]


def test_names_cannot_break_out_of_a_command_line():
    hostile = "x; rm -rf ~\n$(id)"
    found = why([entry(minutes(5), Status.FAILED, table=hostile, error=HELD)], hostile)
    assert found.steps[-1].command.endswith("--table 'x; rm -rf ~ $(id)'")


def test_machine_form_is_json():
    read = json.loads(json.dumps(answer({}, {"code_version": "2"}).to_dict(), default=str))
    assert read["comparison"]["changes"][0]["what"] == "code version"
    assert read["latest"]["result"]["error"]["code"] == BROKEN.code
