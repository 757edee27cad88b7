"""What somebody is told whose tools are missing, too old, or cannot be built."""

import stat

import pytest

from havenlake.errors import HavenlakeError
from tools.iac import __main__ as door
from tools.iac import build, toolchain


def program(folder, name, output):
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(autouse=True)
def nothing_built(tmp_path, monkeypatch):
    monkeypatch.setenv("HAVENLAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for variable in (toolchain.TF_VARIABLE, toolchain.TERRAGRUNT_VARIABLE, toolchain.PROVIDERS_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def test_a_missing_tool_is_named_with_the_way_to_get_it(capsys):
    assert door.main(["where"]) == 2
    message = capsys.readouterr().err
    assert "HL-ENV-005" in message
    assert "'tofu' is missing" in message
    assert "make tools" in message


@pytest.mark.parametrize(
    ("output", "shown"),
    [("Terraform v1.8.5", "1.8.5"), ("OpenTofu v1.6.0", "1.6.0"), ("something else", "of no known version")],
)
def test_a_tool_that_is_too_old(nothing_built, monkeypatch, output, shown):
    monkeypatch.setenv(toolchain.TF_VARIABLE, str(program(nothing_built, "mine", output)))
    with pytest.raises(HavenlakeError) as caught:
        toolchain.find()
    assert caught.value.code == "HL-ENV-006"
    assert shown in str(caught.value)


def test_own_tools_of_fitting_versions_with_the_real_providers(nothing_built, monkeypatch, tmp_path):
    program(nothing_built, "terraform", "Terraform v1.14.0")
    program(nothing_built, "terragrunt", "terragrunt version v1.1.3")
    monkeypatch.setenv(toolchain.PROVIDERS_VARIABLE, "real")
    found = toolchain.find()
    assert found.terraform.name == "terraform"
    assert "real providers" in found.note
    assert "TG_OFFLINE" not in found.environment(tmp_path)


def test_without_stand_ins_nobody_is_told_that_all_was_checked(nothing_built):
    program(nothing_built, "tofu", "OpenTofu v1.12.6")
    program(nothing_built, "terragrunt", "terragrunt version v1.1.3")
    with pytest.raises(HavenlakeError, match="schema-only providers"):
        toolchain.find()


def test_a_tool_that_cannot_be_executed(nothing_built, monkeypatch):
    (nothing_built / "tofu").write_text("")
    monkeypatch.setenv(toolchain.TF_VARIABLE, str(nothing_built / "tofu"))
    with pytest.raises(HavenlakeError, match="cannot be executed"):
        toolchain.find()


def test_building_without_go():
    with pytest.raises(HavenlakeError) as caught:
        build.build("tofu")
    assert caught.value.code == "HL-ENV-005"
    assert "'go' is needed" in str(caught.value)


def test_building_without_a_network_leaves_nothing_half_built(nothing_built, tmp_path):
    script = "echo 'dial tcp: lookup proxy: no such host' >&2; exit 1"
    path = nothing_built / "go"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    with pytest.raises(HavenlakeError) as caught:
        build.build("terragrunt")
    assert caught.value.code == "HL-ENV-007"
    assert "no such host" in str(caught.value)
    assert build.built("terragrunt") is None
    assert list((tmp_path / "cache" / "iac").iterdir()) == []


def test_a_package_with_another_checksum_is_not_used(nothing_built, tmp_path):
    path = nothing_built / "npm"
    path.write_text("#!/bin/sh\necho hello > package.tgz\necho package.tgz\n")
    path.chmod(0o755)
    with pytest.raises(HavenlakeError, match="another checksum"):
        build._fetch(build.locked_bindings()[0], tmp_path)
