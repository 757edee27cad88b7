"""Who is called for which tables: the assets of an instance by owner and severity."""

from __future__ import annotations

import re
from dataclasses import dataclass

from havenlake.config import WorkspaceConfig
from havenlake.config.assets import Asset
from havenlake.config.deployment import Deployment
from havenlake.config.jobs import Job
from havenlake.config.nodes import Document
from havenlake.errors import HavenlakeError

LOADING = ("raw_to_landing", "bronze_to_silver")
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, order=True)
class Route:
    """The tables of one owner and severity."""

    severity: str
    owner: str
    tables: tuple[str, ...]
    """Logical names, `schema.table`."""

    @property
    def key(self) -> str:
        """A stable name: `critical-data-platform-ctl-example`."""
        return f"{self.severity}-{re.sub('[^a-z0-9]+', '-', self.owner.lower()).strip('-')}"


def loaded_tables(config: WorkspaceConfig) -> dict[str, Asset]:
    """Every table that a job of the instance loads, by its logical name."""
    found: dict[str, Asset] = {}
    for job in _loading_jobs(config):
        for table, asset in config.assets_of(job).items():
            found[f"{job.job_output.name.schema}.{table}"] = asset
    return found


def freshness_routes(config: WorkspaceConfig) -> tuple[Route, ...]:
    """Tables with an objective of freshness, by severity and owner. HL-CFG-005 for one that nobody owns."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, asset in loaded_tables(config).items():
        if asset.freshness is None:
            continue
        if asset.owner is None:
            raise _unowned(config, name)
        groups.setdefault((asset.severity, asset.owner), []).append(name)
    routes = [Route(severity, owner, tuple(sorted(names))) for (severity, owner), names in groups.items()]
    return tuple(sorted(routes, key=lambda route: (SEVERITIES.index(route.severity), route.owner)))


def handles(deployment: Deployment, severity: str, owner: str) -> tuple[str, ...]:
    """Whom Datadog calls: the owner, and whoever the instance names for the severity."""
    named: tuple[str, ...] = getattr(deployment.notify, severity)
    return (owner, *named)


def starts_by_itself(config: WorkspaceConfig) -> bool:
    """Whether a job that loads has a schedule that is switched on."""
    switched_on = config.vars.deployment is not None and config.vars.deployment.features.schedules
    return switched_on and any(job.workflow and job.workflow.schedule for job in _loading_jobs(config))


def _loading_jobs(config: WorkspaceConfig) -> list[Job]:
    return [job for job in config.jobs.values() if job.stage in LOADING]


def _unowned(config: WorkspaceConfig, name: str) -> HavenlakeError:
    table = name.partition(".")[2]
    file = next(path for path, found in config.assets.items() if table in found.assets)
    node = config.documents.get(file)
    document = node.document if node is not None else Document(file, config.root)
    where = document.key_position((table,))
    message = f"table '{table}' has an objective of freshness and no owner: nobody would be called"
    return HavenlakeError("HL-CFG-005", message, where=where, hint="add 'owner:' to it, or to the file's defaults")
