"""What to type next, for one attempt at one table: by the kind of error and by what is left to do."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from havenlake.records import Status
from havenlake.reports.attempts import HELD_BY_ANOTHER_RUN, Attempt
from havenlake.reports.words import one_line


@dataclass(frozen=True)
class Step:
    """A command line and what it is good for."""

    command: str
    reason: str


def inspect_steps(attempt: Attempt) -> tuple[Step, ...]:
    """Commands that show or remove the cause, by the prefix of the error's code."""
    error = attempt.result.error
    family = error.code.removeprefix("HL-")[:3] if error else ""
    in_ws = f"-w {_word(attempt.context.workspace)}"
    of_table = f"{in_ws} --job {_word(attempt.context.job)} --table {_word(attempt.result.table)}"
    exact_plan = Step(f"havenlake plan {of_table} --exact", "shows what a run would do with the source as it is now")
    doctor = Step("havenlake doctor", "says which program, secret or connection is missing and how to get it")
    by_family = {
        "CFG": Step(f"havenlake validate {in_ws}", "lists every mistake in the configuration with its line"),
        "KEY": Step(f"havenlake keys status {in_ws}", "says which keys this instance holds"),
        "RES": Step(
            f"havenlake explain {in_ws} {_word(attempt.result.table)}", "says where country and zone come from"
        ),
        "SEC": doctor,
        "ENV": doctor,
        "SRC": exact_plan,
        "TBL": exact_plan,
    }
    if error and error.code == HELD_BY_ANOTHER_RUN:
        return (Step(f"havenlake status {in_ws}", "says which run holds the table"),)
    return (by_family[family],) if family in by_family else ()


def rerun_steps(attempt: Attempt) -> tuple[Step, ...]:
    """Commands that bring the table up to date once the cause is gone; none while it runs."""
    if attempt.status is Status.RUNNING:
        return ()
    context = attempt.context
    in_ws = f"-w {_word(context.workspace)}"
    one = f"havenlake run {in_ws} --job {_word(context.job)} --table {_word(attempt.result.table)}"
    if attempt.status.good:
        return (Step(one, "loads it again; where it is late, no run was started since: look at the job's schedule"),)
    return (
        Step(
            f"havenlake run {in_ws} --resume {_word(context.run_id)}", "does what that run left undone, all its tables"
        ),
        Step(one, "loads this table alone"),
    )


def why_command(workspace: str, table: str) -> str:
    """The command that explains one table."""
    return f"havenlake why -w {_word(workspace)} {_word(table)}"


def plan_command(workspace: str, table: str) -> str:
    """The command that says what a first load would do."""
    return f"havenlake plan -w {_word(workspace)} --table {_word(table.rpartition('.')[2])}"


def _word(text: str) -> str:
    return shlex.quote(one_line(text))
