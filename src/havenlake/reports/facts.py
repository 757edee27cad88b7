"""What the configuration says about each table, as far as reports need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from havenlake.config.contexts import unguarded_by_row
from havenlake.records import ColumnTreatments
from havenlake.reports.table_state import AssetFacts, AssetPlace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from havenlake.config import Asset, Job, WorkspaceConfig

_LAYERS = {"raw_to_landing": "bronze", "bronze_to_silver": "silver"}


def asset_facts(workspace: WorkspaceConfig, jobs: Iterable[Job]) -> Mapping[str, AssetFacts]:
    """What the configuration says of each table that a job writes, by its logical name."""
    places: dict[str, list[AssetPlace]] = {}
    assets: dict[str, Asset] = {}
    unguarded = unguarded_by_row(workspace.all_assets)
    for job in (j for j in jobs if not j.job_input.upkeep):
        for name, asset in workspace.assets_of(job).items():
            target = job.job_output.name.table(name)
            assets[target.asset] = asset
            declared = ColumnTreatments(
                encrypted=asset.encrypted_columns, scrubbed=asset.scrubbed_columns, dropped=asset.dropped_columns
            )
            place = AssetPlace(_LAYERS.get(job.stage, job.stage), str(target), declared)
            places.setdefault(target.asset, []).append(place)
    return {
        name: _facts(asset, tuple(places[name]), guarded=name.partition(".")[2] not in unguarded)
        for name, asset in assets.items()
    }


def _facts(asset: Asset, places: tuple[AssetPlace, ...], *, guarded: bool) -> AssetFacts:
    objective = asset.freshness
    return AssetFacts(
        owner=asset.owner,
        severity=asset.severity,
        description=asset.description,
        freshness_seconds=objective.within_seconds if objective else None,
        warn_seconds=objective.warn_seconds if objective else None,
        guarded_by_row=guarded,
        places=places,
    )
