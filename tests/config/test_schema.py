"""JSON Schemas: committed ones are fresh, and they agree with the models on what is well formed."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from havenlake.config import load_project
from havenlake.config.assets import Asset
from havenlake.config.nodes import frozen, plain
from havenlake.config.problems import Problems
from havenlake.config.schema import SCHEMAS, schema_text
from havenlake.config.workspace import Workspace
from havenlake.config.yaml_loader import load_yaml
from havenlake.errors import ConfigErrors

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
VALIDATORS = {name: Draft202012Validator(make()) for name, make in SCHEMAS.items()}
FILES = sorted(
    f.relative_to(REPOSITORY)
    for folder in ("workspaces", "jobs-configuration", "data-assets")
    for f in (REPOSITORY / folder).rglob("*.yaml")
    if "_account" not in f.parts  # what the instances of a zone share: read by Terragrunt alone
)


def kind(file):
    if file.name == "residency-zones.yaml":
        return "zones"
    if file.name == "workspace-vars.yaml":
        return "workspace"
    return "jobs" if "jobs-configuration" in file.parts else "assets"


def content(root, file):
    node = load_yaml(root / file, root=root, problems=Problems())
    assert node is not None
    return node.plain()


@pytest.mark.parametrize("name", SCHEMAS)
def test_committed_schemas_are_fresh(name):
    Draft202012Validator.check_schema(SCHEMAS[name]())
    committed = (REPOSITORY / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(name), f"write it anew: havenlake schema {name} > schemas/{name}.schema.json"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_of_the_repository_fits_its_schema(file):
    assert [e.message for e in VALIDATORS[kind(file)].iter_errors(content(REPOSITORY, file))] == []


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_names_its_schema_for_editors(file):
    first = (REPOSITORY / file).read_text().split("\n")[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert ((REPOSITORY / file).parent / named).resolve() == REPOSITORY / "schemas" / f"{kind(file)}.schema.json"


STRUCTURAL = [
    "unknown-asset-key",
    "unknown-job-input-key",
    "unknown-stage",
    "text-for-list",
    "number-for-text",
    "yes-is-text",
    "identity-missing",
    "job-output-missing",
    "identity-empty",
    "context-instance-and-columns",
    "format-of-the-future",
    "secret-in-clear",
    "duration-in-words",
    "cron-too-short",
    "two-sources",
    "table-listed-twice",
    "exception-for-rows",
    "column-rule-misspelt",
    "schema-without-catalog",
]


@pytest.mark.parametrize("name", STRUCTURAL)
def test_broken_files_are_refused_by_models_and_schemas(name, tmp_path):
    (case,) = (HERE / "broken").glob(f"[0-9]*-{name}")
    shutil.copytree(HERE / "base", tmp_path / "p")
    shutil.copytree(case, tmp_path / "p", dirs_exist_ok=True)
    with pytest.raises(ConfigErrors):
        load_project(tmp_path / "p", today=date(2026, 11, 22))
    files = [f.relative_to(case) for f in case.rglob("*.yaml") if f.name != "expected.yaml"]
    assert any(list(VALIDATORS[kind(f)].iter_errors(content(tmp_path / "p", f))) for f in files)


def test_an_editor_sees_merge_keys_before_they_are_resolved():
    job = {"app_name": "full_load_job", "job_input": {"<<": {}}, "job_output": {"<<": {}}}
    unresolved = {"definitions": {"a": 1}, "stages": {"raw_to_landing": {"spark_jobs": {"load": job}}}}
    assert list(VALIDATORS["jobs"].iter_errors(unresolved)) == []
    assert list(VALIDATORS["assets"].iter_errors({"message": {"<<": {"identity": ["id"]}}})) == []


def test_identity_may_come_from_the_defaults():
    assert list(VALIDATORS["assets"].iter_errors({"defaults": {"identity": ["id"]}, "a": {}})) == []
    assert list(VALIDATORS["assets"].iter_errors({"defaults": {}, "a": {}}))


VALUES = st.sampled_from(
    [1, 0.5, True, "x", "24h", "NO", "clear", [], ["id"], ["a", "a"], {}, {"a": "b"}, {"load": "2d"}]
)
ASSET = content(REPOSITORY, Path("data-assets/ctl-eu-prod/ctl-eu-prod-platform-db.yaml"))
FACTS = content(REPOSITORY, Path("workspaces/ctl-eu-prod/workspace-vars.yaml"))


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


@st.composite
def mutants(draw, documents):
    """A valid document with one value replaced, removed or added."""
    document = plain(draw(st.sampled_from(documents)))
    path = draw(st.sampled_from([p for p in paths(document) if p]))
    parent = document
    for part in path[:-1]:
        parent = parent[part]
    change = draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "replace":
        parent[path[-1]] = draw(VALUES)
    elif change == "remove":
        del parent[path[-1]]
    elif isinstance(parent, dict):
        known = sorted({str(p[-1]) for p in paths(document) if p} | {"surplus", "retention", "volume", "instance"})
        parent[draw(st.sampled_from(known))] = draw(VALUES)
    else:
        parent.append(draw(VALUES))
    return document


def model_takes(model, document):
    try:
        model.model_validate(frozen(document))
    except ValidationError:
        return False
    return True


@given(mutants([asset for name, asset in ASSET.items() if name != "defaults"]))
def test_asset_model_and_schema_agree_on_any_change(asset):
    assert VALIDATORS["assets"].is_valid({"table": asset}) == model_takes(Asset, asset), asset


@given(mutants([FACTS]))
def test_workspace_model_and_schema_agree_on_any_change(facts):
    assert VALIDATORS["workspace"].is_valid(facts) == model_takes(Workspace, facts), facts
