"""The entry point of a wheel task: runs one job, returns when all is well and raises when it is not.

A console script leaves the interpreter by `sys.exit`, which a wheel task would take for a failure.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from havenlake.runtime.logs import set_up_logs


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the job of `--workspace` and `--job`; raises `RunFailed` when a table did not load."""
    from havenlake.api import Project

    parser = argparse.ArgumentParser(
        prog="havenlake-job", description="Run one job of a workspace.", allow_abbrev=False
    )
    parser.add_argument("--root", required=True, help="the repository's copy")
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--job", required=True)
    parser.add_argument("--tables", default="", help="only these tables, separated by commas")
    parser.add_argument("--local", help="run in this folder: local warehouse, landing, keys and zone")
    given = parser.parse_args(arguments)
    set_up_logs()
    tables = [name.strip() for name in given.tables.split(",") if name.strip()]
    Project.open(given.root, workspace=given.workspace, local=given.local).run(given.job, tables=tables or None)
