"""`havenlake suggest` writes a file that the rest of the program takes, and overwrites nothing."""

import json
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from havenlake.cli import app
from havenlake.errors import CODES


def run(*arguments, env=None):
    return CliRunner().invoke(app, ["suggest", *map(str, arguments)], env=env)


@pytest.fixture
def folder(tmp_path):
    for name in ("texter", "visit"):
        (tmp_path / "export" / name).mkdir(parents=True)
        columns = {"id": [1, 2, 3], "correo": [f"secretword{i}@example.org" for i in range(3)]}
        pq.write_table(pa.table(columns), tmp_path / "export" / name / "a.parquet")
    return tmp_path / "export"


def test_data_goes_to_stdout_and_notes_to_stderr(folder):
    result = run("--from", "folder", "--place", folder, "texter")
    assert result.exit_code == 0, result.output
    assert (
        "    - correo  # the name says e-mail address; looks like an e-mail address in 3 of 3 sampled values"
        in result.stdout
    )
    assert "visit" not in result.stdout
    assert "looking at texter" in result.stderr
    assert "secretword" not in result.output


def test_a_file_is_never_overwritten_without_force(folder, tmp_path):
    out = tmp_path / "draft.yaml"
    assert run("--place", folder, "--out", out).exit_code == 0
    first = out.read_text()
    assert "visit:" in first
    refused = run("--place", folder, "texter", "--out", out)
    assert refused.exit_code == 2
    assert "HL-SUG-002" in refused.stderr
    assert out.read_text() == first
    assert run("--place", folder, "texter", "--out", out, "--force").exit_code == 0
    assert "visit:" not in out.read_text()


def test_what_fails_is_told_and_the_rest_is_written(folder):
    result = run("--place", folder, "texter", "absent")
    assert result.exit_code == 1
    assert "HL-SRC-001" in result.stderr
    assert "texter:" in result.stdout


def test_without_any_proposal_there_is_no_file(folder, tmp_path):
    (folder / "visit" / "a.parquet").unlink()
    pq.write_table(pa.table({"x": ["a", "a"]}), folder / "visit" / "a.parquet")
    result = run("--place", folder, "visit", "--out", tmp_path / "out.yaml")
    assert result.exit_code == 1
    assert "HL-SUG-001" in result.stderr
    assert not (tmp_path / "out.yaml").exists()


def test_the_source_may_be_that_of_a_job():
    result = run("--from", "folder", "-w", "local", "--job", "full_load_job")
    assert result.exit_code == 1
    assert "HL-SRC-001" in result.stderr  # the repository holds no landing folder
    nothing = run("--from", "jdbc", "-w", "local")
    assert nothing.exit_code == 2
    assert "HL-RUN-005" in nothing.stderr


def test_the_source_of_a_job_may_lie_in_a_local_folder(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "lake/landing/ctl-dev-landing/platformdb")
    result = run("texter", "-w", "ctl-dev", "--local", tmp_path / "lake")
    assert result.exit_code == 0, result.output
    assert "texter:" in result.stdout


def test_no_spark_is_imported(folder):
    code = (
        "import json, sys; from typer.testing import CliRunner; from havenlake.cli import app\n"
        f"result = CliRunner().invoke(app, ['suggest', '--place', {str(folder)!r}])\n"
        "print(json.dumps([result.exit_code, sorted(m for m in sys.modules if m in ('pyspark', 'psycopg'))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, []]


@pytest.mark.parametrize(("module", "kind"), [("psycopg", "jdbc"), ("pyarrow", "folder")])
def test_a_missing_package_is_told(monkeypatch, folder, module, kind):
    for name in [n for n in sys.modules if n.startswith("havenlake.suggest")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    place = folder if kind == "folder" else "jdbc:postgresql://localhost/x"
    result = run("--from", kind, "--place", place)
    assert result.exit_code == 1
    assert "HL-ENV-004" in result.stderr
    assert "HL-ENV-004" in CODES
