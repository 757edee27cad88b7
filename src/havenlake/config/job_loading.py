"""A jobs file to validated jobs; each `job_input` is checked by the model of its application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from havenlake.config.job_inputs import JobInput, app_names, input_model
from havenlake.config.jobs import STAGES, Job, JobsFile, JobSpec, Stage
from havenlake.config.nodes import ConfigNode, Document, KeyPath
from havenlake.config.problems import Problems, suggestion
from havenlake.config.validation import validate

_Path = tuple[str, str, str, str]


def load_jobs(node: ConfigNode, workspace: str, problems: Problems) -> dict[str, Job]:
    """All jobs of a file by name; a job with errors is left out."""
    validate(JobsFile, node, node.document, (), problems)
    jobs: dict[str, Job] = {}
    for path, values in _written_jobs(node):
        stage, name = path[1], path[3]
        job = load_job(values, node.document, path, (workspace, stage, name), problems)
        if name in jobs:
            message = f"job '{name}' stands in two stages, first in {jobs[name].stage}"
            hint = "job names are unique in a workspace"
            problems.add("HL-CFG-002", message, node.document.key_position(path), hint)
        elif job is not None:
            jobs[name] = job
    return jobs


def written_job_names(node: ConfigNode) -> frozenset[str]:
    """Names of all jobs in any stage, those with errors included."""
    stages = _mapping(node.get("stages")).values()
    return frozenset(name for spec in stages for name in _mapping(_mapping(spec).get("spark_jobs")))


def _written_jobs(node: ConfigNode) -> list[tuple[_Path, ConfigNode]]:
    stages = _mapping(node.get("stages"))
    found: list[tuple[_Path, ConfigNode]] = []
    for stage, spec in stages.items():
        for name, job in _mapping(_mapping(spec).get("spark_jobs")).items():
            if stage in STAGES and isinstance(job, ConfigNode):
                found.append((("stages", stage, "spark_jobs", name), job))
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def load_job(
    values: Mapping[str, Any], document: Document, path: KeyPath, who: tuple[str, str, str], problems: Problems
) -> Job | None:
    """One job; `who` is workspace, stage and job name."""
    workspace, stage, name = who
    spec = validate(JobSpec, values, document, path, problems)
    model = _model(values, document, path, problems)
    job_input = values.get("job_input")
    if model is None or not isinstance(job_input, Mapping):
        return None
    parsed = validate(model, job_input, document, (*path, "job_input"), problems)
    if spec is None or parsed is None:
        return None
    origin = values if isinstance(values, ConfigNode) else None
    keys = {field: getattr(spec, field) for field in type(spec).model_fields}
    return Job.model_construct(
        **{**keys, "job_input": parsed}, name=name, stage=cast("Stage", stage), workspace=workspace, origin=origin
    )


def _model(values: Mapping[str, Any], document: Document, path: KeyPath, problems: Problems) -> type[JobInput] | None:
    app_name = values.get("app_name")
    if not isinstance(app_name, str) or not app_name:
        return None
    where = document.value_position((*path, "app_name"))
    try:
        model = input_model(app_name)
    except Exception as error:  # noqa: BLE001  # a plug-in's import may fail in any way
        problems.add("HL-CFG-012", f"application '{app_name}' cannot be loaded: {type(error).__name__}", where)
        return None
    if model is None:
        message = f"app_name '{app_name}' names no registered application"
        problems.add("HL-CFG-012", message, where, suggestion(app_name, app_names()))
    return model
