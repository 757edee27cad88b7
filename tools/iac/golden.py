"""Golden summaries: what each workspace consists of, kept here and compared with its plan on empty state."""

from __future__ import annotations

import difflib
from pathlib import Path

from tools.iac import policies, run, summary
from tools.iac.toolchain import Toolchain

FOLDER = Path("tests/infrastructure/golden")


def write(tools: Toolchain, root: Path, folder: Path) -> None:
    """Write the summaries of all workspaces anew."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for name in run.workspaces(root):
        planned = run.plan(tools, root, name, folder / name)
        if not planned.outcome.ok:
            raise SystemExit(planned.outcome.reason)
        (root / FOLDER / f"{name}.txt").write_text(text(planned.units), encoding="utf-8")


def problems(tools: Toolchain, root: Path, name: str, folder: Path) -> list[str]:
    """What is wrong with a workspace's plan on empty state: it fails, breaks a policy, or differs from its summary."""
    planned = run.plan(tools, root, name, folder)
    if not planned.outcome.ok:
        return [f"{name} cannot be planned:\n{planned.outcome.reason}"]
    schema_only = tools.cli_config is not None
    broken = policies.check(planned.units, policies.facts(root, name), schema_only=schema_only)
    return [*map(str, broken), *differences(root, name, planned)]


def differences(root: Path, name: str, planned: run.Planned) -> list[str]:
    """Lines in which a plan differs from the summary that was reviewed."""
    file = root / FOLDER / f"{name}.txt"
    before = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    after = text(planned.units).splitlines()
    return list(difflib.unified_diff(before, after, f"{FOLDER / name}.txt", "plan", lineterm="", n=1))


def text(units: dict[str, run.Plan]) -> str:
    """The summary of these units."""
    return "\n".join(summary.lines(units)) + "\n"
