"""Every table that a workspace's jobs write, with what is expected of it: what monitors and monitoring go by."""

from __future__ import annotations

from dataclasses import dataclass

from havenlake.config.assets import Asset
from havenlake.config.calendars import Calendar
from havenlake.config.repository import WorkspaceConfig
from havenlake.names import TableName


@dataclass(frozen=True)
class Expectation:
    """One table of one layer: which job writes it, its asset, and the calendar of its objective."""

    job: str
    layer: str
    target: TableName
    asset: Asset
    calendar: Calendar | None = None

    @property
    def table(self) -> str:
        """The table's name in all layers, as metrics have it: `platformdb.message`."""
        return self.target.asset


def expectations(config: WorkspaceConfig) -> tuple[Expectation, ...]:
    """All tables of all jobs that bring tables up to date, in the order of the jobs."""
    layers = {catalog: layer for layer, catalog in config.vars.catalogs.model_dump(exclude_none=True).items()}
    calendars = config.vars.monitoring.calendars
    found = []
    for job in (j for j in config.jobs.values() if not j.job_input.upkeep):
        for name, asset in config.assets_of(job).items():
            target = job.job_output.name.table(name)
            calendar = calendars.get(asset.freshness.calendar or "") if asset.freshness else None
            found.append(Expectation(job.name, layers.get(target.catalog, job.stage), target, asset, calendar))
    return tuple(found)
