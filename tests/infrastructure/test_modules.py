"""Every module is formatted, valid, and passes its own tests, under OpenTofu and, where it is installed, Terraform."""

import shutil

import pytest

from tests.infrastructure.trees import ROOT
from tools.iac import run, toolchain

pytestmark = pytest.mark.infrastructure
ENGINES = ["first"] + (["terraform"] if shutil.which("terraform") else [])
LEAST = {
    "aws-storage": 7,
    "compute": 7,
    "dashboards": 3,
    "etl": 10,
    "governance": 5,
    "model-serving": 5,
    "monitors": 15,
    "network": 4,
    "residency-guard": 13,
    "secrets": 4,
    "user-base": 6,
    "workspace-catalogs": 10,
}


@pytest.mark.parametrize("module", LEAST)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_module_is_valid_and_its_guards_refuse(tools, engine, module, tmp_path):
    chosen = tools if engine == "first" else toolchain.find(prefer_terraform=True)
    outcome, passed = run.module_tests(chosen, ROOT, module, tmp_path)
    assert outcome.ok, outcome.reason
    assert passed >= LEAST[module]


def test_no_module_is_left_out():
    assert run.modules(ROOT) == sorted(LEAST)


def test_every_file_is_formatted(tools, tmp_path):
    done = run.formatted(tools, ROOT, tmp_path)
    assert done.ok, done.reason


def test_a_module_with_a_wrong_argument_fails(tools, tmp_path):
    broken = tmp_path / "repository"
    shutil.copytree(ROOT / "terraform" / "secrets", broken / "terraform" / "secrets")
    (broken / "tests" / "residency").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "residency" / "cases.yaml", broken / "tests" / "residency")
    main = broken / "terraform" / "secrets" / "main.tf"
    main.write_text(main.read_text().replace("permission = ", "permision = "))
    outcome, _ = run.module_tests(tools, broken, "secrets", tmp_path / "run")
    assert not outcome.ok
    assert "permision" in outcome.reason
