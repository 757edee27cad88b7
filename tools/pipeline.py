"""The steps of the pipeline, `./ci STEP`: by hand and in GitHub the same.

A plan stays on the machine that made it: what leaves is a digest, counts and addresses. `apply` plans again and refuses
when the digest is another one than the one approved.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from havenlake.config import load_project
from havenlake.deploy.affected import affected
from havenlake.deploy.jobs import deployment_of
from havenlake.deploy.names import wheel_name
from havenlake.deploy.plans import PlanSummary, summary
from havenlake.deploy.rendering import deployed_workspaces
from havenlake.errors import HavenlakeError

ROOT = Path(__file__).resolve().parent.parent
FAILED, DIFFERS = 1, 4
"""Exit codes: a step failed; there are changes, or others than those approved."""
_NO_BASE = "0" * 40
"""What GitHub gives as the commit before the first push of a branch."""


class Stopped(Exception):  # noqa: N818  a step ends here, for a reason that is told
    """A step that cannot go on."""


def zones() -> dict[str, str]:
    """Zone of every deployed instance."""
    project = load_project(ROOT)
    return {name: project.workspace(name).vars.zone for name in deployed_workspaces(project)}


def changed_files(base: str) -> list[str]:
    """Paths that differ from where this branch left `base`; both names of a file that was renamed."""
    command = ["git", "diff", "--name-only", "--no-renames", f"{base}...HEAD"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def selected(event: str, base: str, only: str) -> tuple[str, ...]:
    """Instances to plan: the named one; all for a schedule or where there is nothing to compare with."""
    known = zones()
    if only:
        if only not in known:
            raise HavenlakeError("HL-CFG-014", f"instance '{only}' is not deployed", hint=f"one of {', '.join(known)}")
        return (only,)
    if event == "schedule" or base in ("", _NO_BASE):
        return tuple(sorted(known))
    return affected(changed_files(base), known)


def planned(name: str, work: Path, *, may_remove: bool = False) -> PlanSummary:
    """Plan every unit of an instance and let the policies judge; the plans stay below `work`.

    What is committed must be valid and fresh before anything is planned.
    """
    from tools.iac import policies, run, toolchain

    _run("havenlake", "validate")
    _run("havenlake", "render", "--check", "-w", name)
    tools = toolchain.find()
    found = run.plan(tools, ROOT, name, work)
    if not found.outcome.ok:
        raise Stopped(found.outcome.reason)
    about = policies.facts(ROOT, name)
    broken = policies.check(found.units, about, schema_only=tools.cli_config is not None, may_remove=may_remove)
    if broken:
        raise Stopped("\n".join(map(str, broken)))
    print(tools.note)
    return summary(found.units)


def applied(name: str, work: Path, wheels: Path) -> None:
    """Apply exactly the plans that `planned` has made, and give the instance its copy and the wheel that it pins."""
    from tools.iac import run, toolchain

    done = run.apply(toolchain.find(), ROOT, name, work)
    if not done.ok:
        raise Stopped(done.reason)
    wheel = pinned_wheel(name, wheels)
    _run("havenlake", "ship", "-w", name, *(["--wheel", str(wheel)] if wheel else []))


def destroyed(name: str, unit: str) -> None:
    """Destroy one unit of an instance, and none that it depends on; Terraform asks before it does."""
    folder = ROOT / "workspaces" / name / unit
    if not (folder / "terragrunt.hcl").is_file() or folder == ROOT / "workspaces" / name:
        home = ROOT / "workspaces" / name
        units = sorted(p.parent.relative_to(home).as_posix() for p in home.glob("**/terragrunt.hcl"))
        raise Stopped(f"'{unit}' is no unit of {name}: {', '.join(u for u in units if u != '.') or 'it has none'}")
    from tools.iac import toolchain

    tools = toolchain.find()
    with tempfile.TemporaryDirectory() as work:
        _run(str(tools.terragrunt), "--working-dir", str(folder), "destroy", variables=tools.environment(Path(work)))


def pinned_wheel(name: str, folder: Path) -> Path | None:
    """The wheel of the release that an instance pins, in a folder of wheels; None where it is not."""
    release = deployment_of(load_project(ROOT, name).workspace(name)).release
    wheel = folder / wheel_name(release)
    return wheel if wheel.is_file() else None


def validated_by(wheel: Path, name: str) -> None:
    """Let the release that the instance runs read the instance's configuration: an older one knows fewer keys."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run(*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel))
        _run(python, "-m", "havenlake", "validate", "-w", name, "--root", str(ROOT))


def built(folder: Path, tag: str) -> list[Path]:
    """Wheel of this checkout, its checksum, and its part of the changelog; `tag` must be its version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag and tag != f"v{version}":
        raise Stopped(f"tag {tag} is not the version of pyproject.toml, v{version}")
    notes = changes_of(version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    wheel = folder / wheel_name(version)
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n")
    (folder / "NOTES.md").write_text(notes, encoding="utf-8")
    return sorted(folder.iterdir())


def changes_of(version: str, changelog: str) -> str:
    """The part of the changelog about a version; a release without one is refused, as is one not yet dated."""
    parts = re.split(r"^## \[([^]]+)\](.*)$", changelog, flags=re.MULTILINE)
    found = {name: (rest.strip(" -"), text) for name, rest, text in zip(*[iter(parts[1:])] * 3, strict=True)}
    day, text = found.get(version, ("", ""))
    if not text.strip():
        raise Stopped(f"CHANGELOG.md has no part for {version}")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise Stopped(f"CHANGELOG.md gives no day to {version}")
    return text.strip() + "\n"


def _run(program: str, *words: str, variables: Mapping[str, str] | None = None) -> None:
    """Run a step from the repository; one that fails ends the whole."""
    beside = Path(sys.executable).parent / program
    command = [str(beside) if beside.is_file() else shutil.which(program) or program, *words]
    try:
        code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    except FileNotFoundError:
        raise HavenlakeError("HL-ENV-004", f"program '{program}' is missing", hint="run `make tools`") from None
    if code:
        raise Stopped(f"{program} {words[0] if words else ''} ended with {code}")


def _told(name: str, found: PlanSummary) -> None:
    """The plan for people and for the next job: never more than addresses."""
    print(*found.lines(), sep="\n")
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write("\n".join([f"### {name}", "```text", *found.lines(), "```", ""]))
    _output(digest=found.digest, changed=str(found.changed).lower())


def _output(**values: str) -> None:
    if target := os.environ.get("GITHUB_OUTPUT"):
        with Path(target).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ci", description=__doc__, allow_abbrev=False)
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("check", help="everything that needs no cloud")
    select = steps.add_parser("select", help="the instances that a change touches, as JSON")
    select.add_argument("--event", default="push")
    select.add_argument("--base", default="origin/main")
    select.add_argument("--only", default="")
    plans = {
        "plan": "plan an instance",
        "drift": "plan, and fail when anything differs",
        "apply": "plan again, and apply when it is what was approved",
    }
    for name, told in plans.items():
        step = steps.add_parser(name, help=told)
        step.add_argument("instance")
        step.add_argument("--may-remove", action="store_true", help="a plan may remove what holds rows")
    apply = steps.choices["apply"]
    apply.add_argument("--expect", required=True, help="digest of the approved plan")
    apply.add_argument("--wheels", type=Path, default=ROOT / "dist", help="folder of released wheels")
    destroy = steps.add_parser("destroy", help="destroy one unit of an instance")
    destroy.add_argument("instance")
    destroy.add_argument("--unit", required=True, help="such as etl or monitoring/residency; never all at once")
    build = steps.add_parser("build", help="wheel, source archive and their checksums")
    build.add_argument("--tag", default="", help="tag of the release; refused unless it is the version")
    build.add_argument("--out", type=Path, default=ROOT / "dist")
    pinned = steps.add_parser("pinned", help="validate an instance with the release that it pins")
    pinned.add_argument("instance")
    pinned.add_argument("--wheels", type=Path, default=ROOT / "dist")
    release = steps.add_parser("release", help="print the release that an instance pins")
    release.add_argument("instance")
    return parser


def _planned(given: argparse.Namespace, work: Path) -> int:
    found = planned(given.instance, work, may_remove=given.may_remove)
    _told(given.instance, found)
    if given.step == "drift":
        return DIFFERS if found.changed else 0
    if given.step == "apply":
        if found.digest != given.expect:
            print("the plan is not the one that was approved: look at it, and approve it anew", file=sys.stderr)
            return DIFFERS
        applied(given.instance, work, given.wheels)
    return 0


def _pinned(name: str, wheels: Path) -> int:
    wheel = pinned_wheel(name, wheels)
    if wheel is None:
        print(f"no wheel of the release of {name} in {wheels}", file=sys.stderr)
        return FAILED
    validated_by(wheel, name)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Do one step; its exit code."""
    given = _parser().parse_args(arguments)
    if given.step == "check":
        _run(str(ROOT / ".ci" / "run"))
    elif given.step == "select":
        text = json.dumps(selected(given.event, given.base, given.only))
        print(text)
        _output(instances=text)
    elif given.step == "build":
        print(*built(given.out, given.tag), sep="\n")
    elif given.step == "release":
        print(deployment_of(load_project(ROOT, given.instance).workspace(given.instance)).release)
    elif given.step == "pinned":
        return _pinned(given.instance, given.wheels)
    elif given.step == "destroy":
        selected("", "", given.instance)
        destroyed(given.instance, given.unit)
    else:
        selected("", "", given.instance)
        with tempfile.TemporaryDirectory() as work:
            return _planned(given, Path(work))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stopped as error:
        print(error, file=sys.stderr)
        sys.exit(FAILED)
    except HavenlakeError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
