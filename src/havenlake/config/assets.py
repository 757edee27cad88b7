"""One table's contract with the framework (`data-assets/<ws>/*.yaml`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from havenlake.config.base import (
    ColumnName,
    Columns,
    ConfigModel,
    Duration,
    FrozenDict,
    SomeColumns,
    Text,
    wrong,
)
from havenlake.config.objectives import FreshnessKey, Severity, Volume

RESERVED = ("defaults", "definitions")
ColumnRule = Literal["clear", "scrub", "encrypt", "drop"]
_CONTEXT_SCHEMA: JsonDict = {
    "dependentRequired": {"via": ["on"], "on": ["via"]},
    "anyOf": [
        {"required": [key]} for key in ("via", "instance", "country", "phone", "language", "conversation", "subject")
    ],
    "if": {"required": ["instance"]},
    "then": {"maxProperties": 1},
    "not": {"required": ["country", "phone"]},
}
_Join = Annotated[FrozenDict[ColumnName, ColumnName], Field(min_length=1, json_schema_extra={"minProperties": 1})]


class Context(ConfigModel):
    """Where a row's country, language, conversation and person come from.

    Three forms: own columns; `via` another asset, joined `on` {own column: its column}, whose context is taken for
    what is not named here; or `instance` with the reason why the workspace's country and languages are enough.
    """

    model_config = ConfigDict(json_schema_extra=_CONTEXT_SCHEMA)

    country: ColumnName | None = None
    phone: ColumnName | None = None
    """Telephone number in international form, whose prefix gives the country where no column holds its code."""
    language: ColumnName | None = None
    conversation: ColumnName | None = None
    subject: ColumnName | None = None
    via: Text | None = None
    on: _Join | None = None
    instance: Text | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Context:
        named = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if not named:
            raise wrong("says nothing: name columns, 'via' and 'on', or 'instance'")
        if self.instance and len(named) > 1:
            raise wrong(f"'instance' stands alone; remove {', '.join(n for n in named if n != 'instance')}")
        if self.country and self.phone:
            raise wrong("takes the country from 'country' or from 'phone'; remove one")
        if (self.via is None) != (self.on is None):
            raise wrong("'via' and 'on' need each other")
        return self

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Columns of the asset itself that the context names; naming them makes them clear, so `phone` is not one."""
        if self.on is not None:
            return tuple(self.on)
        named = (self.country, self.language, self.conversation, self.subject)
        return tuple(column for column in named if column is not None)


class AssetKeys(ConfigModel):
    """All keys of an asset, none required: what `defaults` of an asset file may hold."""

    identity: Columns = ()
    encrypted: Columns = ()
    scrubbing: Columns = ()
    md5_checksum: Columns = ()
    columns: FrozenDict[ColumnName, ColumnRule] = FrozenDict()
    context: Context | None = None
    tokens: Columns = ()
    clear_in_bronze: Columns = ()
    on_missing: Literal["soft_delete", "keep", "delete"] = "soft_delete"
    drift: Literal["evolve", "hold", "freeze"] = "evolve"
    detect_changes_by: Literal["row", "md5_checksum"] = "row"
    allow_shrink: bool = False
    retention: Duration | None = None
    freshness: FreshnessKey = None
    volume: Volume | None = None
    owner: Text | None = None
    severity: Severity = "medium"
    description: str | None = None


class Asset(AssetKeys):
    """One table: its identity, its sensitive columns, and what may be expected of it."""

    identity: SomeColumns

    @property
    def scrubbed_columns(self) -> tuple[str, ...]:
        """Columns to scrub, by either way of saying so."""
        return _union(self.scrubbing, (c for c, rule in self.columns.items() if rule == "scrub"))

    @property
    def encrypted_columns(self) -> tuple[str, ...]:
        """Columns to encrypt by declaration; scrubbing ones are encrypted in bronze beside these."""
        return _union(self.encrypted, (c for c, rule in self.columns.items() if rule == "encrypt"))

    @property
    def dropped_columns(self) -> tuple[str, ...]:
        """Columns that no layer keeps."""
        return tuple(c for c, rule in self.columns.items() if rule == "drop")


def _union(first: tuple[str, ...], second: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


class AssetFile(ConfigModel):
    """The assets of one file, `defaults` merged in; `path` is relative to the repository root."""

    path: str
    assets: FrozenDict[str, Asset]
