"""Havenlake: a medallion lakehouse whose privacy is declared in YAML.

`havenlake.load(path, workspace=…)` opens a repository; see the README for the first ten minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from havenlake.api import Project

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(path: str = ".", *, workspace: str | None = None, local: str | None = None) -> Project:
    """Open and validate the repository at `path`; starts no Spark.

    `workspace` may be left out when there is only one; `local` runs its configuration in a folder of this
    machine, as `--local` does. Raises `ConfigErrors` with every error of every file.
    """
    from havenlake.api import Project

    return Project.open(path, workspace=workspace, local=local)
