"""Runs that die by SIGKILL in a process of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from havenlake.runtime.session import JAVA_VARIABLE, QUICK_START

_ENVIRONMENT = {
    JAVA_VARIABLE: QUICK_START,
    "HAVENLAKE_DRIVER_MEMORY": "1g",
}


def _command(root: Path, job: str) -> list[str]:
    code = "from havenlake.cli import main; main()"
    return [sys.executable, "-c", code, "run", "-w", "local", "-j", job, "--root", str(root)]


def die_at(root: Path, job: str, fault: str) -> None:
    """Run a job that kills itself at a fault point, and see that it did."""
    done = subprocess.run(
        _command(root, job),
        env={**os.environ, **_ENVIRONMENT, "HAVENLAKE_FAULT": fault},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, f"the run did not reach {fault}: {done.stderr.decode()[-2000:]}"


def die_after(root: Path, job: str, seconds: float) -> bool:
    """Run a job and kill it `seconds` after its ledger entry appeared; False when it had ended before."""
    log = root / ".havenlake/local_operations/havenlake/ledger/_delta_log"
    before = len(list(log.glob("*.json"))) if log.exists() else 0
    process = subprocess.Popen(
        _command(root, job),
        env={**os.environ, **_ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and (not log.exists() or len(list(log.glob("*.json"))) == before):
        time.sleep(0.05)
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL
