"""`havenlake keys init | status`: makes keys once, shows what is there, never prints key material."""

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from havenlake.cli.keys_commands import keys_app
from havenlake.privacy import Keyring
from havenlake.runtime.secrets import environment_name

REPOSITORY = Path(__file__).parents[2]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(keys_app, [*arguments, "--root", str(REPOSITORY)])


def shows_a_key(text: str) -> bool:
    """Whether the text holds anything long enough to be 32 bytes in base64 or hexadecimal."""
    return re.search(r"[A-Za-z0-9+=]{40,}|[A-Za-z0-9+/]{43}=", text) is not None


def test_local_warehouse_gets_its_keyring_once(tmp_path: Path) -> None:
    folder = str(tmp_path / "laptop")
    made = invoke("init", "-w", "ctl-dev", "--local", folder)
    assert made.exit_code == 0, made.output
    ring = Keyring.load_file(tmp_path / "laptop" / "keyring.json", zone="local")
    again = invoke("init", "-w", "ctl-dev", "--local", folder)
    assert again.exit_code == 2
    assert "HL-KEY-002" in again.output
    assert Keyring.load_file(tmp_path / "laptop" / "keyring.json").to_json() == ring.to_json()
    assert not shows_a_key(made.output + again.output)


def test_status_lists_keys_without_material(tmp_path: Path) -> None:
    folder = str(tmp_path / "laptop")
    invoke("init", "-w", "ctl-dev", "--local", folder)
    table = invoke("status", "-w", "ctl-dev", "--local", folder)
    machine = invoke("status", "-w", "ctl-dev", "--local", folder, "--json")
    assert table.exit_code == machine.exit_code == 0
    for expected in ("k001", "h001", "t001", "live", "local"):
        assert expected in table.output
    found = json.loads(machine.output)
    assert found["zone"] == "local"
    assert [(k["purpose"], k["id"], k["active"]) for k in found["keys"]] == [
        ("encryption", "k001", True),
        ("hash", "h001", True),
        ("token", "t001", True),
    ]
    assert not shows_a_key(table.output + machine.output)


def test_status_before_init_says_what_to_do(tmp_path: Path) -> None:
    result = invoke("status", "-w", "ctl-dev", "--local", str(tmp_path))
    assert result.exit_code == 1
    assert "HL-KEY-001" in result.output
    assert "havenlake keys init" in result.output


def test_a_secret_scope_gets_a_file_to_store(tmp_path: Path) -> None:
    without = invoke("init", "-w", "ctl-dev")
    assert without.exit_code == 2
    assert "--out" in without.output
    file = tmp_path / "new.json"
    made = invoke("init", "-w", "ctl-dev", "--out", str(file))
    assert made.exit_code == 0, made.output
    assert "put-secret ctl-dev-keys keyring" in made.output
    assert Keyring.load_file(file, zone="us").ids() == ("k001",)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not shows_a_key(without.output + made.output)


def test_status_reads_a_keyring_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring.generate("us").rotated()
    monkeypatch.setenv(environment_name("ctl-dev-keys", "keyring"), ring.to_json())
    result = invoke("status", "-w", "ctl-dev", "--json")
    assert result.exit_code == 0, result.output
    assert [k["id"] for k in json.loads(result.output)["keys"]] == ["k001", "k002", "h001", "t001"]
    monkeypatch.setenv(environment_name("ctl-dev-keys", "keyring"), Keyring.generate("eu").to_json())
    other = invoke("status", "-w", "ctl-dev")
    assert other.exit_code == 3
    assert "HL-KEY-005" in other.output


def test_an_instance_without_keys_is_told_so() -> None:
    result = invoke("init", "-w", "ctl-datascience")
    assert result.exit_code == 1
    assert "declares no keyring" in result.output
