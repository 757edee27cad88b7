"""How a failed table and a failed run are told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.records import ErrorInfo, Status
from havenlake.sources.errors import coded

if TYPE_CHECKING:
    from havenlake.records import RunRecord

GUARDS = ("HL-TBL-002", "HL-TBL-008", "HL-RES-", "HL-SRC-008", "HL-KEY-005", "HL-SCR-011")
"""Errors by which a guard refuses, as opposed to something that broke."""


CONFLICT = "HL-TBL-009"
"""The error that may be gone when the table is read and written again."""


class RunFailed(HavenlakeError):  # noqa: N818  says what happened
    """One or more tables of a run failed; `record` holds the outcome of every table."""

    def __init__(self, record: RunRecord) -> None:
        bad = [t for t in record.tables if not t.status.good]
        lines = "; ".join(
            f"{t.table}: {t.error.code if t.error else t.status} {t.error.message if t.error else ''}" for t in bad
        )
        super().__init__(
            "HL-RUN-001",
            f"{len(bad)} of {len(record.tables)} tables did not load: {lines}",
            hint=f"remove the cause, then `havenlake run -w {record.context.workspace} --resume {record.run_id}`",
        )
        self.record = record


def error_info(error: BaseException) -> tuple[Status, ErrorInfo]:
    """Status and recorded form of an error; never any text that could come from a row."""
    known = error if isinstance(error, HavenlakeError) else coded(error)
    print_of = hashlib.sha256(f"{known.code}|{known.message}".encode()).hexdigest()[:16]
    message = f"{known.where}: {known.message}" if known.where else known.message
    status = Status.REFUSED if known.code.startswith(GUARDS) else Status.FAILED
    return status, ErrorInfo(known.code, message, known.hint, print_of)
