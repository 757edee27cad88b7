"""`havenlake scrub try | eval`: lines in, scrubbed lines out; figures that count what stays readable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from havenlake.cli.scrub_commands import scrub_app

CONLL = "I\tO\nmiss\tO\nsarah\tB-person\nin\tO\nzorblatt\tB-person\nhall\tI-person\n\ncall\tO\n415-555-0100\tB-phone\n"


def invoke(*arguments: str, text: str | None = None):
    return CliRunner().invoke(scrub_app, [*arguments], input=text)


def test_lines_are_one_conversation_and_spans_are_shown() -> None:
    done = invoke("try", "--language", "en", "--country", "us", text="my name is grace\nok grace\n\nfine\n")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "my name is <PERSON>",
        "  11-16 PERSON 0.95 name-cue-strong",
        "ok <PERSON>",
        "  3-8 PERSON 0.90 conversation",
        "",
        "fine",
    ]


def test_json_holds_spans_and_no_surface() -> None:
    done = invoke("try", "--json", text="im jess\n")
    assert json.loads(done.output) == {
        "text": "im <PERSON>",
        "spans": [{"start": 3, "end": 7, "entity": "PERSON", "score": 0.9, "recogniser": "conversation"}],
        "failure": None,
    }


def test_an_unknown_policy_is_told() -> None:
    done = invoke("try", "--policy", "defalt", text="x\n")
    assert done.exit_code == 2
    assert "did you mean 'default'?" in done.output


def test_figures_of_conll(tmp_path: Path) -> None:
    file = tmp_path / "labels.conll"
    file.write_text(CONLL)
    done = invoke("eval", str(file), "--language", "en", "--json")
    cased, lower = json.loads(done.output)
    assert (cased["case"], lower["case"]) == ("cased", "lower")
    assert cased["figures"] == [
        {"kind": "person", "count": 2, "full": 0.5, "touched": 0.5},
        {"kind": "phone", "count": 1, "full": 1.0, "touched": 1.0},
    ]
    assert (cased["overmasked"], cased["precision"], cased["failed"]) == (0.0, 1.0, 0)
    assert cased["recall"] == pytest.approx(2 / 3)
    shown = invoke("eval", str(file), "--language", "en").output
    assert "person" in shown
    assert "sarah" not in shown


def test_figures_of_json(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    spans = [{"entity_type": "PERSON", "start_position": 3, "end_position": 7}]
    file.write_text(json.dumps([{"full_text": "im jess", "spans": spans}]))
    done = json.loads(invoke("eval", str(file), "--json").output)
    assert [e["recall"] for e in done] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.json", '[{"text": "x"}]'), ("a.conll", ""), ("b.conll", None)]
)
def test_files_that_hold_no_labels_are_told(tmp_path: Path, name: str, text: str | None) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    done = invoke("eval", str(file))
    assert done.exit_code == 1
    assert "HL-SRC-002" in done.output
