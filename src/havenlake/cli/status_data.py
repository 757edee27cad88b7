"""What the status table and the status page show: ledger and configuration brought together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from havenlake.config.contexts import unguarded_by_row
from havenlake.errors import HavenlakeError
from havenlake.reports.drift import recent_drift
from havenlake.reports.html import status_page
from havenlake.reports.page_facts import KeyLine, PageFacts, QuarantineGroup, ResidencyFacts
from havenlake.reports.runs import run_states
from havenlake.residency import crossings, place_uses

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from havenlake.api import Project
    from havenlake.config import WorkspaceConfig
    from havenlake.reports.drift import DriftEvent
    from havenlake.reports.runs import RunState
    from havenlake.reports.table_state import TableState

_POSITIONS = 5
"""Positions shown of the rows that one rule set aside."""


def current_states(project: Project) -> tuple[tuple[TableState, ...], tuple[RunState, ...], tuple[DriftEvent, ...]]:
    """State of every table and of every run, and how schemas drifted lately, from the ledger."""
    entries = project.ledger()
    return project.states_of(entries), run_states(entries), recent_drift(entries, datetime.now(UTC))


def write_status_page(project: Project, path: Path) -> None:
    """Write the self-contained page for people."""
    states, runs, drift = current_states(project)
    now = datetime.now(UTC)
    more = PageFacts(quarantine_groups(project, states), key_lines(project.workspace), residency_facts(project, now))
    page = status_page(states, runs, drift, more, workspace=project.workspace.vars.name, now=now)
    path.write_text(page, encoding="utf-8")


def quarantine_groups(project: Project, states: Iterable[TableState]) -> tuple[QuarantineGroup, ...]:
    """Rows that the last load of each table set aside, by rule and zone; one query, none where nothing was."""
    from pyspark.sql import functions as F

    from havenlake.tables.quarantine import quarantine_name

    name = quarantine_name(project.workspace.vars.catalogs.operations)
    last = {(s.target, s.last_read.context.run_id) for s in states if s.quarantined and s.last_read}
    if not last or not project.store.exists(name):
        return ()
    rows = project.store.read(name).where(F.col("target").isin(sorted({t for t, _ in last})))
    zone = F.col("zone") if "zone" in rows.columns else F.lit(None).cast("string")  # an older release kept none
    places = F.slice(F.array_sort(F.collect_set("source_position")), 1, _POSITIONS)
    groups = rows.groupBy("target", "run_id", "rule", zone.alias("zone")).agg(F.count(F.lit(1)), places)
    found = sorted((tuple(r) for r in groups.collect()), key=lambda r: (r[0], -r[4]))
    return tuple(QuarantineGroup(r[0], r[2], r[3], r[4], tuple(r[5] or ())) for r in found if (r[0], r[1]) in last)


def key_lines(config: WorkspaceConfig) -> tuple[KeyLine, ...] | None:
    """The keys of the zone; None where the keyring is not within reach of who asks."""
    from havenlake.cli.keys_commands import keyring_place

    if config.vars.keyring is not None and config.vars.keyring.kms_key:
        return None  # looking at a page must not call a key service
    try:
        ring = keyring_place(config).open()
    except HavenlakeError:
        return None
    return tuple(KeyLine(k["id"], k["purpose"], k["state"], bool(k["active"]), k["created"]) for k in ring.status())


def residency_facts(project: Project, now: datetime) -> ResidencyFacts:
    """Zone, places, exceptions, and tables that nothing guards by row."""
    config = project.workspace
    home = config.zones.get(config.home)
    return ResidencyFacts(
        config.home,
        config.vars.region,
        home.countries if home else (),
        place_uses(config.zones, config.vars, config.jobs.values()),
        crossings(config.zones, now.date(), config.home),
        unguarded_by_row(config.all_assets),
    )
