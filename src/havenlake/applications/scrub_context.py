"""How the rows of a silver table are scrubbed: where language, country and conversation of a row come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from havenlake.applications.bronze import sealed_type
from havenlake.config.contexts import context_route
from havenlake.tables.context_rows import CONVERSATION, COUNTRY, LANGUAGE, ContextRows, ContextTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql.types import StructType

    from havenlake.config import Asset, Job, WorkspaceConfig
    from havenlake.config.contexts import ContextColumn, ContextRoute
    from havenlake.names import SchemaName
    from havenlake.runner import RunEnvironment
    from havenlake.tables import DeltaStore


@dataclass(frozen=True)
class ScrubContext:
    """A column's name, or fixed codes, for each thing; None where it is not known: the strictest treatment."""

    languages: str | tuple[str, ...] | None = None
    countries: str | tuple[str, ...] | None = None
    conversations: str | None = None
    rows: ContextRows | None = None
    """What adds the columns; None where nothing is added."""
    notes: tuple[str, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    """Version of each further bronze table that is read, by table."""


def scrub_context(
    environment: RunEnvironment,
    table: str,
    bronze: SchemaName,
    version: int,
    seen: Mapping[str, int],
    *,
    newest: bool = True,
) -> ScrubContext:
    """Follow the asset's context through the bronze tables, as far as they are there and the columns lie in clear.

    `version` is the one of the table itself, `seen` those of the other tables by which silver was written; they are
    read at the newest or else at these.
    """
    facts = environment.workspace.vars
    route = context_route(_assets(environment.workspace, environment.job), table)
    if route is None:
        return ScrubContext()
    # without a column to say so, a reason may stand in the asset why the instance's own facts are enough
    languages = tuple(facts.languages) if route.instance else None
    countries = (facts.country,) if route.instance else None
    start = environment.store.read(bronze.table(table), version).schema
    tables, schemas = _followed(environment.store, route, bronze, start, seen, newest=newest)
    wanted = {LANGUAGE: route.language, COUNTRY: route.country, CONVERSATION: route.conversation}
    columns = {name: (c.depth, c.column) for name, c in wanted.items() if c is not None and _clear(c, schemas)}
    lost = [c for name, c in wanted.items() if c is not None and name not in columns]
    depth = max((depth for depth, _ in columns.values()), default=0)
    rows = ContextRows(environment.store, tables[:depth], columns)
    return ScrubContext(
        languages=LANGUAGE if LANGUAGE in columns else languages,
        countries=COUNTRY if COUNTRY in columns else countries,
        conversations=CONVERSATION if CONVERSATION in columns else None,
        rows=rows if columns else None,
        notes=tuple(_note(column) for column in lost),
        versions={t.name.table: t.version for t in rows.tables},
    )


def _assets(workspace: WorkspaceConfig, job: Job) -> dict[str, Asset]:
    """Assets of all tables, those of the job's own files before others of the same name."""
    own = job.job_input.data_assets_config
    files = sorted(workspace.assets.items(), key=lambda item: item[0] in own)
    return {table: asset for _, file in files for table, asset in file.assets.items()}


def _followed(
    store: DeltaStore,
    route: ContextRoute,
    bronze: SchemaName,
    start: StructType,
    seen: Mapping[str, int],
    *,
    newest: bool,
) -> tuple[tuple[ContextTable, ...], list[StructType]]:
    """The tables on the way, and the schemas from the table itself on, up to where the way is broken."""
    tables, schemas = list[ContextTable](), [start]
    for hop in route.hops:
        name = bronze.table(hop.table)
        version = store.version(name) if newest else seen.get(hop.table)
        if version is None or any(not _in_clear(own, schemas[-1]) for own, _ in hop.on):
            break
        tables.append(ContextTable(name, hop.on, version, seen.get(hop.table)))
        schemas.append(store.read(name, version).schema)
    return tuple(tables), schemas


def _clear(column: ContextColumn, schemas: list[StructType]) -> bool:
    return column.depth < len(schemas) and _in_clear(column.column, schemas[column.depth])


def _in_clear(column: str, schema: StructType) -> bool:
    return column in schema.fieldNames() and sealed_type(schema[column]) is None


def _note(column: ContextColumn) -> str:
    where = f"column '{column.column}' of {column.table}"
    return f"{where} is not in clear in bronze: texts are scrubbed as if it were unknown"
