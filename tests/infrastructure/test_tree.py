"""What can be read off the files themselves, without any tool."""

import json
import re

import pytest

from tests.infrastructure.trees import ROOT
from tools.iac import policies, readmes, run

MODULES = run.modules(ROOT)
NO_PROVIDER_FILES = [path for path in (ROOT / "terraform").rglob("*.tf") if "tests" not in path.parts]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_its_files(module):
    folder = ROOT / "terraform" / module
    files = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md")
    assert [name for name in files if not (folder / name).is_file()] == []
    assert list((folder / "tests").glob("*.tftest.hcl"))


@pytest.mark.parametrize("readme", readmes.readmes(), ids=lambda path: path.parent.name)
def test_the_tables_of_a_readme_are_fresh(readme):
    assert readmes.refreshed(readme) == readme.read_text(encoding="utf-8"), "run: python -m tools.iac.readmes"


@pytest.mark.parametrize("file", NO_PROVIDER_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_asks_nobody_and_configures_no_provider(file):
    text = file.read_text(encoding="utf-8")
    assert re.findall(r'^(?:provider|data) "', text, re.MULTILINE) == []
    assert re.findall(r"^\s+count\s+=", text, re.MULTILINE) == []


@pytest.mark.parametrize("file", sorted((ROOT / "terraform").rglob("variables.tf")), ids=lambda p: p.parent.name)
def test_a_variable_is_described_typed_and_not_null_by_accident(file):
    blocks = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for name, body in blocks:
        assert re.search(r'^  description = "\S', body, re.MULTILINE), name
        assert re.search(r"^  type +=", body, re.MULTILINE), name
        assert re.search(r"^  nullable +=|^  default += null", body, re.MULTILINE), name
        assert "any" not in re.findall(r"^  type += (\w+)$", body, re.MULTILINE), name


def test_every_guard_of_a_module_has_a_failing_case():
    for module in MODULES:
        folder = ROOT / "terraform" / module
        guarded = {
            name
            for name, body in re.findall(
                r'^variable "(\w+)" \{\n(.*?)^\}', (folder / "variables.tf").read_text(), re.MULTILINE | re.DOTALL
            )
            if "validation {" in body
        }
        tests = "".join(path.read_text() for path in (folder / "tests").glob("*.tftest.hcl"))
        assert guarded - set(re.findall(r"expect_failures = \[var\.(\w+)\]", tests)) == set(), module


def test_the_table_of_enumerations_names_its_sources_and_covers_what_modules_write():
    rows = policies.ENUMERATIONS
    assert all(row["source"] and row["values"] for row in rows)
    covered = {(row["resource"], row["path"].split(".")[-1]): row["values"] for row in rows}
    unlisted = []
    for file in NO_PROVIDER_FILES:
        for kind, body in re.findall(
            r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            for key, value in re.findall(r'^\s+(\w+) += "([A-Z][A-Za-z_]*)"$', body, re.MULTILINE):
                if value not in covered.get((kind, key), []) and key not in ("Action", "Effect", "Sid", "Version"):
                    unlisted.append((kind, key, value))
    assert unlisted == []


def test_reviewed_policies_keep_what_protects_rows():
    for file in sorted((ROOT / "terraform" / "compute" / "policies").glob("*.json")):
        rules = json.loads(file.read_text(encoding="utf-8"))
        assert rules["enable_local_disk_encryption"] == {"type": "fixed", "value": True}, file.name
        assert rules["data_security_mode"]["value"] in ("SINGLE_USER", "USER_ISOLATION"), file.name
        assert rules["data_security_mode"]["type"] == "fixed", file.name
