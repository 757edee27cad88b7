"""One instance in one country (`workspaces/<ws>/workspace-vars.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from havenlake.config.base import CatalogName, ConfigModel, Country, Format, Language, Names, SecretRef, Text
from havenlake.errors import HavenlakeError

Layer = Literal["bronze", "silver", "gold", "operations", "sandbox", "ml"]


class Catalogs(ConfigModel):
    """Catalog names by layer; an instance that ingests nothing has no bronze."""

    bronze: CatalogName | None = None
    silver: CatalogName
    gold: CatalogName
    operations: CatalogName
    sandbox: CatalogName | None = None
    ml: CatalogName | None = None


class Monitoring(ConfigModel):
    """Where telemetry goes; nothing is sent when no site is named."""

    datadog_site: Text | None = None


class Workspace(ConfigModel):
    """The facts of one instance."""

    format: Format
    name: Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")]
    environment: Literal["local", "dev", "prod", "datascience"]
    country: Country
    zone: Text
    region: Text
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    synthetic_only: bool = False
    ingests: bool = True
    catalogs: Catalogs
    read_only_catalogs: tuple[CatalogName, ...] = ()
    """Catalogs of another instance of the same zone, bound read-only."""
    landing: tuple[Text, ...] = ()
    staging: Text | None = None
    """Place of staging files; they hold ciphertext only."""
    warehouse: Text | None = None
    """Folder of the Delta tables; local workspaces only."""
    keyring: SecretRef | None = None
    secret_scopes: Names | None = None
    """Scopes that jobs may name; not checked when absent."""
    monitoring: Monitoring = Monitoring()

    def catalog(self, layer: Layer) -> str:
        """Catalog of a layer; HL-CFG-011 when this instance has none."""
        name: str | None = getattr(self.catalogs, layer)
        if name is None:
            raise HavenlakeError("HL-CFG-011", f"workspace '{self.name}' has no {layer} catalog")
        return name

    def warehouse_path(self, root: Path) -> Path | None:
        """Absolute folder of a local warehouse; a relative one lies under the repository root."""
        return root / self.warehouse if self.warehouse else None
