"""Builds OpenTofu, Terragrunt and the schema-only providers into the cache folder, each once per state of its sources.

Everything is pinned: Go modules by `go.sum`, the bindings that the schemas come from by `bindings.lock`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.runtime.cache import cache_folder
from havenlake.runtime.locks import FileLock
from tools.iac import schemas

HERE = Path(__file__).parent
HOSTS = ("registry.opentofu.org", "registry.terraform.io")  # both tools' default host: the mirror answers for either


@dataclass(frozen=True)
class Tool:
    """A Go program, and how it learns its own version, which it would not know when built outside its repository."""

    package: str
    module: str
    flag: str


TOOLS = {
    "tofu": Tool(
        "github.com/opentofu/opentofu/cmd/tofu",
        "github.com/opentofu/opentofu",
        "-X github.com/opentofu/opentofu/version.dev=no",
    ),
    "terragrunt": Tool(
        "github.com/gruntwork-io/terragrunt",
        "github.com/gruntwork-io/terragrunt",
        "-X github.com/gruntwork-io/terragrunt/internal/version.Version={version}",
    ),
}
NAMES = (*TOOLS, "provider")


@dataclass(frozen=True)
class Bindings:
    """One line of `bindings.lock`."""

    namespace: str
    provider: str
    version: str
    package: str
    integrity: str


def locked_bindings() -> tuple[Bindings, ...]:
    """The packages that the schemas come from."""
    lines = (HERE / "bindings.lock").read_text(encoding="utf-8").splitlines()
    return tuple(Bindings(*line.split()) for line in lines if line and not line.startswith("#"))


def built(name: str) -> Path | None:
    """The program, or the configuration file that leads to the providers, when it has been built from these sources."""
    path = _target(name)
    return path if path.exists() else None


def build(name: str) -> Path:
    """Build one tool unless it is there; HL-ENV-005 without Go or npm, HL-ENV-007 when building fails."""
    with FileLock(cache_folder() / f"iac-{name}.lock"):
        if built(name) is None:
            _build_providers() if name == "provider" else _build_tool(name)
    return _target(name)


def _target(name: str) -> Path:
    files = sorted(file for file in (HERE / name).iterdir() if file.suffix in (".mod", ".sum", ".go"))
    if name == "provider":
        files += [HERE / "schemas.py", HERE / "bindings.lock"]
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    return cache_folder() / "iac" / f"{name}-{digest}" / ("tofurc" if name == "provider" else name)


def _build_tool(name: str) -> None:
    tool = TOOLS[name]
    pinned = re.search(rf"{re.escape(tool.module)} (v\S+)", (HERE / name / "go.mod").read_text(encoding="utf-8"))
    flags = tool.flag.format(version=pinned[1] if pinned else "")
    with _fresh(_target(name).parent) as folder:
        _go(name, tool.package, folder / name, flags)


def _build_providers() -> None:
    target = _target("provider")
    with _fresh(target.parent) as folder:
        _go("provider", ".", folder / "program", "")
        for bindings in locked_bindings():
            needed = schemas.NEEDED_OF_AWS if bindings.provider == "aws" else None
            schema = schemas.derive(_fetch(bindings, folder), bindings.provider, needed)
            for host in HOSTS:
                _place(folder, host, bindings, schema)
        config = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{target.parent}/providers"\n  }}\n}}\n'
        (folder / target.name).write_text(f"disable_checkpoint = true\n{config}", encoding="utf-8")


def _place(folder: Path, host: str, bindings: Bindings, schema: schemas.Tree) -> None:
    """Lay a provider out as the mirror wants it: by host, namespace, name, version and platform."""
    place = folder / "providers" / host / bindings.namespace / bindings.provider / bindings.version / _platform()
    place.mkdir(parents=True)
    os.link(folder / "program", place / f"terraform-provider-{bindings.provider}")
    (place / "schema.json").write_text(json.dumps(schema, sort_keys=True), encoding="utf-8")


def _platform() -> str:
    done = _run(["go", "env", "GOOS", "GOARCH"], HERE)
    return "_".join(done.split())


def _fetch(bindings: Bindings, folder: Path) -> Path:
    """Download one package and compare it with its locked integrity."""
    file = folder / _run(["npm", "pack", "--silent", bindings.package], folder).split()[-1]
    found = "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if found != bindings.integrity:
        raise HavenlakeError(
            "HL-ENV-007", f"{bindings.package} arrived with another checksum", where="tools/iac/bindings.lock"
        )
    return file


def _go(folder: str, package: str, output: Path, flags: str) -> None:
    command = ["go", "build", "-p", "2", "-mod=readonly", "-trimpath", "-ldflags", f"-s -w {flags}"]
    _run([*command, "-o", str(output), package], HERE / folder)


def _run(command: list[str], folder: Path) -> str:
    if shutil.which(command[0]) is None:
        hint = "install it, or name your own tools by HAVENLAKE_TF and HAVENLAKE_TERRAGRUNT"
        raise HavenlakeError("HL-ENV-005", f"'{command[0]}' is needed to build", where="tools", hint=hint)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        hint = "is the network there, and the module proxy and npm registry reachable? " + " ".join(lines[-3:])
        raise HavenlakeError("HL-ENV-007", f"`{' '.join(command[:2])}` failed", where=str(folder.name), hint=hint)
    return done.stdout


class _fresh:  # noqa: N801 - reads as a statement
    """A folder beside the target that takes its place when all went well."""

    def __init__(self, target: Path) -> None:
        self.target = target
        target.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            for left in self.folder.glob("*.tgz"):
                left.unlink()
            shutil.rmtree(self.target, ignore_errors=True)
            self.folder.rename(self.target)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
