"""Finds OpenTofu (or Terraform) and Terragrunt, and the environment in which they run here.

A tool named by `HAVENLAKE_TF` or `HAVENLAKE_TERRAGRUNT` comes first, then the one that `make tools` has built, then
the one on the path. Schema-only providers are used when `make tools` has made them, unless `HAVENLAKE_PROVIDERS=real`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from havenlake.errors import HavenlakeError
from tools.iac import build

TF_VARIABLE, TERRAGRUNT_VARIABLE, PROVIDERS_VARIABLE = "HAVENLAKE_TF", "HAVENLAKE_TERRAGRUNT", "HAVENLAKE_PROVIDERS"
LEAST = {"tofu": (1, 9), "terraform": (1, 9), "terragrunt": (1, 0)}
SCHEMA_ONLY = "schema check only: types and names of arguments were checked, values by our own tables, no service"


@dataclass(frozen=True)
class Toolchain:
    """Programs that fit, and where their providers come from."""

    terraform: Path
    terragrunt: Path
    cli_config: Path | None
    """Configuration that leads to the schema-only providers; None where the real ones are used."""

    @property
    def note(self) -> str:
        """What a report must say about how much was checked."""
        return SCHEMA_ONLY if self.cli_config else "checked with the real providers"

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables for a run whose state and caches lie below a folder."""
        own = {
            "TG_TF_PATH": str(self.terraform),
            "TG_NON_INTERACTIVE": "true",
            "TG_NO_COLOR": "true",
            "TG_DOWNLOAD_DIR": str(folder / "cache"),
            "CHECKPOINT_DISABLE": "1",
        }
        if self.cli_config:
            own |= {
                "TG_OFFLINE": "1",
                "TG_NO_AUTO_PROVIDER_CACHE_DIR": "true",  # or a stand-in lands in the user's cache under a real name
                "TF_CLI_CONFIG_FILE": str(self.cli_config),
                "HAVENLAKE_OFFLINE_STATE": str(folder / "state"),
            }
        return {**os.environ, **own}


def find(*, prefer_terraform: bool = False) -> Toolchain:
    """The tools of this machine; HL-ENV-005 when one is missing, HL-ENV-006 when one is too old."""
    names = ("terraform", "tofu") if prefer_terraform else ("tofu", "terraform")
    real = os.environ.get(PROVIDERS_VARIABLE) == "real"
    terraform = _program(names, TF_VARIABLE, built=None if prefer_terraform else build.built("tofu"))
    terragrunt = _program(("terragrunt",), TERRAGRUNT_VARIABLE, built=build.built("terragrunt"))
    providers = build.built("provider")
    if not real and providers is None:
        raise _missing("schema-only providers")
    return Toolchain(terraform, terragrunt, None if real else providers)


def _program(names: tuple[str, ...], variable: str, built: Path | None) -> Path:
    given = os.environ.get(variable)
    found = [Path(given)] if given else [path for path in (built, *map(_on_path, names)) if path]
    if not found or not os.access(found[0], os.X_OK):
        raise _missing(given or names[0])
    _check_version(found[0])
    return found[0]


def _on_path(name: str) -> Path | None:
    path = shutil.which(name)
    return Path(path) if path else None


def _missing(what: str) -> HavenlakeError:
    hint = f"`make tools` builds it; or name your own by {TF_VARIABLE} and {TERRAGRUNT_VARIABLE}"
    return HavenlakeError("HL-ENV-005", f"'{what}' is missing or cannot be executed", where="tools", hint=hint)


def _check_version(program: Path) -> None:
    """HL-ENV-006 unless the program is new enough; it says so itself."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(OpenTofu|Terraform|terragrunt)\D+?(\d+)\.(\d+)\.(\d+)", done.stdout)
    kind = {"OpenTofu": "tofu", "Terraform": "terraform", "terragrunt": "terragrunt"}.get(found[1], "") if found else ""
    if found and (int(found[2]), int(found[3])) >= LEAST[kind]:
        return
    version = f"{found[2]}.{found[3]}.{found[4]}" if found else "of no known version"
    wanted = ", ".join(f"{name} {major}.{minor}" for name, (major, minor) in LEAST.items())
    raise HavenlakeError("HL-ENV-006", f"{program} is {version}", where=str(program), hint=f"at least {wanted}")
