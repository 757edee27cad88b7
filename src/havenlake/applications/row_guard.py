"""Keeps rows of other countries out of bronze: finds them by the asset's context, before anything of them is written.

A country, or a telephone number, in the table's own rows is looked at where the row is read: no further scan, no
exchange, no Python. One in another table's rows is looked up by a join of identities alone, once per load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake.config.contexts import context_route
from havenlake.config.job_inputs import FullLoadInput
from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.residency import row_rule
from havenlake.transforms import (
    FOREIGN,
    TYPE_KEY,
    identity_missing,
    with_foreign_zone,
    with_foreign_zone_of_phone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import Column, DataFrame

    from havenlake.config.contexts import ContextColumn, ContextRoute, Hop
    from havenlake.names import TableName
    from havenlake.residency import RowRule
    from havenlake.runner import RunEnvironment
    from havenlake.sources import Source
    from havenlake.transforms import Transform

MOST_FOREIGN = 100_000
"""Where another table tells the country, more foreign rows than these are not set aside: the load is refused."""


@dataclass(frozen=True)
class RowGuard:
    """How one table's rows are told apart by country."""

    environment: RunEnvironment
    source: Callable[[], Source]
    table: str
    route: ContextRoute
    place: ContextColumn
    rule: RowRule

    @property
    def own(self) -> bool:
        """Whether the rows say it themselves."""
        return self.place.depth == 0

    def marks(self, rows: DataFrame) -> Transform | None:
        """What marks foreign rows by `FOREIGN`; None when there are none. Reads keys where other tables tell."""
        return self._mark(self.table) if self.own else self._by_keys(rows)

    def as_then(self, target: TableName) -> bool:
        """Whether the tables that tell are as they were when the target was loaded last."""
        if self.own:
            return True
        good, history = self.environment.last_good(target), self.environment.history
        run = good.context.run_id if good else None
        then = {e.result.target: e.result.source_position for e in history if e.context.run_id == run}
        parents = [hop.table for hop in self._hops]
        if not set(parents) <= set(self.environment.job.tables):
            return False
        tables = self.source()
        return all(then.get(str(self.environment.target(p))) == tables.table(p).position for p in parents)

    @property
    def _hops(self) -> tuple[Hop, ...]:
        return self.route.hops_to(self.place)

    def _mark(self, asset: str) -> Transform:
        name, home = self.place.column, self.rule.home
        if self.place == self.route.phone:
            return with_foreign_zone_of_phone(name, home, self.rule.phone_patterns(), asset)
        return with_foreign_zone(name, home, self.rule.zones, asset)

    def _by_keys(self, rows: DataFrame) -> Transform | None:
        identity = self.environment.assets[self.table].identity
        found = self._foreign_keys(rows.where(~identity_missing(identity)), identity)
        keys = found.limit(MOST_FOREIGN + 1).toArrow()
        if keys.num_rows > MOST_FOREIGN:
            raise HavenlakeError(
                "HL-RES-003",
                f"more than {MOST_FOREIGN:,} rows belong to another country, or to none that is known",
                where=self.table,
                hint="look whether the export is this instance's own, and the tables that `context` names are whole",
            )
        if not keys.num_rows:
            return None
        held = rows.sparkSession.createDataFrame(keys, schema=found.schema)

        def mark(df: DataFrame) -> DataFrame:
            marked = df.join(F.broadcast(held), _equal([quoted(c) for c in identity], "_k"), "left")
            return marked.select(*[F.col(quoted(c)) for c in df.columns], FOREIGN)

        return mark

    def _foreign_keys(self, rows: DataFrame, identity: Sequence[str]) -> DataFrame:
        """Identities (`_k0`, …) of rows that may not lie here. Nothing but keys and zones is exchanged."""
        names = [F.col(f"_k{i}") for i in range(len(identity))]
        links = [own for own, _ in self._hops[0].on]
        found = rows.select(*_renamed(identity, "_k"), *_renamed(links, "_j0_"))
        for n, hop in enumerate(self._hops):
            onward = [own for own, _ in self._hops[n + 1].on] if n + 1 < len(self._hops) else []
            parent, more = self._rows_of(hop.table), _renamed(onward, f"_j{n + 1}_")
            if not onward:
                parent = parent.transform(self._mark(hop.table))
                more = [F.col(FOREIGN), F.lit(1).alias("_hit")]
            right = parent.select(*_renamed([other for _, other in hop.on], "_p"), *more)
            joined = found.join(right, _equal([f"_j{n}_{i}" for i in range(len(hop.on))], "_p"), "left")
            found = joined.select(*names, *[F.col(c) for c in right.columns if not c.startswith("_p")])
        away = F.when(F.col("_hit").isNull(), F.lit("")).otherwise(F.col(FOREIGN))  # nobody there to tell: unknown
        return (
            found.select(*names, away.alias(FOREIGN))
            .where(f"{FOREIGN} IS NOT NULL")
            .groupBy(*names)
            .agg(F.max(FOREIGN).alias(FOREIGN))
        )

    def _rows_of(self, table: str) -> DataFrame:
        """Another table as this load finds it: in the same source, else in bronze."""
        if table in self.environment.job.tables:
            return self.source().table(table).frame
        name, store = self._bronze(table), self.environment.store
        if not store.exists(name):
            raise HavenlakeError(
                "HL-TBL-005", f"{name} does not exist", where=self.table, hint="run the job that loads it first"
            )
        rows = store.read(name)
        sealed = [f.name for f in rows.schema.fields if TYPE_KEY in f.metadata]
        if self.place.table == table and self.place.column in sealed:
            raise HavenlakeError(
                "HL-RES-004",
                f"country is told by '{table}.{self.place.column}', which bronze holds sealed",
                where=self.table,
                hint="load both tables by one job, so that it is read from the source",
            )
        return rows.where("_deleted_at IS NULL")

    def _bronze(self, table: str) -> TableName:
        jobs = self.environment.workspace.jobs.values()
        found = [j for j in jobs if isinstance(j.job_input, FullLoadInput) and table in j.tables]
        return (found[0] if found else self.environment.job).job_output.name.table(table)


def row_guard(environment: RunEnvironment, table: str, source: Callable[[], Source]) -> RowGuard | None:
    """The guard of a table; None where its rows cannot be told apart, or where rows of any country may lie."""
    rule = row_rule(environment.workspace.zones, environment.workspace.home)
    route = context_route(environment.workspace.all_assets, table) if rule else None
    place = route.place_of_country if route else None
    if rule is None or route is None or place is None:
        return None
    return RowGuard(environment, source, table, route, place, rule)


def _renamed(names: Sequence[str], prefix: str) -> list[Column]:
    return [F.col(quoted(name)).alias(f"{prefix}{i}") for i, name in enumerate(names)]


def _equal(left: Sequence[str], right: str) -> Column:
    condition = F.expr("true")
    for i, name in enumerate(left):
        condition = condition & (F.col(name) == F.col(f"{right}{i}"))
    return condition
