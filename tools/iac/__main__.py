"""`python -m tools.iac …`: build the tools, and check, plan and apply the infrastructure with them.

build                    build the tools into the cache folder, once
where                    which tools are used, and how much they can check
check [WORKSPACE …]      format, module tests, plans, policies and golden summaries, against nothing but this folder
plan WORKSPACE[/UNIT]    plan against the real state and hold the plan against the policies
apply WORKSPACE[/UNIT]   plan, hold against the policies, and apply, unit by unit in their order
golden                   write the golden summaries anew
select COMMIT            units that changed since a commit
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from havenlake.errors import HavenlakeError
from tools.iac import build, golden, policies, run, summary, toolchain

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """0 when all is well, 1 when something is not as it should be, 2 when a tool is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.iac", description=__doc__, formatter_class=_Raw)
    parser.add_argument("command", choices=["build", "where", "check", "plan", "apply", "golden", "select"])
    parser.add_argument("names", nargs="*", metavar="WORKSPACE or COMMIT")
    parser.add_argument("--may-remove", action="store_true", help="a plan may remove or replace what holds rows")
    given = parser.parse_args(arguments)
    try:
        return _do(given)
    except HavenlakeError as error:
        print(error, file=sys.stderr)
        return 2


class _Raw(argparse.RawDescriptionHelpFormatter):
    """The text above, as it is written."""


def _do(given: argparse.Namespace) -> int:
    if given.command == "build":
        for name in build.NAMES:
            print(build.build(name))
        return 0
    tools = toolchain.find()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.command == "where":
            print(tools.terraform, tools.terragrunt, tools.note, sep="\n")
            return 0
        if given.command == "select":
            print(*run.selected(tools, ROOT, given.names[0], folder), sep="\n")
            return 0
        if given.command == "golden":
            golden.write(tools, ROOT, folder)
            return 0
        names = given.names or run.workspaces(ROOT)
        if given.command == "check":
            return _check(tools, names, folder)
        return max(_change(tools, name, folder / name, given) for name in names)


def _check(tools: toolchain.Toolchain, names: list[str], folder: Path) -> int:
    bad = []
    done = run.formatted(tools, ROOT, folder)
    bad += [] if done.ok else [f"not formatted:\n{done.reason}"]
    for module in run.modules(ROOT):
        outcome, passed = run.module_tests(tools, ROOT, module, folder / module)
        print(f"module {module}: {passed} tests")
        bad += [] if outcome.ok else [f"module {module}:\n{outcome.reason}"]
    for name in names:
        found = golden.problems(tools, ROOT, name, folder / name)
        print(f"workspace {name}: {'as expected' if not found else 'NOT as expected'}")
        bad += found
    print(*bad, tools.note, sep="\n")
    return int(bool(bad))


def _change(tools: toolchain.Toolchain, name: str, folder: Path, given: argparse.Namespace) -> int:
    """Plan a workspace, and apply it when that was asked for."""
    planned = run.plan(tools, ROOT, name, folder)
    if not planned.outcome.ok:
        print(planned.outcome.reason, file=sys.stderr)
        return 1
    print(*summary.lines(planned.units), sep="\n")
    about = policies.facts(ROOT, name.partition("/")[0])
    schema_only = tools.cli_config is not None
    found = policies.check(planned.units, about, schema_only=schema_only, may_remove=given.may_remove)
    print(*found, tools.note, sep="\n")
    if found or given.command == "plan":
        return int(bool(found))
    applied = run.apply(tools, ROOT, name, folder)
    print(applied.reason)
    return int(not applied.ok)


if __name__ == "__main__":
    sys.exit(main())
