"""`--local DIR`: production configuration on one computer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from havenlake.config.jobs import Job
from havenlake.config.monitoring import Monitoring
from havenlake.config.places import local_place
from havenlake.config.repository import WorkspaceConfig
from havenlake.config.workspace import Workspace
from havenlake.config.zones import LOCAL, LOCAL_ZONE

TELEMETRY = "telemetry"
"""Folder of a local warehouse that telemetry is written to."""


def with_local(config: WorkspaceConfig, folder: Path) -> WorkspaceConfig:
    """The same instance with its warehouse and all places under `folder`, no cloud secret and no remote sink."""
    target = folder.resolve().as_posix()
    jobs = {name: _local_job(job, target, config.vars) for name, job in config.jobs.items()}
    return replace(config, vars=_local_vars(config.vars, target), jobs=MappingProxyType(jobs), zone=LOCAL_ZONE)


def _local_vars(facts: Workspace, target: str) -> Workspace:
    landing = tuple(local_place(place, target, facts.warehouse) for place in facts.landing)
    monitoring = Monitoring(
        file=f"{target}/{TELEMETRY}", defaults=facts.monitoring.defaults, calendars=facts.monitoring.calendars
    )
    changes = {"landing": landing, "staging": None, "keyring": None, "monitoring": monitoring, "deployment": None}
    return facts.model_copy(update={**changes, "warehouse": target, "zone": LOCAL})


def _local_job(job: Job, target: str, facts: Workspace) -> Job:
    changes: dict[str, Any] = {
        key: local_place(place, target, facts.warehouse)
        for key, place, holds in job.job_input.places()
        if holds == "rows"
    }
    return job.model_copy(update={"job_input": job.job_input.model_copy(update=changes)})
