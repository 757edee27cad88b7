"""Where a row's country, language, conversation and person are found: an asset's `context`, followed to its end.

A route is pure configuration. Residency guards rows by it, scrubbing takes language and country from it, masking works
across the conversation it names, and erasure finds a person's rows through it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from havenlake.config.assets import Asset, Context
from havenlake.config.classification import classified_columns
from havenlake.config.nodes import KeyPath
from havenlake.config.problems import suggestion
from havenlake.errors import HavenlakeError

What = Literal["country", "phone", "language", "conversation", "subject"]
_CODES: tuple[What, ...] = ("country", "language")
"""What is read as a code of a few letters: the column must lie in clear to be of use to another table."""


@dataclass(frozen=True)
class Hop:
    """One step to another asset's table: at most one row there has `on`'s columns equal to this row's."""

    table: str
    on: tuple[tuple[str, str], ...]
    """Own column → its column; together its whole identity."""


@dataclass(frozen=True)
class ContextColumn:
    """A column that says one thing about a row, in the table that `depth` hops lead to; 0 is the row's own."""

    table: str
    column: str
    depth: int


@dataclass(frozen=True)
class ContextRoute:
    """All that a table's context says. A thing that no asset on the way names is None.

    With `instance`, the reason why, the workspace's own country and languages hold for every row, unless a column
    says otherwise.
    """

    table: str
    hops: tuple[Hop, ...] = ()
    country: ContextColumn | None = None
    phone: ContextColumn | None = None
    """Telephone number whose prefix gives the country; only where `country` is None."""
    language: ContextColumn | None = None
    conversation: ContextColumn | None = None
    subject: ContextColumn | None = None
    instance: str | None = None

    def hops_to(self, column: ContextColumn) -> tuple[Hop, ...]:
        """The steps from a row to the table of a column."""
        return self.hops[: column.depth]

    @property
    def place_of_country(self) -> ContextColumn | None:
        """The column that tells a row's country, by code or by telephone number; None: rows cannot be told apart."""
        return self.country or self.phone


class ContextFault(NamedTuple):
    """Something wrong with a context; `path` is relative to the asset. All are HL-CFG-011."""

    message: str
    path: KeyPath
    hint: str | None


def context_route(assets: Mapping[str, Asset], table: str) -> ContextRoute | None:
    """The route of a table among all assets of its workspace; None without a context: unguarded by row.

    HL-CFG-009 for a table without an asset; HL-CFG-011 where a context leads nowhere, in a circle, joins on less than
    an identity, or takes a code from a column that its asset does not keep in clear.
    """
    if table not in assets:
        raise HavenlakeError("HL-CFG-009", f"table '{table}' has no data asset", hint=suggestion(table, assets))
    context = assets[table].context
    if context is None:
        return None
    for here in _chain(assets, table):
        for fault in context_faults(assets, here, assets):
            raise HavenlakeError("HL-CFG-011", f"{here}: {fault.message}", where=here, hint=fault.hint)
    return _route(assets, table)


def unguarded_by_row(assets: Mapping[str, Asset]) -> tuple[str, ...]:
    """Tables whose rows nothing tells apart by country: no column leads to one, and no reason says why none need be."""
    routes = {table: context_route(assets, table) for table in assets}
    return tuple(t for t, r in routes.items() if r is None or (r.place_of_country is None and r.instance is None))


def context_faults(assets: Mapping[str, Asset], table: str, known: Collection[str]) -> Iterator[ContextFault]:
    """What is wrong with the context of one table; `known` are all tables, those with other errors included."""
    context = assets[table].context
    if context is None or context.via is None:
        return
    path: KeyPath = ("context", "via")
    if context.via not in known:
        hint = suggestion(context.via, set(known) - {table}) or "name a table of this workspace"
        yield ContextFault(f"context goes via '{context.via}', which has no asset", path, hint)
    elif _in_circle(assets, table):
        message = f"context goes in a circle through '{context.via}'"
        yield ContextFault(message, path, "end the chain at a table that names its own columns")
    elif context.via in assets:
        yield from _join_faults(context, assets[context.via])
        yield from _column_faults(context, assets[context.via])


def _join_faults(context: Context, other: Asset) -> Iterator[ContextFault]:
    """A join on anything but the whole identity could give a row two countries."""
    joined = set((context.on or {}).values())
    if joined != set(other.identity):
        message = f"'on' joins {sorted(joined)}, but '{context.via}' is identified by {sorted(other.identity)}"
        yield ContextFault(message, ("context", "on"), "join on the whole identity of the other table")


def _column_faults(context: Context, other: Asset) -> Iterator[ContextFault]:
    """A code that the other asset drops, seals, or does not name (text is sealed then) cannot be read there."""
    sealed = {*other.encrypted_columns, *other.scrubbed_columns, *other.dropped_columns}
    classified = classified_columns(other)
    for what in _CODES:
        column = getattr(context, what)
        if column is None or (column in classified and column not in sealed):
            continue
        why = "seals or drops" if column in sealed else "does not name, so it is sealed if it is text"
        message = f"context takes {what} from column '{column}', which '{context.via}' {why}"
        yield ContextFault(message, ("context", what), suggestion(column, set(classified) - sealed))


def _in_circle(assets: Mapping[str, Asset], table: str) -> bool:
    chain = _chain(assets, table)
    last = assets[chain[-1]].context if chain[-1] in assets else None
    return last is not None and last.via == table


def _chain(assets: Mapping[str, Asset], table: str) -> list[str]:
    """The table and those its context leads through, each once."""
    found, here = [table], table
    while (context := assets[here].context) is not None and context.via is not None:
        if context.via not in assets or context.via in found:
            break
        here = context.via
        found.append(here)
    return found


def _route(assets: Mapping[str, Asset], table: str) -> ContextRoute:
    hops: list[Hop] = []
    found: dict[What, ContextColumn] = {}
    instance: str | None = None
    for depth, here in enumerate(_chain(assets, table)):
        context = assets[here].context
        if context is None:
            break
        # what a context through another asset names are columns of the other one
        home, at = (here, depth) if context.via is None else (context.via, depth + 1)
        if context.via is not None and context.on is not None:
            hops.append(Hop(context.via, tuple(context.on.items())))
        instance = context.instance
        for what in _things(found):
            if (column := getattr(context, what)) is not None:
                found[what] = _nearest(ContextColumn(home, column, at), table, hops)
    return ContextRoute(
        table,
        tuple(hops),
        country=found.get("country"),
        phone=found.get("phone"),
        language=found.get("language"),
        conversation=found.get("conversation"),
        subject=found.get("subject"),
        instance=instance,
    )


def _things(found: Mapping[What, ContextColumn]) -> list[What]:
    """What is still asked for; a country that is known by one way is not looked for by the other."""
    things: tuple[What, ...] = ("country", "phone", "language", "conversation", "subject")
    known = {"country", "phone"} if found.keys() & {"country", "phone"} else set()
    return [what for what in things if what not in found and what not in known]


def _nearest(column: ContextColumn, table: str, hops: list[Hop]) -> ContextColumn:
    """The same value with fewer hops, where it is one that the last hop joins by."""
    while column.depth > 0:
        own = next((own for own, other in hops[column.depth - 1].on if other == column.column), None)
        if own is None:
            break
        home = hops[column.depth - 2].table if column.depth > 1 else table
        column = ContextColumn(home, own, column.depth - 1)
    return column
