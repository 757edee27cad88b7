"""Models of `job_input`, one for each application, found by entry point so that a user's own application counts too.

They know nothing of Spark: configuration validates where pyspark is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from havenlake.config.base import ConfigModel, Duration, Names, SecretRef, SomeNames, Text, strings, unique, wrong
from havenlake.config.jdbc import JdbcInput
from havenlake.config.zones import Holds
from havenlake.names import SchemaName

GROUP = "havenlake.job_inputs"


def _paths(value: object) -> object:
    return strings(value) if isinstance(value, str) else value


AssetPaths = Annotated[
    tuple[Text, ...],
    Field(min_length=1),
    BeforeValidator(_paths, json_schema_input_type=Text | SomeNames),
]


class JobInput(ConfigModel):
    """What every application's input has; subclass it for your own application."""

    stage: ClassVar[str | None] = None
    """The only stage the application may stand in; None for any."""
    upkeep: ClassVar[bool] = False
    """Whether the application looks after tables that other jobs load."""

    datadog_api_key_config: SecretRef | None = None
    tables_for_processing: Names = ()
    data_assets_config: Annotated[tuple[Text, ...], BeforeValidator(_paths, json_schema_input_type=Text | Names)] = ()
    """Asset files, relative to the repository root."""
    scrub_policy: Text | None = None

    def places(self) -> Iterator[tuple[str, str, Holds]]:
        """Places outside the catalogs that the application reads or writes: key, place, what it holds."""
        yield from ()


class FullLoadInput(JobInput):
    """Input of `full_load_job`: snapshots of whole tables, from files or from a database."""

    stage: ClassVar[str | None] = "raw_to_landing"
    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["load_base_path"]}, {"required": ["jdbc"]}]})

    tables_for_processing: SomeNames
    data_assets_config: AssetPaths
    load_base_path: Text | None = None
    jdbc: JdbcInput | None = None
    format: Literal["auto", "parquet", "csv", "jsonl"] = "auto"
    layout: Literal["folders", "rds_export"] = "folders"
    export: Text | None = None
    """Identifier of one RDS export; the newest complete one when absent."""
    shrink_threshold: Annotated[float, Field(ge=0, le=1)] = 0.8
    """A snapshot with fewer rows than this fraction of the last good load is refused."""
    rewrite_up_to: Annotated[int, Field(ge=0)] = 20_000
    """A changed table of up to this many rows is written anew in one commit instead of merged; 0 to merge always."""
    full_compare_every: Annotated[int, Field(ge=1)] = 24
    """Every n-th load of a table compares all rows, though digests say that nothing changed; 1 for every load."""

    @model_validator(mode="after")
    def _one_source(self) -> FullLoadInput:
        if (self.load_base_path is None) == (self.jdbc is None):
            raise wrong("needs exactly one of 'load_base_path' and 'jdbc'")
        return self

    def places(self) -> Iterator[tuple[str, str, Holds]]:
        """The landing folder holds rows; a database is a source."""
        if self.load_base_path is not None:
            yield "load_base_path", self.load_base_path, "rows"
        if self.jdbc is not None:
            yield "jdbc", self.jdbc.url, "source"


class ToSilverInput(JobInput):
    """Input of `bronze_to_silver_job`: bronze tables, current, typed and scrubbed."""

    stage: ClassVar[str | None] = "bronze_to_silver"

    bronze_schema: Annotated[str, Field(pattern="^[A-Za-z0-9_]+[.][A-Za-z0-9_]+$")]
    tables_for_processing: SomeNames
    data_assets_config: AssetPaths

    @property
    def bronze(self) -> SchemaName:
        """Catalog and schema to read from."""
        return SchemaName.parse(self.bronze_schema)


class RotateKeysInput(JobInput):
    """Input of `rotate_keys`: tables whose ciphertexts and hashes are brought under the active keys."""

    stage: ClassVar[str | None] = "maintenance"
    upkeep: ClassVar[bool] = True

    tables_for_processing: SomeNames
    data_assets_config: AssetPaths
    slice_rows: Annotated[int, Field(ge=1)] = 250_000
    """Rows that are re-encrypted in one commit; what a killed run has to do again at most."""


class MaintainInput(JobInput):
    """Input of `maintain`: the tables to keep fast and small, in every schema where they lie."""

    stage: ClassVar[str | None] = "maintenance"
    upkeep: ClassVar[bool] = True

    schemas: Annotated[
        tuple[Annotated[str, Field(pattern="^[A-Za-z0-9_]+[.][A-Za-z0-9_]+$")], ...],
        Field(min_length=1, json_schema_extra={"uniqueItems": True}),
        AfterValidator(unique),
    ]
    """Bronze and silver schemas that hold the tables."""
    tables_for_processing: SomeNames
    data_assets_config: AssetPaths
    keep_history: Annotated[Duration, Field(json_schema_extra={"default": "7d"})] = timedelta(days=7)
    """How long old versions of a table stay readable; files that only older ones need are removed."""
    compact_files: Annotated[int, Field(ge=2)] = 16
    """A table is compacted when it has at least this many small files."""
    small_file_mb: Annotated[int, Field(ge=1)] = 64
    """A file below this size is small."""

    @property
    def places_of_tables(self) -> tuple[SchemaName, ...]:
        """The schemas, parsed."""
        return tuple(SchemaName.parse(schema) for schema in self.schemas)


class ResidencyAuditInput(JobInput):
    """Input of `residency_audit_job`, which looks at every table that the workspace's other jobs load."""

    stage: ClassVar[str | None] = "monitoring"
    upkeep: ClassVar[bool] = True

    sample_rows: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Rows of each table whose ciphertexts are opened, to see that they belong to this zone."""


class FreshnessInput(JobInput):
    """Input of `freshness_job`, which looks at every table that the workspace's other jobs write."""

    stage: ClassVar[str | None] = "monitoring"
    upkeep: ClassVar[bool] = True

    count_keys: bool = False
    """Count rows by key id too: reads the key ids of every table that holds ciphertext."""


BUILT_IN: Mapping[str, type[JobInput]] = {
    "full_load_job": FullLoadInput,
    "bronze_to_silver_job": ToSilverInput,
    "rotate_keys": RotateKeysInput,
    "maintain": MaintainInput,
    "residency_audit_job": ResidencyAuditInput,
    "freshness_job": FreshnessInput,
}


@cache
def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def app_names() -> tuple[str, ...]:
    """All applications a job may name. The built-in ones count in a plain source checkout too."""
    return tuple(dict.fromkeys((*BUILT_IN, *_installed())))


def input_model(app_name: str) -> type[JobInput] | None:
    """The input model of an application, None when none of this name is registered.

    Raises TypeError when the entry point does not give a `JobInput`; import errors of the plug-in pass through.
    """
    entry = _installed().get(app_name)
    if entry is None or app_name in BUILT_IN:
        return BUILT_IN.get(app_name)
    model = entry.load()
    if not (isinstance(model, type) and issubclass(model, JobInput)):
        raise TypeError(f"entry point '{entry.value}' is not a subclass of JobInput")
    return model
