"""What the status table and the status page show: ledger and configuration brought together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from havenlake.reports.drift import recent_drift
from havenlake.reports.html import status_page
from havenlake.reports.runs import run_states

if TYPE_CHECKING:
    from pathlib import Path

    from havenlake.api import Project
    from havenlake.reports.drift import DriftEvent
    from havenlake.reports.runs import RunState
    from havenlake.reports.table_state import TableState


def current_states(project: Project) -> tuple[tuple[TableState, ...], tuple[RunState, ...], tuple[DriftEvent, ...]]:
    """State of every table and of every run, and how schemas drifted lately, from the ledger."""
    entries = project.ledger()
    return project.states_of(entries), run_states(entries), recent_drift(entries, datetime.now(UTC))


def write_status_page(project: Project, path: Path) -> None:
    """Write the self-contained page for people."""
    states, runs, drift = current_states(project)
    page = status_page(states, runs, drift, workspace=project.workspace.vars.name, now=datetime.now(UTC))
    path.write_text(page, encoding="utf-8")
