"""Configured jobs as Databricks jobs, in the shape of the Jobs API.

Principals and cluster policies stand by their logical names, which Terraform maps to ids. Tags and parameters hold
names and never a value of a row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from havenlake.config import WorkspaceConfig
from havenlake.config.deployment import Deployment
from havenlake.config.jobs import Job
from havenlake.deploy.chains import Chain, chains, workflow_of
from havenlake.deploy.names import (
    ENTRY_POINT,
    NOTEBOOK,
    PACKAGE,
    PRINCIPALS,
    notebook_path,
    repository_path,
    wheel_path,
)
from havenlake.deploy.schedules import quartz
from havenlake.errors import HavenlakeError
from havenlake.runtime.jobs import TABLES_PARAMETER, deployed_name

FORMAT = 1
DEFAULT_TIMEOUT = timedelta(hours=12)
"""A job that says nothing is stopped then: one that hangs would hold back all that wait behind it."""
_RETRY_AFTER_MS = 300_000
_LATE_SHARE = 0.8
"""Share of the timeout after which Databricks calls a run slow."""
_ENVIRONMENT = "havenlake"

Rendered = dict[str, Any]


def jobs_document(config: WorkspaceConfig) -> Rendered:
    """Content of `workspaces/<ws>/etl/jobs.json`. Raises HL-DEP-001 for a job that cannot be deployed as written."""
    deployment = deployment_of(config)
    found = {chain.name: _job(config, deployment, chain) for chain in chains(config.jobs)}
    return {"format": FORMAT, "workspace": config.vars.name, "jobs": found}


def deployment_of(config: WorkspaceConfig) -> Deployment:
    """How the workspace is deployed; HL-DEP-002 when it is not."""
    if config.vars.deployment is None:
        hint = "add a 'deployment:' block to its workspace-vars.yaml"
        raise HavenlakeError("HL-DEP-002", f"workspace '{config.vars.name}' is not deployed", hint=hint)
    return config.vars.deployment


def _job(config: WorkspaceConfig, deployment: Deployment, chain: Chain) -> Rendered:
    first = chain.jobs[0]
    principals = sorted({PRINCIPALS[job.stage] for job in chain.jobs})
    if len(principals) > 1:
        message = f"{config.vars.name}: '{chain.name}' and its followers run as {' and '.join(principals)}"
        raise HavenlakeError("HL-DEP-001", message, hint="jobs of different principals are started separately")
    names = {job.name for job in chain.jobs}
    total = sum(_seconds(job) * (workflow_of(job).retries + 1) for job in chain.jobs)
    found: Rendered = {
        "name": deployed_name(config.vars.name, chain.name),
        "tags": _tags(config, deployment, first),
        "max_concurrent_runs": 1,
        "queue": {"enabled": workflow_of(first).queue},
        "timeout_seconds": total,
        "run_as": {"service_principal_name": principals[0]},
        "job_clusters": _clusters(deployment, chain),
        "tasks": [_task(config, deployment, job, names) for job in chain.jobs],
        "environments": _environments(config, deployment, chain),
        "health": {"rules": [_slow(int(total * _LATE_SHARE))]},
        "parameters": [{"name": TABLES_PARAMETER, "default": ""}],
    }
    if chain.schedule is not None and chain.schedule.schedule is not None:
        found["schedule"] = {
            "quartz_cron_expression": quartz(chain.schedule.schedule),
            "timezone_id": chain.schedule.timezone,
            "pause_status": "UNPAUSED" if deployment.features.schedules else "PAUSED",
        }
    return found


def _tags(config: WorkspaceConfig, deployment: Deployment, job: Job) -> Rendered:
    own = {
        "instance": config.vars.name,
        "zone": config.vars.zone,
        "env": config.vars.environment,
        "release": deployment.release,
        "managed_by": "terraform",
    }
    return {**job.operational_monitoring.labels, **own}


def _seconds(job: Job) -> int:
    return int((workflow_of(job).timeout or DEFAULT_TIMEOUT).total_seconds())


def _slow(seconds: int) -> Rendered:
    return {"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": seconds}


def _clusters(deployment: Deployment, chain: Chain) -> list[Rendered]:
    """One cluster for each policy, as large as the largest of its tasks asks for; tasks of a chain share it."""
    workers: dict[str, int] = {}
    for job in chain.jobs:
        workflow = workflow_of(job)
        if workflow.compute == "job_cluster":
            workers[workflow.policy] = max(workers.get(workflow.policy, 1), workflow.workers)
    return [
        {
            "job_cluster_key": policy,
            "new_cluster": {
                "policy_id": policy,
                "apply_policy_default_values": True,
                "spark_version": deployment.runtime,
                "data_security_mode": "SINGLE_USER",
                "autoscale": {"min_workers": 1, "max_workers": most},
            },
        }
        for policy, most in sorted(workers.items())
    ]


def _environments(config: WorkspaceConfig, deployment: Deployment, chain: Chain) -> list[Rendered]:
    if all(workflow_of(job).compute == "job_cluster" for job in chain.jobs):
        return []
    wheel = wheel_path(config.vars.catalogs.operations, deployment.release)
    spec = {"environment_version": deployment.serverless_environment, "dependencies": [wheel]}
    return [{"environment_key": _ENVIRONMENT, "spec": spec}]


def _task(config: WorkspaceConfig, deployment: Deployment, job: Job, chain: set[str]) -> Rendered:
    workflow = workflow_of(job)
    before = [name for name in sorted(workflow.depends_on) if name in chain]
    found: Rendered = {
        "task_key": job.name,
        "depends_on": [{"task_key": name} for name in before],
        "max_retries": workflow.retries,
        "min_retry_interval_millis": _RETRY_AFTER_MS,
        "timeout_seconds": _seconds(job),
    }
    if before:  # a table that failed must not hold back the others: what follows reads what is there
        found["run_if"] = "ALL_DONE"
    serverless = workflow.compute == "serverless"
    return {**found, **(_wheel_task(config, job) if serverless else _notebook_task(config, deployment, job))}


def _notebook_task(config: WorkspaceConfig, deployment: Deployment, job: Job) -> Rendered:
    workflow = workflow_of(job)
    path = notebook_path(config.vars.name, workflow.notebook or NOTEBOOK)
    parameters = {"env": config.vars.name, "app_name": job.name}
    return {
        "notebook_task": {"notebook_path": path, "base_parameters": parameters},
        "job_cluster_key": workflow.policy,
        "libraries": [{"whl": wheel_path(config.vars.catalogs.operations, deployment.release)}],
    }


def _wheel_task(config: WorkspaceConfig, job: Job) -> Rendered:
    root, workspace = repository_path(config.vars.name), config.vars.name
    tables = "{{job.parameters." + TABLES_PARAMETER + "}}"
    parameters = ["--root", root, "--workspace", workspace, "--job", job.name, "--tables", tables]
    task = {"package_name": PACKAGE, "entry_point": ENTRY_POINT, "parameters": parameters}
    return {"python_wheel_task": task, "environment_key": _ENVIRONMENT}
