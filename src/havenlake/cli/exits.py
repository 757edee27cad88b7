"""Exit codes, and how an error is told.

0 well, 1 a table failed, 2 configuration or usage, 3 refused by a guard, 4 changes planned.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import typer

from havenlake.errors import HavenlakeError

FAILED, USAGE, REFUSED, CHANGES = 1, 2, 3, 4
_GUARDS = ("HL-TBL-002", "HL-TBL-008", "HL-RES-", "HL-SRC-008", "HL-KEY-005", "HL-KEY-009")
_USAGE = ("HL-CFG-", "HL-DEP-", "HL-RUN-003", "HL-RUN-004", "HL-RUN-005", "HL-KEY-002", "HL-SUG-002")

F = TypeVar("F", bound=Callable[..., Any])


def exit_code(code: str) -> int:
    """The exit code an error code ends with."""
    if code.startswith(_GUARDS):
        return REFUSED
    return USAGE if code.startswith(_USAGE) else FAILED


def told(command: F) -> F:
    """Tell a coded error on stderr and exit by its code, instead of a traceback."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except HavenlakeError as error:
            sys.stderr.write(f"{error}\n")
            raise typer.Exit(exit_code(error.code)) from None

    return wrapper  # type: ignore[return-value]
