"""Runs the tools over the tree: format, tests of modules, and plan, apply and a second plan of a workspace."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.iac.toolchain import Toolchain

Plan = dict[str, Any]
_COUNTS = re.compile(r"(\d+) passed, (\d+) failed")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    ok: bool
    text: str

    @property
    def reason(self) -> str:
        """What matters of the output: the tools' own errors, without their frames."""
        lines = [re.sub(r"^\S+ (STDERR|ERROR|STDOUT)\s+(\[\S+\] \w+: )?", "", line) for line in self.text.splitlines()]
        kept = [line.strip(" │╷╵") for line in lines]
        return "\n".join(line for line in kept if line)


@dataclass(frozen=True)
class Planned:
    """The plans of the units of one workspace, by path below it, as JSON."""

    outcome: Outcome
    units: dict[str, Plan]


def modules(root: Path) -> list[str]:
    """Names of all modules."""
    return sorted(path.parent.name for path in (root / "terraform").glob("*/versions.tf"))


def workspaces(root: Path) -> list[str]:
    """Names of all workspaces that are deployed: those with a guard."""
    return sorted(path.parent.name for path in (root / "workspaces").glob("[a-z]*/terragrunt.hcl"))


def formatted(tools: Toolchain, root: Path, folder: Path) -> Outcome:
    """Whether every .tf and .hcl file is formatted."""
    modules_done = _call(
        [tools.terraform, "fmt", "-check", "-recursive", "-no-color", root / "terraform"], tools, folder
    )
    command = [tools.terragrunt, "hcl", "fmt", "--check", "--working-dir", root / "workspaces"]
    units_done = _call(command, tools, folder)
    return Outcome(modules_done.ok and units_done.ok, modules_done.text + units_done.text)


def module_tests(tools: Toolchain, root: Path, module: str, folder: Path) -> tuple[Outcome, int]:
    """Validate a module and run its tests, in a copy; how it ended, and how many passed."""
    copy = folder / "repository"
    shutil.copytree(
        root / "terraform" / module, copy / "terraform" / module, ignore=shutil.ignore_patterns(".terraform*")
    )
    cases = Path("tests/residency/cases.yaml")
    (copy / cases).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(root / cases, copy / cases)
    place = f"-chdir={copy / 'terraform' / module}"
    started = _call([tools.terraform, place, "init", "-input=false", "-no-color", "-backend=false"], tools, folder)
    if not started.ok:
        return started, 0
    done = _call([tools.terraform, place, "test", "-no-color"], tools, folder)
    counts = _COUNTS.search(done.text)
    return Outcome(done.ok and counts is not None and counts[2] == "0", done.text), int(counts[1]) if counts else 0


def plan(tools: Toolchain, root: Path, unit: str, folder: Path) -> Planned:
    """Plan a workspace, or one unit of it; the plans are kept below the folder, where `apply` finds them."""
    more = ["--out-dir", folder / "plans", "--json-out-dir", folder / "json"]
    done = _run_all(tools, root, unit, folder, more, ["plan"])
    found = sorted((folder / "json").rglob("tfplan.json"))
    below = {path: str(path.parent.relative_to(folder / "json")) for path in found}
    return Planned(done, {below[path]: json.loads(path.read_text(encoding="utf-8")) for path in found})


def apply(tools: Toolchain, root: Path, unit: str, folder: Path) -> Outcome:
    """Apply exactly the plans that `plan` has kept."""
    return _run_all(tools, root, unit, folder, ["--out-dir", folder / "plans"], ["apply"])


def unchanged(tools: Toolchain, root: Path, unit: str, folder: Path) -> Outcome:
    """Plan again; ok when there is nothing left to do."""
    return _run_all(tools, root, unit, folder, [], ["plan", "-detailed-exitcode"])


def rendered(tools: Toolchain, root: Path, unit: str, folder: Path) -> dict[str, Any]:
    """A unit's whole configuration as it is used online: no account is asked for it."""
    variables = {key: value for key, value in tools.environment(folder).items() if key != "TG_OFFLINE"}
    command = [
        tools.terragrunt,
        "render",
        "--json",
        "--log-level",
        "error",
        "--working-dir",
        root / "workspaces" / unit,
    ]
    result: dict[str, Any] = json.loads(_output(command, variables))
    return result


def order(tools: Toolchain, root: Path, unit: str, folder: Path) -> list[str]:
    """Units in the order in which they run, by path below the workspace."""
    command = [tools.terragrunt, "find", "--json", "--dag", "--log-level", "error"]
    place = ["--working-dir", root / "workspaces" / unit]
    found = _output([*command, *place], tools.environment(folder))
    return [str(one["path"]) for one in json.loads(found)]


def selected(tools: Toolchain, root: Path, since: str, folder: Path) -> list[str]:
    """Units that a change since a commit touches, by path below `workspaces`.

    Terragrunt gives a changed file to the unit in whose folder it lies and then asks no further, so that a record would
    select the guard beside it alone; every unit of the workspace reads it.
    """
    command = [tools.terragrunt, "find", "--json", "--log-level", "error", "--filter", f"[{since}...HEAD]"]
    found = _output([*command, "--working-dir", root], tools.environment(folder))
    units = {str(Path(unit["path"]).relative_to("workspaces")) for unit in json.loads(found)}
    changed = _output(["git", "-C", root, "diff", "--name-only", since, "HEAD"], tools.environment(folder)).splitlines()
    for record in (Path(name) for name in changed if Path(name).name == "workspace-vars.yaml"):
        here = root / "workspaces"
        units |= {str(file.parent.relative_to(here)) for file in (root / record.parent).rglob("terragrunt.hcl")}
    return sorted(units)


def _output(command: list[str | Path], variables: dict[str, str]) -> str:
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout


def _run_all(
    tools: Toolchain, root: Path, unit: str, folder: Path, more: list[str | Path], command: list[str]
) -> Outcome:
    start = [tools.terragrunt, "run", "--all", "--log-level", "error", "--working-dir", root / "workspaces" / unit]
    return _call([*start, *more, "--", *command], tools, folder)


def _call(command: list[str | Path], tools: Toolchain, folder: Path) -> Outcome:
    done = subprocess.run(command, env=tools.environment(folder), capture_output=True, text=True, check=False)
    return Outcome(done.returncode == 0, done.stdout + done.stderr)
