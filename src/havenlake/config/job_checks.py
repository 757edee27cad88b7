"""Checks of jobs against their workspace, its assets, its zone and each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from havenlake.config.asset_loading import is_inside
from havenlake.config.job_inputs import MaintainInput, ToSilverInput
from havenlake.config.jobs import Job
from havenlake.config.nodes import Document, KeyPath
from havenlake.config.places import place_error
from havenlake.config.policies import policy_file, policy_names
from havenlake.config.problems import suggestion
from havenlake.config.repository import jobs_file
from havenlake.config.scope import Scope
from havenlake.config.secret_refs import secret_refs

_LAYER = {"raw_to_landing": "bronze", "bronze_to_silver": "silver"}


def check_jobs(scope: Scope) -> None:
    """All jobs of a workspace."""
    if (node := scope.documents.get(jobs_file(scope.name))) is not None:
        for job in scope.jobs.values():
            check_job(scope, job, node.document)


def check_job(scope: Scope, job: Job, document: Document) -> None:
    """One job; `document` says where its keys stand."""
    for check in _CHECKS:
        for code, message, path, hint in check(scope, job):
            full: KeyPath = ("stages", job.stage, "spark_jobs", job.name, *path)
            where = document.value_position(full if full in document.positions else full[:-1])
            scope.problems.add(code, f"{job.name}: {message}", where, hint)
    _check_places(scope, job, document)


_Fault = tuple[str, str, KeyPath, str | None]


def _stage(scope: Scope, job: Job) -> Iterator[_Fault]:
    facts, wanted = scope.facts, job.job_input.stage
    if wanted is not None and wanted != job.stage:
        yield "HL-CFG-004", f"'{job.app_name}' cannot run in stage {job.stage}", ("app_name",), f"move it to {wanted}"
    if facts is not None and not facts.ingests and job.stage in _LAYER:
        message = f"workspace '{facts.name}' does not ingest, so stage {job.stage} has no jobs"
        yield "HL-CFG-013", message, ("app_name",), "move the job to the workspace that ingests"


def _asset_files(scope: Scope, job: Job) -> Iterator[_Fault]:
    for i, path in enumerate(job.job_input.data_assets_config):
        where: KeyPath = ("job_input", "data_assets_config", i)
        file = scope.root / path
        if not is_inside(file, scope.root):
            yield "HL-CFG-008", f"'{path}' lies outside the repository", where, "name a file of this repository"
        elif not file.is_file():
            files = (p.relative_to(scope.root).as_posix() for p in (scope.root / "data-assets").rglob("*.yaml"))
            yield "HL-CFG-008", f"asset file '{path}' is missing", where, suggestion(path, files)


def _tables(scope: Scope, job: Job) -> Iterator[_Fault]:
    files = job.job_input.data_assets_config
    sources = [source for path in files if (source := scope.sources.get(path)) is not None]
    if len(sources) < len(files):
        return  # a file that is missing or unreadable is reported already
    homes: dict[str, list[str]] = {}
    for source in sources:
        for name in source.names:
            homes.setdefault(name, []).append(source.file.path)
    for i, table in enumerate(job.tables):
        where: KeyPath = ("job_input", "tables_for_processing", i)
        if table not in homes:
            yield "HL-CFG-009", f"table '{table}' has no data asset", where, suggestion(table, homes)
        elif len(homes[table]) > 1:
            message = f"table '{table}' is described in {' and '.join(homes[table])}"
            yield "HL-CFG-002", message, where, "keep one of the two"
        elif table.lower() in (other.lower() for other in job.tables[:i]):
            yield "HL-CFG-002", f"table '{table}' differs from another one only in case", where, "catalogs ignore case"


def _catalogs(scope: Scope, job: Job) -> Iterator[_Fault]:
    if scope.facts is None:
        return
    catalogs = scope.facts.catalogs.model_dump(exclude_none=True)
    layer = _LAYER.get(job.stage)
    allowed = {name for key, name in catalogs.items() if layer in (None, key)} - set(scope.facts.read_only_catalogs)
    written = job.job_output.name.catalog
    if allowed and written not in allowed:
        message = f"writes to catalog '{written}', which is not this workspace's {layer or 'own'} catalog"
        yield "HL-CFG-011", message, ("job_output", "schema"), suggestion(written, allowed)
    if isinstance(job.job_input, ToSilverInput) and (bronze := catalogs.get("bronze")):
        read = job.job_input.bronze.catalog
        if read != bronze:
            message = f"reads catalog '{read}', but this workspace's bronze catalog is '{bronze}'"
            yield "HL-CFG-011", message, ("job_input", "bronze_schema"), suggestion(read, [bronze])
    if isinstance(job.job_input, MaintainInput):
        for i, schema in enumerate(job.job_input.places_of_tables):
            if schema.catalog not in allowed:
                message = f"maintains catalog '{schema.catalog}', which is not this workspace's own"
                yield "HL-CFG-011", message, ("job_input", "schemas", i), suggestion(schema.catalog, allowed)


def _policy(scope: Scope, job: Job) -> Iterator[_Fault]:
    name = job.effective_scrub_policy
    if name is not None and policy_file(name, scope.root) is None:
        where: KeyPath = ("job_input", "scrub_policy") if job.job_input.scrub_policy else ("scrub_policy",)
        yield "HL-CFG-011", f"scrub_policy '{name}' is not known", where, suggestion(name, policy_names(scope.root))


def _secrets(scope: Scope, job: Job) -> Iterator[_Fault]:
    known = scope.facts.secret_scopes if scope.facts else None
    if known is None:
        return
    for path, secret in secret_refs(job.job_input, ("job_input",)):
        if secret.scope not in known:
            message = f"secret scope '{secret.scope}' is not listed in the workspace's secret_scopes"
            yield "HL-CFG-011", message, (*path, "scope"), suggestion(secret.scope, known)


def _dependencies(scope: Scope, job: Job) -> Iterator[_Fault]:
    for i, name in enumerate(_depends_on(job)):
        where: KeyPath = ("workflow", "depends_on", i)
        if name not in scope.written_jobs | set(scope.jobs):
            hint = suggestion(name, set(scope.jobs) - {job.name})
            yield "HL-CFG-011", f"depends on job '{name}', which is not known", where, hint
        elif job.name in _upstream(name, scope.jobs):
            yield "HL-CFG-011", f"depends on '{name}', which waits for {job.name} itself", where, "break the circle"


def _notebook(scope: Scope, job: Job) -> Iterator[_Fault]:
    named = job.workflow.notebook if job.workflow else None
    if named is None:
        return
    where: KeyPath = ("workflow", "notebook")
    known = sorted(p.relative_to(scope.root).as_posix() for p in (scope.root / "notebooks").rglob("*.py"))
    if named not in known:
        yield "HL-CFG-008", f"notebook '{named}' is missing", where, suggestion(named, known)
    elif job.workflow and job.workflow.compute == "serverless":
        yield "HL-CFG-010", "a job on serverless compute runs no notebook", where, "remove it, or use a job cluster"


def _depends_on(job: Job) -> tuple[str, ...]:
    return job.workflow.depends_on if job.workflow else ()


def _upstream(name: str, jobs: dict[str, Job]) -> set[str]:
    """A job and all it waits for."""
    found: set[str] = set()
    todo = [name]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += _depends_on(jobs[here]) if here in jobs else ()
    return found


def _check_places(scope: Scope, job: Job, document: Document) -> None:
    if scope.facts is None or scope.zones is None or scope.zones.get(scope.facts.zone) is None:
        return
    for key, place, holds in job.job_input.places():
        where = document.value_position(("stages", job.stage, "spark_jobs", job.name, "job_input", key))
        error = place_error(scope.zones, scope.facts.zone, place, holds, today=scope.today, where=where)
        if error is not None:
            scope.problems.take(error)


_CHECKS: tuple[Callable[[Scope, Job], Iterator[_Fault]], ...] = (
    _stage,
    _asset_files,
    _tables,
    _catalogs,
    _policy,
    _secrets,
    _dependencies,
    _notebook,
)
