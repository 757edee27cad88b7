"""`report privacy`: what becomes of every column, for who answers for privacy."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import told
from havenlake.cli.run_commands import LocalOption, RootOption, WorkspaceOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from havenlake.api import Project
    from havenlake.config import Asset
    from havenlake.config.contexts import ContextRoute
    from havenlake.reports.privacy_report import PrivacyColumn, PrivacyTable, Recall

report_app = typer.Typer(name="report", help="Reports for people who answer for something.", no_args_is_help=True)


@report_app.callback()
def _group() -> None:
    """Reports for people who answer for something."""


@report_app.command()
@told
def privacy(
    html: Annotated[Path, typer.Option("--html", help="Write the page to this file.")],
    workspace: WorkspaceOption = "local",
    root: RootOption = Path(),
    local: LocalOption = None,
) -> None:
    """Write what becomes of every column: class, places, keys, retention, readers, measured scrubbing, exceptions."""
    from havenlake.api import Project
    from havenlake.cli.status_data import key_lines, residency_facts
    from havenlake.config import find_root, load_project
    from havenlake.reports.privacy_report import privacy_page

    project = Project.open(find_root(root), workspace=workspace, local=local)
    now = datetime.now(UTC)
    others = load_project(find_root(root)).workspaces.values()
    facts = project.workspace.vars
    catalogs = dict.fromkeys(facts.catalogs.model_dump(exclude_none=True).values())
    readers = {c: tuple(o.vars.name for o in others if c in o.vars.read_only_catalogs) for c in catalogs}
    page = privacy_page(
        tuple(_tables(project)),
        tuple(_recall(project)),
        readers,
        residency_facts(project, now),
        key_lines(project.workspace),
        workspace=facts.name,
        now=now,
    )
    html.write_text(page, encoding="utf-8")
    sys.stderr.write(f"wrote {html}\n")


def _tables(project: Project) -> Iterable[PrivacyTable]:
    from havenlake.config.base import duration_text
    from havenlake.config.contexts import context_route
    from havenlake.config.drift import schema_columns
    from havenlake.reports.privacy_report import PrivacyTable

    states = [s for s in project.states() if s.declared]
    assets = project.workspace.all_assets
    for table, asset in assets.items():
        own = [s for s in states if s.table == table]
        good = next((s.last_good for s in own if s.layer == "bronze" and s.last_good), None)
        types = schema_columns(good.result.schema) if good else None
        kept = f"Deleted rows keep their content for {duration_text(asset.retention)}" if asset.retention else ""
        yield PrivacyTable(
            table,
            asset.owner,
            tuple(dict.fromkeys(s.target for s in own)),
            kept or "Deleted rows keep their content in bronze for ever",
            _guard(context_route(assets, table)),
            tuple(_columns(table, asset, types)),
        )


def _columns(table: str, asset: Asset, types: dict[str, str] | None) -> Iterable[PrivacyColumn]:
    from havenlake.config.explain import column_fate
    from havenlake.reports.privacy_report import PrivacyColumn

    for column, kind in (types or dict.fromkeys(_named(asset))).items():
        fate = column_fate(asset, column, kind)
        yield PrivacyColumn(table, column, kind, ", ".join(fate.named_by) or "nothing", fate.bronze, fate.silver)


def _named(asset: Asset) -> tuple[str, ...]:
    from havenlake.config.classification import classified_columns

    return classified_columns(asset)


def _guard(route: ContextRoute | None) -> str:
    place = route.place_of_country if route else None
    if place is not None:
        where = "its own" if place.depth == 0 else f"{place.table}'s"
        return f"Rows are told apart by {where} column {place.column}"
    if route is not None and route.instance:
        return f"Rows are not told apart by country: {route.instance}"
    return "Rows are guarded by place only"


def _recall(project: Project) -> Iterable[Recall]:
    from havenlake.applications.scrubbers import scrubber_of
    from havenlake.privacy.canaries import canary_recall
    from havenlake.reports.privacy_report import Recall
    from havenlake.runner import open_keyring, storage_of
    from havenlake.runtime.secrets import resolver_for

    config = project.workspace
    measured: set[str] = set()
    for job in project.jobs:
        policy = job.effective_scrub_policy
        if policy is None or policy in measured:
            continue
        measured.add(policy)
        scrubber = scrubber_of(
            job, config, lambda: open_keyring(config, storage_of(config), resolver_for(databricks=False, dbutils=None))
        )
        if scrubber is not None:
            found = canary_recall(scrubber)
            yield Recall(policy, found.masked, found.total)
