"""What the status table and the status page show: ledger and configuration brought together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from havenlake.records import ColumnTreatments
from havenlake.reports.html import status_page
from havenlake.reports.runs import run_states
from havenlake.reports.status import table_states
from havenlake.reports.table_state import AssetFacts, AssetPlace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from havenlake.api import Project
    from havenlake.config import Asset
    from havenlake.reports.runs import RunState
    from havenlake.reports.table_state import TableState

_LAYERS = {"raw_to_landing": "bronze", "bronze_to_silver": "silver"}


def current_states(project: Project) -> tuple[tuple[TableState, ...], tuple[RunState, ...]]:
    """State of every table and of every run, from the ledger."""
    entries = project.ledger()
    loads = [e for e in entries if not e.context.is_upkeep]
    return table_states(loads, asset_facts(project), datetime.now(UTC)), run_states(entries)


def write_status_page(project: Project, path: Path) -> None:
    """Write the self-contained page for people."""
    states, runs = current_states(project)
    page = status_page(states, runs, workspace=project.workspace.vars.name, now=datetime.now(UTC))
    path.write_text(page, encoding="utf-8")


def asset_facts(project: Project) -> Mapping[str, AssetFacts]:
    """What the configuration says of each table, by its logical name."""
    places: dict[str, list[AssetPlace]] = {}
    assets: dict[str, Asset] = {}
    for job in (j for j in project.jobs if not j.job_input.upkeep):
        for name, asset in project.workspace.assets_of(job).items():
            target = job.job_output.name.table(name)
            assets[target.asset] = asset
            declared = ColumnTreatments(
                encrypted=asset.encrypted_columns, scrubbed=asset.scrubbed_columns, dropped=asset.dropped_columns
            )
            place = AssetPlace(_LAYERS.get(job.stage, job.stage), str(target), declared)
            places.setdefault(target.asset, []).append(place)
    return {name: _facts(asset, tuple(places[name])) for name, asset in assets.items()}


def _facts(asset: Asset, places: tuple[AssetPlace, ...]) -> AssetFacts:
    objective = asset.freshness
    return AssetFacts(
        owner=asset.owner,
        severity=asset.severity,
        description=asset.description,
        freshness_seconds=objective.within_seconds if objective else None,
        warn_seconds=objective.warn_seconds if objective else None,
        guarded_by_row=asset.context is not None and asset.context.instance is None,
        places=places,
    )
