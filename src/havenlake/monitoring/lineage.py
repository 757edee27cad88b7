"""Records to lineage: which columns of which table became which, and what was done to them on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from havenlake.config.assets import Asset
from havenlake.config.classification import Treatment, bronze_encrypted, treatment
from havenlake.config.drift import schema_columns
from havenlake.names import FRAMEWORK_COLUMNS
from havenlake.records import RunContext, TableResult


@dataclass(frozen=True)
class LineageColumn:
    """A column of the table written, and the column of the source it comes from; `masking` when its text is hidden."""

    name: str
    type: str
    source: str
    how: str
    masking: bool


@dataclass(frozen=True)
class LineageRun:
    """One table task for OpenLineage."""

    started_at: datetime
    ended_at: datetime
    run_id: str
    attempt: int
    namespace: str
    job: str
    source: str
    target: str
    columns: tuple[LineageColumn, ...]
    read: int
    changed: int
    error: str | None


def lineage_run(context: RunContext, result: TableResult, asset: Asset | None) -> LineageRun | None:
    """What one table task did; None for upkeep, and for a task that has no end."""
    if context.is_upkeep or result.started_at is None or result.finished_at is None:
        return None
    types = schema_columns(result.schema) or {}
    columns = tuple(_columns(context.layer, asset, types)) if asset else ()
    error = f"{result.error.code} {result.error.message}" if result.error else None
    return LineageRun(
        started_at=result.started_at,
        ended_at=result.finished_at,
        run_id=context.run_id,
        attempt=context.attempt,
        namespace=context.workspace,
        job=context.job,
        source=result.source,
        target=result.target,
        columns=columns,
        read=result.counts.read,
        changed=result.counts.changed,
        error=None if result.status.good else error or str(result.status),
    )


def _columns(layer: str, asset: Asset, types: Mapping[str, str]) -> Iterator[LineageColumn]:
    own = {name: kind for name, kind in types.items() if name not in FRAMEWORK_COLUMNS}
    sealed = bronze_encrypted(asset, own)
    for name, kind in own.items():
        given = treatment(asset, name, kind)
        if given is Treatment.DROPPED:
            continue
        if layer == "bronze":
            yield LineageColumn(name, kind, name, "encrypted" if name in sealed else "copied", name in sealed)
        elif layer == "silver" and given is not Treatment.HELD_BACK:
            yield LineageColumn(name, kind, name, _SILVER[given], given is not Treatment.CLEAR)
            if name in asset.tokens:
                yield LineageColumn(f"{name}_token", "string", name, "keyed token", masking=True)


_SILVER = {Treatment.CLEAR: "copied", Treatment.ENCRYPTED: "encrypted", Treatment.SCRUBBED: "scrubbed"}
