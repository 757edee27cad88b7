import signal
import subprocess
import sys

import pytest

from havenlake.runtime.faults import fault_point

LOOP = """
from havenlake.runtime.faults import fault_point
for n in range(1, 5):
    fault_point("staged")
    fault_point("merged")
    print(n, flush=True)
"""


@pytest.mark.parametrize(
    ("fault", "printed", "killed"),
    [("merged", "", True), ("merged:3", "1\n2\n", True), ("elsewhere", "1\n2\n3\n4\n", False)],
)
def test_the_process_dies_at_the_named_point(monkeypatch, fault, printed, killed):
    monkeypatch.setenv("HAVENLAKE_FAULT", fault)
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, text=True, check=False)
    assert done.stdout == printed
    assert done.returncode == (-signal.SIGKILL if killed else 0), done.stderr


def test_without_the_variable_nothing_happens(monkeypatch):
    monkeypatch.delenv("HAVENLAKE_FAULT", raising=False)
    assert fault_point("merged") is None
