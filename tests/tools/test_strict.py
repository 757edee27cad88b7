import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="no server here")
def test_left_out():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_expected():
    raise ValueError

@pytest.mark.soak
def test_long():
    raise ValueError

@pytest.mark.engines
def test_everywhere():
    pass

@pytest.mark.cluster
def test_cluster_only():
    pass
"""


def run(folder, *arguments, **settings):
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = soak\n engines\n cluster\n connect\n spark\n")
    (folder / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-v", "-n", "0", *arguments]
    env = {k: v for k, v in os.environ.items() if k not in ("STRICT", "HAVENLAKE_TEST_ENGINE", "PYTEST_ADDOPTS")}
    env = {**env, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_skip_is_a_failure_only_when_strict(tmp_path):
    easy, strict = run(tmp_path), run(tmp_path, STRICT="1")
    assert easy.returncode == 0, easy.stdout
    assert "2 passed, 1 skipped, 2 deselected, 1 xfailed" in easy.stdout
    assert strict.returncode == 1
    assert "STRICT: a skipped test is a failure" in strict.stdout
    assert "test_some.py::test_left_out" in strict.stdout.split("STRICT:")[1]


def test_strictness_reaches_through_several_processes(tmp_path):
    strict = run(tmp_path, "-n", "2", STRICT="1")
    assert strict.returncode == 1, strict.stdout
    assert "test_some.py::test_left_out" in strict.stdout.split("STRICT:")[1]


def test_soak_tests_run_when_asked_for(tmp_path):
    done = run(tmp_path, "--soak", "-m", "soak")
    assert done.returncode == 1
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(
    ("engine", "ran"),
    [("connect", ["test_everywhere"]), ("local-cluster", ["test_everywhere", "test_cluster_only"])],
)
def test_an_engine_runs_its_own_tests(tmp_path, engine, ran):
    done = run(tmp_path, HAVENLAKE_TEST_ENGINE=engine)
    passed = [line.split("::")[1].split()[0] for line in done.stdout.splitlines() if "PASSED" in line]
    assert passed == ran
