"""The answer of `why` on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from havenlake.errors import runbook
from havenlake.reports.attempts import Attempt
from havenlake.reports.commands import Step
from havenlake.reports.comparison import Change
from havenlake.reports.drift import DriftEvent
from havenlake.reports.fitted import Fitted, Screen, command_text, safe
from havenlake.reports.why import Why
from havenlake.reports.words import listing

_DRIFT_SHOWN = 10


def why_text(why: Why) -> Fitted:
    """The sentence, the two attempts, what changed between them, and what to type."""
    return Fitted(lambda screen: _report(why, screen))


def _report(why: Why, screen: Screen) -> RenderableType:
    parts: list[RenderableType] = [safe(why.sentence, "bold red" if why.bad_attempts else "bold green"), Text()]
    parts.append(_attempts(why))
    error = why.latest.result.error
    if error and why.bad_attempts:
        parts += [Text(), safe(f"{error.code} {error.message}", "bold red")]
        parts += [safe(f"hint: {error.hint}")] if error.hint else []
        parts += [safe(f"runbook: {runbook(error.code)}")] if runbook(error.code) else []
    parts += _changes(why, screen)
    parts += _drift(why)
    if why.also_bad:
        parts += [Text(), safe(f"Also not up to date: {listing(why.also_bad)}")]
    if why.steps:
        parts += [Text(), Text("What to type:", style="bold")]
        parts += [line for step in why.steps for line in _step(step, screen)]
    return Group(*parts)


def _attempts(why: Why) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    pairs = (("last good", why.last_good), ("first bad", why.first_bad), ("latest", why.latest), ("now", why.running))
    for term, attempt in pairs:
        if attempt and not (term == "latest" and attempt in (why.first_bad, why.last_good)):
            grid.add_row(term, safe(_line(attempt)))
    if why.last_good is None:
        grid.add_row("last good", "never")
    return grid


def _line(attempt: Attempt) -> str:
    context = attempt.context
    again = f", attempt {context.attempt}" if context.attempt > 1 else ""
    return f"{attempt.at:%Y-%m-%d %H:%M} UTC  {attempt.status}  run {context.run_id}{again}"


def _changes(why: Why, screen: Screen) -> list[RenderableType]:
    compared = why.comparison
    if not (compared.changes or compared.same or compared.unknown):
        return []
    between = "Between last good and first bad:" if why.first_bad else "Between the last two good attempts:"
    parts: list[RenderableType] = [Text(), Text(between, style="bold")]
    parts += [_change(change, screen) for change in compared.changes]
    parts += [safe(f"  same: {', '.join(compared.same)}")] if compared.same else []
    parts += [safe(f"  not recorded: {', '.join(compared.unknown)}")] if compared.unknown else []
    return parts


def _drift(why: Why) -> list[RenderableType]:
    if not why.drift:
        return []
    shown = [f"  {e.first_seen:%Y-%m-%d %H:%M} UTC  {_drifted(e)}" for e in why.drift[:_DRIFT_SHOWN]]
    return [Text(), Text("Drift of the source, by when it was first seen:", style="bold"), *map(safe, shown)]


def _drifted(event: DriftEvent) -> str:
    return event.change.sentence if event.loaded_at else f"{event.change.sentence}, not loaded"


def _change(change: Change, screen: Screen) -> Padding:
    text = Text.assemble(safe(change.what, "" if change.usual else "bold yellow"), ": ")
    text.append_text(safe(f"{change.before} {screen.arrow} {change.after}"))
    for detail in change.details:
        text.append_text(safe(f"\n  {detail}"))
    return Padding(text, (0, 0, 0, 2))


def _step(step: Step, screen: Screen) -> tuple[Text, Text]:
    """The command stands alone on its line, so that it can be copied."""
    return command_text(step.command, screen), safe(f"      {step.reason}", "dim")
