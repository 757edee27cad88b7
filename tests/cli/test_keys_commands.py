"""`havenlake keys …` without Spark: makes and adds keys, shows what is there, never prints key material."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from typer.testing import CliRunner

from havenlake.cli import keys_commands
from havenlake.privacy import Keyring
from havenlake.runtime.secrets import environment_name

REPOSITORY = Path(__file__).parents[2]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(keys_commands.keys_app, [*arguments, "--root", str(REPOSITORY)])


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


def test_rotate_adds_an_active_key_and_keeps_the_old_ones(tmp_path: Path) -> None:
    folder = tmp_path / "laptop"
    invoke("init", "-w", "ctl-dev", "--local", str(folder))
    first = Keyring.load_file(folder / "keyring.json")
    done = invoke("rotate", "-w", "ctl-dev", "--local", str(folder))
    assert done.exit_code == 0, done.output
    assert "k002 is active" in done.output
    assert "havenlake keys rewrite -w ctl-dev" in done.output
    ring = Keyring.load_file(folder / "keyring.json", zone="local")
    assert (ring.active_id, ring.ids(), ring.hash_id) == ("k002", ("k001", "k002"), "h001")
    assert ring.column_key("a.b", "c", "k001") == first.column_key("a.b", "c")
    hashed = invoke("rotate", "-w", "ctl-dev", "--local", str(folder), "--hash")
    assert "h002 is active" in hashed.output
    assert Keyring.load_file(folder / "keyring.json").hash_id == "h002"
    assert not shows_a_key(done.output + hashed.output)


def test_a_deployed_keyring_is_rotated_by_way_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring.generate("us")
    monkeypatch.setenv(environment_name("ctl-dev-keys", "keyring"), ring.to_json())
    refused = invoke("rotate", "-w", "ctl-dev")
    assert refused.exit_code == 1
    assert "--out FILE" in refused.output
    file = tmp_path / "new.keyring"
    done = invoke("rotate", "-w", "ctl-dev", "--out", str(file))
    assert done.exit_code == 0, done.output
    assert "k002 is active once that is done" in done.output
    assert f"put-secret ctl-dev-keys keyring < {file}" in done.output
    new = Keyring.load_file(file, zone="us")
    assert new.ids() == ("k001", "k002")
    assert new.column_key("a.b", "c", "k001") == ring.column_key("a.b", "c")
    assert not shows_a_key(refused.output + done.output)


class Scope:
    """A secret scope as the SDK shows it."""

    def __init__(self, text: str, *, keeps: bool = True) -> None:
        self.text, self.keeps = text, keeps
        self.secrets = self

    def get_secret(self, _scope: str, _key: str) -> SimpleNamespace:
        return SimpleNamespace(value=base64.b64encode(self.text.encode()).decode())

    def put_secret(self, _scope: str, _key: str, *, string_value: str) -> None:
        if self.keeps:
            self.text = string_value


def test_a_secret_is_written_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = Scope(Keyring.generate("us").to_json())
    monkeypatch.setattr("havenlake.runtime.secrets._workspace_client", lambda: scope)
    done = invoke("rotate", "-w", "ctl-dev")
    assert done.exit_code == 0, done.output
    assert Keyring.from_json(scope.text, zone="us").ids() == ("k001", "k002")
    scope.keeps = False
    lost = invoke("rotate", "-w", "ctl-dev")
    assert lost.exit_code == 1
    assert "gives back another keyring" in lost.output
    assert not shows_a_key(done.output + lost.output)


@pytest.mark.parametrize(
    ("key_id", "says"),
    [("k002", "active"), ("k009", "not live"), ("h001", "not an encryption key"), ("t001", "not an encryption key")],
)
def test_what_can_never_be_retired_is_refused_at_once(key_id: str, says: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "laptop")
    invoke("init", "-w", "ctl-dev", "--local", folder)
    invoke("rotate", "-w", "ctl-dev", "--local", folder)
    refused = invoke("retire", key_id, "-w", "ctl-dev", "--local", folder)
    assert refused.exit_code == 1
    assert says in refused.output
    assert Keyring.load_file(tmp_path / "laptop" / "keyring.json").ids() == ("k001", "k002")
