"""Keeps the tables of `docs/reference/configuration.md` equal to the models of `havenlake.config`.

A table stands between `<!-- keys: Model -->` and `<!-- end -->`. Keys, types and defaults are written from the model;
the last column, what a key means, is written by hand and kept. `--check` writes nothing and fails when a table is old.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from havenlake.config.base import DURATION_PATTERN, SecretRef
from havenlake.config.calendars import Calendar
from havenlake.config.deployment import RELEASE_PATTERN, Deployment, Features, Notify
from havenlake.config.jdbc import JdbcInput
from havenlake.config.job_inputs import (
    FreshnessInput,
    FullLoadInput,
    JobInput,
    MaintainInput,
    RotateKeysInput,
    ToSilverInput,
)
from havenlake.config.jobs import JobOutput, JobSpec, OperationalMonitoring, Workflow
from havenlake.config.models import Asset, Context
from havenlake.config.monitoring import Email, Lineage, Monitoring, Notifications, Otlp, Webhook
from havenlake.config.objectives import Age, Freshness, ObjectiveDefaults, Volume
from havenlake.config.policies import ENTITIES, EntityRule, ScrubPolicy
from havenlake.config.workspace import Catalogs, KeyringRef, Workspace
from havenlake.config.zones import Place, Zone, ZoneException, Zones
from havenlake.deploy.catalogue import Catalogue, DowntimeTemplate, MonitorTemplate, Ratio, Recurrence, SloTemplate

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "configuration.md"
MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        *(Workspace, Catalogs, Monitoring, ObjectiveDefaults, Age, Calendar),
        *(Otlp, Lineage, Notifications, Webhook, Email),
        *(KeyringRef, Zones, Zone, Place, ZoneException),
        *(Deployment, Notify, Features),
        *(
            JobSpec,
            JobOutput,
            OperationalMonitoring,
            Workflow,
            JobInput,
            FullLoadInput,
            JdbcInput,
            ToSilverInput,
            RotateKeysInput,
            MaintainInput,
            FreshnessInput,
        ),
        *(Asset, Context, Freshness, Volume, SecretRef),
        *(ScrubPolicy, EntityRule),
        *(Catalogue, MonitorTemplate, SloTemplate, Ratio, DowntimeTemplate, Recurrence),
    )
}
_TABLE = re.compile(r"<!-- keys: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
_ROW = re.compile(r"^\| `(\w+)` \|.*\| (.*?) ?\|$", re.MULTILINE)
_HEAD = "| key | type | default | meaning |\n|---|---|---|---|\n"
_PATTERNS = {
    DURATION_PATTERN: "duration",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "date",
    "^[A-Za-z]{2}$": "country code",
    "^[a-z]{2,3}$": "language code",
    "^[A-Za-z0-9_]+[.][A-Za-z0-9_]+$": "`catalog.schema`",
    RELEASE_PATTERN: "version",
    "^[1-9][0-9]*[mhdw]$": "duration",
}

Schema = dict[str, Any]


def refreshed(page: str) -> str:
    """The page with every table written anew."""
    return _TABLE.sub(lambda found: _table(found[1], found[2]), page)


def unexplained(page: str) -> list[str]:
    """Keys without a meaning, and models without a table."""
    tables = {found[1]: dict(_ROW.findall(found[2])) for found in _TABLE.finditer(page)}
    empty = [f"{model}.{key}" for model, rows in tables.items() for key, meaning in rows.items() if not meaning.strip()]
    return empty + [name for name in MODELS if name not in tables]


def _table(name: str, old: str) -> str:
    meanings = dict(_ROW.findall(old))
    schema = MODELS[name].model_json_schema()
    required = schema.get("required", [])
    rows = [
        f"| `{key}` | {_type(value)} | {'required' if key in required else _default(value)} | {meanings.get(key, '')} |"
        for key, value in schema["properties"].items()
    ]
    return f"<!-- keys: {name} -->\n{_HEAD}" + "\n".join(rows) + "\n<!-- end -->"


def _type(value: Schema) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        kinds = [_type(option) for option in value["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if value.get("enum") == list(ENTITIES):
        return "entity"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    return _simple(value)


def _simple(value: Schema) -> str:
    kind = value.get("type")
    if kind == "array":
        return f"list of {_type(value['items'])}" + (", at least one" if value.get("minItems") else "")
    if kind == "object":
        inner = value.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) and inner else "mapping"
    if kind in ("integer", "number"):
        return _number(value, "whole number" if kind == "integer" else "number")
    if kind == "boolean":
        return "true or false"
    return _PATTERNS.get(value.get("pattern", ""), "text")


def _number(value: Schema, kind: str) -> str:
    low, high = value.get("minimum"), value.get("maximum")
    if low is None or high is None:
        above = "above 0" if "exclusiveMinimum" in value else f"{low or 0:g} or more"
        return f"{kind}, {above}"
    return f"{kind}, {low:g} to {high:g}"


def _default(value: Schema) -> str:
    default = value.get("default")
    if default is None or default in ([], {}) or isinstance(default, dict):
        return "none"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether that would change it."""
    page = PAGE.read_text(encoding="utf-8")
    new = refreshed(page)
    missing = unexplained(new)
    if "--check" not in arguments:
        PAGE.write_text(new, encoding="utf-8")
    elif new != page:
        missing.append(f"{PAGE.name} is older than the models: run python tools/config_reference.py")
    print(*missing, sep="\n", end="\n" if missing else "")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
