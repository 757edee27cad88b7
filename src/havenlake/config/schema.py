"""JSON Schemas of the configuration files, generated from the models, for editors and other tools.

A schema describes a file before anchors are resolved by an editor, so merge keys (`<<`) and `definitions` are
allowed, and a mapping that merges may leave out keys the merged one brings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from havenlake.config.assets import Asset, AssetKeys
from havenlake.config.job_inputs import BUILT_IN
from havenlake.config.jobs import STAGES, JobSpec
from havenlake.config.workspace import Workspace
from havenlake.config.zones import Zones

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{model}"
Schema = dict[str, Any]


def _definitions(*models: type[BaseModel]) -> Schema:
    """Schemas of models and of everything inside them, by name, open to merge keys."""
    found: Schema = {}
    for model in models:
        schema = model.model_json_schema(ref_template=_REF)
        found.update(schema.pop("$defs", {}))
        found[model.__name__] = schema
    return {name: _tolerant(schema) for name, schema in found.items()}


def _tolerant(schema: Any) -> Any:
    """The schema without titles, and with `<<` allowed in every closed mapping."""
    if isinstance(schema, list):
        return [_tolerant(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: _tolerant(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if kept.get("additionalProperties") is False and "properties" in kept:
        kept["properties"]["<<"] = {"description": "keys merged in from an anchor"}
        kept = _optional_when_merging(kept)
    return kept


def _optional_when_merging(schema: Schema) -> Schema:
    """What a mapping must have, it must have unless it merges another one."""
    conditions = {key: schema.pop(key) for key in ("required", "oneOf", "anyOf") if key in schema}
    if conditions:
        schema.setdefault("allOf", []).append({"if": {"not": {"required": ["<<"]}}, "then": conditions})
    return schema


def _file(title: str, body: Schema, definitions: Schema) -> Schema:
    return {"$schema": _DIALECT, "title": title, **body, "$defs": definitions}


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model=model.__name__)}


def jobs_schema() -> Schema:
    """Schema of `jobs-configuration/<ws>/<ws>-jobs-configs.yaml`; `job_input` follows from `app_name`."""
    definitions = _definitions(JobSpec, *BUILT_IN.values())
    branches = [
        {
            "if": {"properties": {"app_name": {"const": name}}, "required": ["app_name"]},
            "then": {"properties": {"job_input": _ref(model)}},
        }
        for name, model in BUILT_IN.items()
    ]
    definitions["JobSpec"].setdefault("allOf", []).extend(branches)
    jobs = {"type": "object", "additionalProperties": _ref(JobSpec)}
    stage = {
        "type": "object",
        "properties": {"spark_jobs": jobs},
        "required": ["spark_jobs"],
        "additionalProperties": False,
    }
    stages = {"type": "object", "properties": dict.fromkeys(STAGES, stage), "additionalProperties": False}
    properties = {"definitions": {"description": "anchors; not read by itself"}, "stages": stages}
    body = {"type": "object", "properties": properties, "required": ["stages"], "additionalProperties": False}
    return _file("Havenlake jobs", body, definitions)


def assets_schema() -> Schema:
    """Schema of `data-assets/<ws>/*.yaml`: tables by name, and the reserved names `defaults` and `definitions`."""
    definitions = _definitions(AssetKeys, Asset)
    properties = {"defaults": _ref(AssetKeys), "definitions": {"description": "anchors; not read by itself"}}
    body = {
        "type": "object",
        "if": {"properties": {"defaults": {"required": ["identity"]}}, "required": ["defaults"]},
        "then": {"properties": properties, "additionalProperties": _ref(AssetKeys)},
        "else": {"properties": properties, "additionalProperties": _ref(Asset)},
    }
    return _file("Havenlake data assets", body, definitions)


def _model_schema(title: str, model: type[BaseModel]) -> Callable[[], Schema]:
    return lambda: _file(title, _ref(model), _definitions(model))


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "jobs": jobs_schema,
    "assets": assets_schema,
    "workspace": _model_schema("Havenlake workspace", Workspace),
    "zones": _model_schema("Havenlake residency zones", Zones),
}


def schema_text(name: str) -> str:
    """A schema as the text that is committed under `schemas/`."""
    return json.dumps(SCHEMAS[name](), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
