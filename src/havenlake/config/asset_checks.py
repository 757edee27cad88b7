"""Checks of assets that need more than one key: contradictions between keys, and contexts through other assets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from havenlake.config.asset_loading import written_at
from havenlake.config.assets import Asset
from havenlake.config.contexts import context_faults
from havenlake.config.nodes import KeyPath
from havenlake.config.objectives import objective_faults
from havenlake.config.problems import Fault, suggestion
from havenlake.config.scope import Scope

_SENSITIVE = ("encrypted", "scrubbing", "columns: encrypt", "columns: scrub")
_LISTS = ("identity", "encrypted", "scrubbing", "md5_checksum", "tokens", "clear_in_bronze")


class _Role(NamedTuple):
    key: str
    path: KeyPath


def check_assets(scope: Scope) -> None:
    """Contradictions and contexts of all assets of a workspace."""
    for table, (asset, source) in scope.assets().items():
        place = written_at(source.document)
        objectives = objective_faults(asset.freshness, asset.volume, _calendars(scope))
        for fault in (*contradictions(asset), *_context(table, scope), *objectives):
            where = source.document.value_position(place((table, *fault.path)))
            scope.problems.add(fault.code, f"{table}: {fault.message}", where, fault.hint)


def _calendars(scope: Scope) -> set[str]:
    """Names an asset may use; a wrong one among the workspace's defaults is reported there."""
    if scope.facts is None:
        return set()
    default = scope.facts.monitoring.defaults.freshness
    return {*scope.facts.monitoring.calendars, *([default.calendar] if default and default.calendar else [])}


def contradictions(asset: Asset) -> Iterator[Fault]:
    """Columns that stand under keys which exclude each other, or lack the key another one needs."""
    for column, roles in _roles(asset).items():
        for first, second in combinations(roles, 2):
            if _exclude_each_other(first.key, second.key):
                message = f"column '{column}' stands under '{first.key}' and '{second.key}'"
                yield Fault("HL-CFG-010", message, second.path, f"remove it from '{first.key}' or '{second.key}'")
    if asset.detect_changes_by == "md5_checksum" and not asset.md5_checksum:
        message = "changes are to be detected by md5_checksum, but no column is listed there"
        yield Fault("HL-CFG-004", message, ("detect_changes_by",), "list the columns under 'md5_checksum'")
    sensitive = {*asset.encrypted_columns, *asset.scrubbed_columns}
    yield from _needs(asset, "tokens", "be encrypted or scrubbed", sensitive)
    yield from _needs(asset, "clear_in_bronze", "be scrubbed", {*asset.scrubbed_columns, *asset.encrypted_columns})


def _roles(asset: Asset) -> dict[str, list[_Role]]:
    roles: dict[str, list[_Role]] = {}
    for key in _LISTS:
        for i, column in enumerate(getattr(asset, key)):
            roles.setdefault(column, []).append(_Role(key, (key, i)))
    for column, rule in asset.columns.items():
        roles.setdefault(column, []).append(_Role(f"columns: {rule}", ("columns", column)))
    for column in asset.context.own_columns if asset.context else ():
        roles.setdefault(column, []).append(_Role("context", ("context",)))
    return roles


def _exclude_each_other(first: str, second: str) -> bool:
    pair = {first, second}
    if "columns: drop" in pair:
        return True
    if "identity" in pair or "columns: clear" in pair:
        return bool(pair & set(_SENSITIVE))
    return "clear_in_bronze" in pair and bool(pair & {"encrypted", "columns: encrypt"})


def _needs(asset: Asset, key: str, what: str, known: set[str]) -> Iterator[Fault]:
    for i, column in enumerate(getattr(asset, key)):
        if column not in known and column not in asset.dropped_columns:
            message = f"column '{column}' under '{key}' must {what} too"
            yield Fault("HL-CFG-004", message, (key, i), suggestion(column, known) or "add it under 'scrubbing'")


def _context(table: str, scope: Scope) -> Iterator[Fault]:
    assets = {name: asset for name, (asset, _) in scope.assets().items()}
    for message, path, hint in context_faults(assets, table, scope.table_names()):
        yield Fault("HL-CFG-011", message, path, hint)
