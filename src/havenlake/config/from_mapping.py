"""The job of `main(**config)`: which workspace, root, stage and name a mapping of configuration belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from havenlake.config.asset_checks import check_assets
from havenlake.config.asset_loading import load_asset_files
from havenlake.config.job_checks import check_job
from havenlake.config.job_inputs import input_model
from havenlake.config.job_loading import load_job
from havenlake.config.jobs import Job
from havenlake.config.nodes import ConfigNode, Document
from havenlake.config.problems import Problems
from havenlake.config.repository import Project, WorkspaceConfig
from havenlake.config.scope import AssetSource, Scope
from havenlake.errors import HavenlakeError


def mapping_node(config: Mapping[str, Any]) -> ConfigNode | None:
    """The node of a job, or of one of its keys, that tells where the mapping was written."""
    for value in (config, *(config.get(key) for key in ("job_input", "job_output", "operational_monitoring"))):
        if isinstance(value, ConfigNode) and len(value.path) >= 4 and value.path[0] == "stages":
            return value
    return None


def workspace_of(config: Mapping[str, Any], workspace: str | None) -> str:
    """Name of the workspace a mapping belongs to; HL-CFG-015 when it is unknown or two names contradict."""
    node = mapping_node(config)
    written = node.origin.workspace if node is not None else None
    if written is not None and workspace is not None and written != workspace:
        message = f"configuration of workspace '{written}' cannot run as workspace '{workspace}'"
        where = node.origin.position if node is not None else None
        raise HavenlakeError("HL-CFG-015", message, where=where, hint="leave workspace= away")
    name = workspace or written
    if name is None:
        hint = "pass workspace='…', or take the configuration from get_parameters_for_runner(…).config_yaml"
        raise HavenlakeError("HL-CFG-015", "plain mappings do not say which workspace they belong to", hint=hint)
    return name


def job_of_mapping(config: Mapping[str, Any], project: Project, workspace: str) -> tuple[WorkspaceConfig, Job]:
    """Validate a mapping as a job of a loaded workspace; it replaces the job of that name."""
    base, node = project.workspace(workspace), mapping_node(config)
    stage, name = (str(node.path[1]), str(node.path[3])) if node is not None else _same_application(config, base)
    document = node.document if node is not None else Document("<mapping>", base.root, workspace)
    problems = Problems()
    path = ("stages", stage, "spark_jobs", name)
    job = load_job(_with_app_name(config, base, name), document, path, (workspace, stage, name), problems)
    if job is None:
        problems.raise_if_any()
        raise HavenlakeError("HL-CFG-004", "job_input must be a mapping", where=document.key_position(path))
    scope = _scope(base, project, job, problems)
    load_asset_files(scope)
    check_assets(scope)
    check_job(scope, job, document)
    problems.raise_if_any()
    files = {path: source.file for path, source in scope.sources.items() if source}
    config_now = replace(base, jobs=MappingProxyType(scope.jobs), assets=MappingProxyType(files))
    return config_now, job


def _with_app_name(config: Mapping[str, Any], base: WorkspaceConfig, name: str) -> Mapping[str, Any]:
    """`main(**config)` of a known job may leave out the application's name."""
    if "app_name" in config or name not in base.jobs:
        return config
    return {**config, "app_name": base.jobs[name].app_name}


def _same_application(config: Mapping[str, Any], base: WorkspaceConfig) -> tuple[str, str]:
    """Stage and name for a plain mapping: those of the only job of the same application, else the application's own."""
    app_name = str(config.get("app_name"))
    same = [job for job in base.jobs.values() if job.app_name == app_name]
    if len(same) == 1:
        return same[0].stage, same[0].name
    model = input_model(app_name)
    return (model.stage if model else None) or "maintenance", app_name


def _scope(base: WorkspaceConfig, project: Project, job: Job, problems: Problems) -> Scope:
    sources: dict[str, AssetSource | None] = {
        path: AssetSource(file, tuple(file.assets), base.documents[path].document) for path, file in base.assets.items()
    }
    return Scope(
        base.vars.name,
        base.root,
        problems,
        date.today(),  # noqa: DTZ011  # an expiry is a calendar day
        project.zones,
        base.vars,
        dict(base.documents),
        sources,
        {**base.jobs, job.name: job},
    )
