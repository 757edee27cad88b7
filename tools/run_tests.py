"""Runs all tests in tiers, quickest first, each in its own process, and ends with one line of counts.

Under STRICT=1 a skipped test fails its tier, and so does a tier without a test.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

NO_TESTS = 5


@dataclass(frozen=True)
class Tier:
    """Some of the tests: which, under which engine, in how many processes."""

    name: str
    select: str
    engine: str = "classic"
    arguments: tuple[str, ...] = ()


_TWO = ("-n", "2", "--dist", "loadfile")  # a session for each half: one alone leaves a core idle
TIERS = (
    Tier("without Spark", "not spark and not infrastructure", arguments=("-n", "2")),
    Tier("infrastructure", "infrastructure", arguments=("-n", "2", "--dist", "loadfile")),
    Tier("classic Spark", "spark", arguments=_TWO),
    Tier("Spark Connect", "engines or connect", "connect", _TWO),
    Tier("local-cluster", "engines or cluster", "local-cluster", _TWO),
)


def main() -> int:
    """Run every tier, also after a failure; 0 when all are well."""
    strict = os.environ.get("STRICT") == "1"
    total: Counter[str] = Counter()
    summary, bad = [], False
    for tier in TIERS:
        print(f"\n=== {tier.name}", flush=True)
        start = time.monotonic()
        code, counts = run(tier)
        bad |= code not in (0, NO_TESTS) or (strict and code == NO_TESTS)
        total += counts
        summary.append(f"{tier.name:<14} {describe(counts)} in {time.monotonic() - start:.0f} s")
    print("", *summary, describe(total), sep="\n", flush=True)
    return int(bad)


def run(tier: Tier) -> tuple[int, Counter[str]]:
    """Run one tier; pytest's exit code and the counts of its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", tier.select, f"--junitxml={report}", *tier.arguments]
        done = subprocess.run(command, env={**os.environ, "HAVENLAKE_TEST_ENGINE": tier.engine}, check=False)
        return done.returncode, counts_of(report)


def counts_of(report: Path) -> Counter[str]:
    """Passed, failed and skipped tests of a report; an error counts as a failure."""
    if not report.exists():
        return Counter(failed=1)
    suite = next(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 - our own file
    number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    failed = number["failures"] + number["errors"]
    return Counter(passed=number["tests"] - failed - number["skipped"], failed=failed, skipped=number["skipped"])


def describe(counts: Counter[str]) -> str:
    """The counts as one line."""
    return ", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped"))


if __name__ == "__main__":
    sys.exit(main())
