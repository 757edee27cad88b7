"""One instance in one country (`workspaces/<ws>/workspace-vars.yaml`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from havenlake.config.base import CatalogName, ConfigModel, Country, Format, Language, Names, Text, wrong
from havenlake.config.deployment import Deployment
from havenlake.config.monitoring import Monitoring
from havenlake.errors import HavenlakeError

KMS_KEY_PATTERN = "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$"
Layer = Literal["bronze", "silver", "gold", "operations", "sandbox", "ml"]


class Catalogs(ConfigModel):
    """Catalog names by layer; an instance that ingests nothing has no bronze."""

    bronze: CatalogName | None = None
    silver: CatalogName
    gold: CatalogName
    operations: CatalogName
    sandbox: CatalogName | None = None
    ml: CatalogName | None = None


def _given(*keys: str) -> dict[str, Any]:
    """JSON Schema of one of the two forms: these keys, and none of the other form's."""
    absent = {"scope", "key", "file"} - set(keys)
    kinds = {**dict.fromkeys(keys, "string"), **dict.fromkeys(sorted(absent), "null")}
    return {"required": list(keys), "properties": {key: {"type": kind} for key, kind in kinds.items()}}


class KeyringRef(ConfigModel):
    """Where a zone's keyring lies: a secret, or a file of the repository or of a Volume when it is wrapped by KMS."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_given("scope", "key"), _given("file", "kms_key")]})

    scope: Text | None = None
    key: Text | None = None
    file: Text | None = None
    """File of the wrapped document, relative to the repository; needs `kms_key`."""
    kms_key: Annotated[str, Field(pattern=KMS_KEY_PATTERN)] | None = None
    """ARN of the AWS KMS key of the zone that wraps the document; a multi-Region key is refused."""

    @model_validator(mode="after")
    def _one_place(self) -> KeyringRef:
        if (self.scope is None) != (self.key is None) or (self.scope is None) == (self.file is None):
            raise wrong("needs either 'scope' and 'key', or 'file'")
        if self.file is not None and self.kms_key is None:
            raise wrong("in a 'file' must be wrapped: name the 'kms_key'")
        return self

    @property
    def kms_region(self) -> str | None:
        """AWS region of the KMS key."""
        return self.kms_key.split(":")[3] if self.kms_key else None


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
    keyring: KeyringRef | None = None
    secret_scopes: Names | None = None
    """Scopes that jobs may name; not checked when absent."""
    monitoring: Monitoring = Monitoring()
    deployment: Deployment | None = None
    """How the instance is deployed; it is not when absent."""

    def catalog(self, layer: Layer) -> str:
        """Catalog of a layer; HL-CFG-011 when this instance has none."""
        name: str | None = getattr(self.catalogs, layer)
        if name is None:
            raise HavenlakeError("HL-CFG-011", f"workspace '{self.name}' has no {layer} catalog")
        return name

    def warehouse_path(self, root: Path) -> Path | None:
        """Absolute folder of a local warehouse; a relative one lies under the repository root."""
        return root / self.warehouse if self.warehouse else None
