"""Examples are true: configuration loads, Python compiles and finds what it imports, the example application works."""

import ast
import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from havenlake.config import load_project
from havenlake.config.job_inputs import _installed
from tests.docs.pages import ROOT, Block, blocks

KINDS = ("jobs", "assets", "workspace", "zones")
EXAMPLES = [block for block in blocks("yaml") if block.kind]
LOCAL_JOBS = "jobs-configuration/local/local-jobs-configs.yaml"
APPLICATION = "write-an-application.md"


def write(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")


def local(root: Path) -> None:
    """The workspace `local` and the zones of this repository, without jobs and assets."""
    write(root, "workspaces/local/workspace-vars.yaml", (ROOT / "workspaces/local/workspace-vars.yaml").read_text())
    write(root, "workspaces/residency-zones.yaml", (ROOT / "workspaces/residency-zones.yaml").read_text())


def place_jobs(root: Path, block: Block) -> str:
    """The jobs, and for each table an asset with an identity."""
    local(root)
    write(root, LOCAL_JOBS, block.text)
    stages = yaml.safe_load(block.text)["stages"].values()
    for job in [job for stage in stages for job in stage["spark_jobs"].values()]:
        if "data_assets_config" not in job["job_input"]:
            continue
        tables = "".join(f"{table}: {{identity: [id]}}\n" for table in job["job_input"]["tables_for_processing"])
        write(root, job["job_input"]["data_assets_config"], tables)
    return "local"


def place_assets(root: Path, block: Block) -> str:
    """The assets, and a job for all of them."""
    local(root)
    write(root, "data-assets/local/local-example.yaml", block.text)
    tables = [name for name in yaml.safe_load(block.text) if name not in ("defaults", "definitions")]
    job_input = {
        "load_base_path": "landing",
        "tables_for_processing": tables,
        "data_assets_config": "data-assets/local/local-example.yaml",
    }
    job = {"app_name": "full_load_job", "job_input": job_input, "job_output": {"schema": "local_bronze.example"}}
    write(root, LOCAL_JOBS, yaml.safe_dump({"stages": {"raw_to_landing": {"spark_jobs": {"load": job}}}}))
    return "local"


def place_workspace(root: Path, block: Block) -> str:
    """The workspace in this repository's zones, which declare its catalogs, without jobs of its own."""
    local(root)
    facts = yaml.safe_load(block.text)
    name, zone = facts["name"], facts["zone"]
    if zone != "local":
        zones = (root / "workspaces/residency-zones.yaml").read_text(encoding="utf-8")
        declared = [f'      - {{place: "catalog:{catalog}", holds: rows}}' for catalog in facts["catalogs"].values()]
        head, tail = zones.split(f"\n  {zone}:\n")
        tail = tail.replace("    places:\n", "\n".join(["    places:", *declared, ""]), 1)
        write(root, "workspaces/residency-zones.yaml", f"{head}\n  {zone}:\n{tail}")
    write(root, f"workspaces/{name}/workspace-vars.yaml", block.text)
    write(root, f"jobs-configuration/{name}/{name}-jobs-configs.yaml", "stages: {}\n")
    return str(name)


def place_zones(root: Path, block: Block) -> str:
    local(root)
    write(root, "workspaces/residency-zones.yaml", block.text)
    write(root, LOCAL_JOBS, "stages: {}\n")
    return "local"


PLACED = {"jobs": place_jobs, "assets": place_assets, "workspace": place_workspace, "zones": place_zones}


@pytest.fixture
def application(tmp_path, monkeypatch):
    """The example application as an installed package."""
    folder = tmp_path / "site"
    for block in blocks("python"):
        if block.page.name == APPLICATION and block.kind:
            write(folder, block.kind, block.text)
    write(folder, "my_lake/__init__.py", "")
    page = (ROOT / "docs/how-to" / APPLICATION).read_text(encoding="utf-8")
    points = re.findall(r'^\[project\.entry-points\."([\w.]+)"\]\n(\w+) = "([\w.:]+)"$', page, re.MULTILINE)
    told = "\n".join(f"[{group}]\n{name} = {target}" for group, name, target in points)
    write(folder, "my_lake-1.dist-info/entry_points.txt", told)
    write(folder, "my_lake-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: my-lake\nVersion: 1\n")
    monkeypatch.syspath_prepend(folder)
    _installed.cache_clear()
    yield points
    _installed.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_lake"]:
        del sys.modules[name]


def test_there_are_examples_of_every_kind():
    assert {block.kind for block in EXAMPLES} == set(KINDS)


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.name)
def test_every_example_of_configuration_loads(block, tmp_path):
    root = tmp_path / "project"
    workspace = PLACED[block.kind](root, block)
    found = load_project(root, workspace).workspace(workspace)
    assert found.vars.name == workspace


def test_the_example_of_an_application_is_found_and_plans_like_any_other(application, tmp_path):
    from havenlake.applications.registry import application as application_of
    from havenlake.runner import SparkApplication

    assert [group for group, _, _ in application] == ["havenlake.applications", "havenlake.job_inputs"]
    found = application_of("daily_messages")
    assert isinstance(found, SparkApplication)
    assert found.layer == "gold"
    jobs = next(b for b in EXAMPLES if b.page.name == APPLICATION and b.kind == "jobs")
    config = load_project(tmp_path, place_jobs(tmp_path, jobs)).workspace("local")
    assert type(config.job("daily_messages").job_input).__name__ == "DailyMessagesInput"
    assert config.job("daily_messages").job_input.silver_schema == "local_silver.platformdb"


def test_the_example_tasks_have_every_member_of_the_runners_protocols(application):
    from havenlake.runner import Measured, Prepared

    module = importlib.import_module("my_lake.daily")
    for protocol, example in ((Prepared, module.Task), (Measured, module.Result)):
        wanted = {name for name in vars(protocol) if not name.startswith("_")}
        members = {*dir(example), *example.__dataclass_fields__}
        assert wanted <= members


PYTHON = [block for block in blocks("python") if block.page.name != "transforms.md"]


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_every_python_example_compiles_and_imports_what_is_there(block, application):
    tree = ast.parse(block.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            assert [a.name for a in node.names if not hasattr(module, a.name)] == []


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_every_method_of_a_project_in_an_example_is_there(block):
    from havenlake.api import AsOf, Project

    found = {Project: set(re.findall(r"\bproject\.(\w+)", block.text)), AsOf: set()}
    found[AsOf] = set(re.findall(r"\.as_of\([^)]*\)\.(\w+)", block.text))
    for kind, names in found.items():
        assert [name for name in sorted(names) if not hasattr(kind, name)] == []


def test_files_that_the_readme_tells_to_edit_are_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:jobs-configuration|data-assets|workspaces)/[\w./-]+\.yaml)`", readme))
    assert len(named) >= 2
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_folders_of_the_repository_map_are_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Repository")[2]
    folders = re.findall(r"^\| `([\w/-]+)/` \|", readme, re.MULTILINE)
    assert len(folders) >= 8
    assert [name for name in folders if not (ROOT / name).is_dir()] == []


def test_targets_of_make_that_the_pages_name_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    named = set(re.findall(r"`make ([a-z]+)`", text)) | set(re.findall(r"^make ([a-z]+)$", text, re.MULTILINE))
    assert named
    assert named <= targets


def test_the_local_run_of_a_deployed_workspace_reads_the_folder_the_pages_name(tmp_path):
    for folder in ("workspaces", "jobs-configuration", "data-assets"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    moved = load_project(tmp_path, "ctl-dev", local=tmp_path / "lake").workspace("ctl-dev")
    told = str(moved.job("full_load_job").job_input.load_base_path)
    assert told == str(tmp_path / "lake/landing/ctl-dev-landing/platformdb")
    assert "/tmp/lake/landing/ctl-dev-landing/platformdb" in (ROOT / "README.md").read_text(encoding="utf-8")
