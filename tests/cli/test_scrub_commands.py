"""`havenlake scrub`: lines in, scrubbed lines out; figures that count what stays readable; a model trained."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from havenlake.cli.scrub_commands import scrub_app

CONLL = "I\tO\nmiss\tO\nsarah\tB-person\nask\tO\nthe\tB-person\nman\tI-person\n\ncall\tO\n415-555-0100\tB-phone\n"


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


def test_a_file_is_read_and_each_span_explained(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("miss u zorblatt\nmy name is grace\ncall 415 555 0100\n", "utf-8")
    done = invoke("try", str(file), "--language", "en", "--country", "us", "--explain")
    spans = [line for line in done.output.splitlines() if line.startswith("  ")]
    assert [line.partition(" (")[2].partition(":")[0] for line in spans] == ["conversation", "cue", "recogniser"]
    assert "zorblatt" not in done.output
    assert "HL-SRC-002" in invoke("try", str(tmp_path / "none.txt")).output


def test_an_unknown_policy_is_told() -> None:
    done = invoke("try", "--policy", "defalt", text="x\n")
    assert done.exit_code == 2
    assert "did you mean 'default'?" in done.output


def test_figures_of_conll(tmp_path: Path) -> None:
    file = tmp_path / "labels.conll"
    file.write_text(CONLL)
    done = invoke("evaluate", str(file), "--language", "en", "--json")
    cased, lower = json.loads(done.output)
    assert (cased["case"], lower["case"]) == ("cased", "lower")
    assert [(f["kind"], f["count"], f["full"], f["touched"]) for f in cased["figures"]] == [
        ("person", 2, 0.5, 0.5),
        ("phone", 1, 1.0, 1.0),
    ]
    assert cased["figures"][0]["full_low"] == pytest.approx(0.0945, abs=1e-4)
    assert cased["figures"][0]["full_high"] == pytest.approx(0.9055, abs=1e-4)
    assert cased["language"] == "en"
    assert (cased["overmasked"], cased["precision"], cased["failed"]) == (0.0, 1.0, 0)
    assert cased["recall"] == pytest.approx(2 / 3)
    shown = invoke("evaluate", str(file), "--language", "en").output
    assert "person" in shown
    assert "sarah" not in shown


def test_figures_of_json(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    spans = [{"entity_type": "PERSON", "start_position": 3, "end_position": 7}]
    file.write_text(json.dumps([{"full_text": "im jess", "spans": spans}]))
    done = json.loads(invoke("evaluate", str(file), "--json").output)
    assert [e["recall"] for e in done] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "{"), ("a.json", '[{"text": "x"}]'), ("a.conll", ""), ("b.conll", None)]
)
def test_files_that_hold_no_labels_are_told(tmp_path: Path, name: str, text: str | None) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    done = invoke("evaluate", str(file))
    assert done.exit_code == 1
    assert "HL-SRC-002" in done.output


def test_figures_come_by_language(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    spans = [{"entity_type": "PERSON", "start_position": 4, "end_position": 8}]
    texts = [{"full_text": "bin Jana", "spans": spans, "language": "de"}, {"full_text": "i'm Jess", "spans": spans}]
    file.write_text(json.dumps(texts))
    done = json.loads(invoke("evaluate", str(file), "--language", "en", "--json").output)
    assert [(e["language"], e["case"], e["recall"]) for e in done] == [
        ("de", "cased", 1.0),
        ("de", "lower", 1.0),
        ("en", "cased", 1.0),
        ("en", "lower", 1.0),
    ]


def test_a_sheet_is_reviewed_and_bounds_what_leaks(tmp_path: Path) -> None:
    labels, sheet = tmp_path / "labels.conll", tmp_path / "sheet.csv"
    labels.write_text(CONLL)
    assert invoke("evaluate", str(labels), "--review", str(sheet), "--rows", "5").exit_code == 0
    text = sheet.read_text()
    assert text.splitlines()[0] == "number,leaks (x),masked in vain (x),scrubbed text"
    assert "sarah" not in text
    assert "415" not in text
    sheet.write_text(text.replace("1,,,", "1,x,,"))
    found = json.loads(invoke("reviewed", str(sheet), "--json").output)
    assert (found["rows"], found["leaks"], found["in_vain"]) == (2, 1, 0)
    assert found["leaks_at_most"] == pytest.approx(0.9055, abs=1e-4)
    assert "HL-SRC-002" in invoke("reviewed", str(labels)).output


def test_a_model_is_trained_into_a_folder(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary.tsv"
    ordinary.write_text("en\ti had soup\nde\tich hatte suppe\n")
    done = invoke("train", str(tmp_path / "model"), "--ordinary", str(ordinary), "--rounds", "1", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.output)
    content = (tmp_path / "model" / "names.model").read_bytes()
    assert hashlib.sha256(content).hexdigest() == facts["sha256"]
    assert facts["sha256"] in (tmp_path / "model" / "models.lock").read_text()
    assert json.loads((tmp_path / "model" / "names.model.json").read_text()) == facts
    ordinary.write_text("i had soup\n")
    assert "HL-SRC-002" in invoke("train", str(tmp_path / "x"), "--ordinary", str(ordinary)).output
