"""Names of schemas and tables, quoted so that any legal name is safe inside SQL text."""

from __future__ import annotations

from dataclasses import dataclass

FRAMEWORK_COLUMNS = ("_row_hash", "_checksum", "_loaded_at", "_run_id", "_source", "_deleted_at")
"""Columns the framework adds to a table; only these exact names are refused in a source."""
SCRUB = "_scrub"
"""Column of silver that tells how the texts of a row were scrubbed."""


def quoted(identifier: str) -> str:
    """Quote one identifier for Spark SQL.

    >>> quoted("sent.at")
    '`sent.at`'
    """
    return "`" + identifier.replace("`", "``") + "`"


@dataclass(frozen=True)
class SchemaName:
    """A two-level name `catalog.schema`, as written in `job_output.schema`."""

    catalog: str
    schema: str

    @classmethod
    def parse(cls, text: str) -> SchemaName:
        """Read `catalog.schema`; raise ValueError for anything else.

        >>> SchemaName.parse("ctl_dev_bronze.platformdb").schema
        'platformdb'
        """
        parts = text.split(".")
        if len(parts) != 2 or not all(p and p.replace("_", "").isalnum() for p in parts):
            raise ValueError(f"'{text}' is not of the form catalog.schema")
        return cls(*parts)

    def table(self, name: str) -> TableName:
        """Name a table of this schema."""
        return TableName(self.catalog, self.schema, name)

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}"


@dataclass(frozen=True)
class TableName:
    """A three-level table name; `asset` is the logical name shared by all layers."""

    catalog: str
    schema: str
    table: str

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read `catalog.schema.table`."""
        catalog, schema, table = text.split(".", 2)
        return cls(catalog, schema, table)

    @property
    def asset(self) -> str:
        """The logical name, the same in every layer: `platformdb.message`."""
        return f"{self.schema}.{self.table}"

    @property
    def sql(self) -> str:
        """The quoted three-level name."""
        return ".".join(quoted(p) for p in (self.catalog, self.schema, self.table))

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"
