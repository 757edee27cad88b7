"""Wrapped keyrings with boto3 against a KMS on loopback: opened under their own key, zone and purpose only."""

import base64
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from havenlake.config import load_project
from havenlake.errors import HavenlakeError
from havenlake.privacy import Keyring
from havenlake.privacy.envelope import context_of, is_wrapped, unwrap, wrap
from havenlake.runtime.keyrings import KeyringPlace
from havenlake.runtime.kms import ATTEMPTS, KmsDataKeys
from havenlake.runtime.secrets import EnvironmentSecrets, environment_name
from tests.runtime.kms_server import Kms, KmsServer

BASE = Path(__file__).parents[1] / "config" / "base"


@pytest.fixture(scope="module")
def server() -> Iterator[Kms]:
    with KmsServer() as kms:
        yield kms


@pytest.fixture
def kms(server: Kms, monkeypatch: pytest.MonkeyPatch) -> Kms:
    """What AWS's client finds in the environment of a job."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", server.url)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    server.answers.clear()
    server.calls.clear()
    return server


def refused(act: Callable[[], object]) -> HavenlakeError:
    with pytest.raises(HavenlakeError) as caught:
        act()
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__, "what the client said is not shown"
    return error


def test_a_wrapped_keyring_opens_and_shows_nothing(kms: Kms, caplog: pytest.LogCaptureFixture) -> None:
    keys, ring = KmsDataKeys(kms.key()), Keyring.generate("us")
    with caplog.at_level(logging.DEBUG):
        text = wrap(ring.to_json(), "us", keys)
        clear, _ = keys.make(context_of("us"))
        assert unwrap(text, "us", keys) == ring.to_json()
    assert is_wrapped(text)
    shown = caplog.text + text + repr(keys)
    secrets = [entry["key"] for entry in json.loads(ring.to_json())["encryption"].values()]
    for secret in [*secrets, base64.b64encode(clear).decode(), repr(clear)]:
        assert secret not in shown
    assert "botocore" in caplog.text, "debugging was on"


def test_another_zone_does_not_open_it(kms: Kms) -> None:
    keys = KmsDataKeys(kms.key())
    text = wrap(Keyring.generate("us").to_json(), "us", keys)
    assert refused(lambda: unwrap(text, "eu", keys)).code == "HL-KEY-008"
    renamed = text.replace('"zone": "us"', '"zone": "eu"')
    assert refused(lambda: unwrap(renamed, "eu", keys)).code == "HL-KEY-008"
    assert kms.calls[-1] == "Decrypt", "KMS itself refused the other context"


def test_another_key_does_not_open_it(kms: Kms) -> None:
    keys, other = KmsDataKeys(kms.key()), KmsDataKeys(kms.key())
    text = wrap(Keyring.generate("us").to_json(), "us", keys)
    assert refused(lambda: unwrap(text, "us", other)).code == "HL-KEY-008"
    claimed = text.replace(keys.key_id, other.key_id)
    assert refused(lambda: unwrap(claimed, "us", other)).code in ("HL-KEY-008", "HL-SEC-004")
    kms.answers.append("IncorrectKeyException")  # AWS's own answer, where the server here says AccessDenied
    assert refused(lambda: unwrap(claimed, "us", other)).code == "HL-KEY-008"


@pytest.mark.parametrize("part", ["data_key", "nonce", "document"])
def test_an_altered_envelope_does_not_open(kms: Kms, part: str) -> None:
    keys = KmsDataKeys(kms.key())
    envelope = json.loads(wrap(Keyring.generate("us").to_json(), "us", keys))
    first = envelope[part][0]
    envelope[part] = ("A" if first != "A" else "B") + envelope[part][1:]
    assert refused(lambda: unwrap(json.dumps(envelope), "us", keys)).code in ("HL-KEY-008", "HL-SEC-004")
    del envelope[part]
    assert refused(lambda: unwrap(json.dumps(envelope), "us", keys)).code == "HL-KEY-008"


def test_a_plain_document_is_refused_where_a_wrapped_one_is_declared(kms: Kms) -> None:
    keys = KmsDataKeys(kms.key())
    assert refused(lambda: unwrap(Keyring.generate("us").to_json(), "us", keys)).code == "HL-KEY-008"


def test_throttling_passes_after_a_few_attempts_and_is_told_when_it_does_not(kms: Kms) -> None:
    keys = KmsDataKeys(kms.key())
    kms.calls.clear()
    kms.answers += ["ThrottlingException"] * (ATTEMPTS - 1)
    assert len(keys.make(context_of("us"))[0]) == 32
    assert len(kms.calls) == ATTEMPTS
    kms.answers += ["ThrottlingException"] * ATTEMPTS
    error = refused(lambda: keys.make(context_of("us")))
    assert error.code == "HL-SEC-003"
    assert not kms.answers
    assert len(kms.calls) == 2 * ATTEMPTS


@pytest.mark.parametrize("answer", ["AccessDeniedException", "DisabledException", "KMSInvalidStateException"])
def test_a_refusal_takes_one_attempt(kms: Kms, answer: str) -> None:
    keys = KmsDataKeys(kms.key())
    kms.calls.clear()
    kms.answers.append(answer)
    error = refused(lambda: keys.open(b"x", context_of("us")))
    assert (error.code, kms.calls) == ("HL-SEC-004", ["Decrypt"])
    assert answer in error.message
    assert "refused by the test" not in str(error)


def test_a_key_that_does_not_exist(kms: Kms) -> None:
    keys = KmsDataKeys("arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555")
    assert refused(lambda: keys.make(context_of("us"))).code == "HL-SEC-004"


def test_a_kms_that_is_down(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KmsDataKeys(kms.key())
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    assert refused(lambda: keys.make(context_of("us"))).code == "HL-SEC-003"


def test_no_credentials(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KmsDataKeys(kms.key())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    assert refused(lambda: keys.make(context_of("us"))).code == "HL-SEC-004"


def place(arn: str, tmp_path: Path, keyring: str) -> KeyringPlace:
    """Where the keyring of a workspace lies that declares it so."""
    root = tmp_path / "repository"
    shutil.copytree(BASE, root)
    file = root / "workspaces/acme/workspace-vars.yaml"
    text, count = re.subn("(?m)^keyring: .*$", f"keyring: {keyring.format(arn=arn)}", file.read_text())
    assert count == 1
    file.write_text(text)
    config = load_project(root, "acme").workspace("acme")
    return KeyringPlace(config.vars, config.root, None, EnvironmentSecrets())


def test_a_wrapped_file_is_made_opened_and_replaced(kms: Kms, tmp_path: Path) -> None:
    found = place(kms.key("us-east-1"), tmp_path, "{{file: acme.wrapped.json, kms_key: '{arn}'}}")
    assert refused(found.open).code == "HL-KEY-001"
    ring = Keyring.generate(found.facts.zone)
    assert found.wrapped_file is not None
    found.create(ring, found.wrapped_file)
    assert found.open().to_json() == ring.to_json()
    first = found.wrapped_file.read_text()
    found.replace(ring.rotated(), ring)
    assert found.open().ids() == ("k001", "k002")
    assert found.wrapped_file.read_text() != first
    assert json.loads(ring.to_json())["encryption"]["k001"]["key"] not in found.wrapped_file.read_text()
    assert refused(lambda: found.replace(ring, ring)).code == "HL-KEY-001", "somebody else rotated meanwhile"
    assert found.open().ids() == ("k001", "k002")


def test_a_wrapped_secret_opens(kms: Kms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = place(kms.key("us-east-1"), tmp_path, "{{scope: acme-keys, key: keyring, kms_key: '{arn}'}}")
    ring = Keyring.generate(found.facts.zone)
    monkeypatch.setenv(environment_name("acme-keys", "keyring"), found.text(ring))
    assert found.open().to_json() == ring.to_json()
    monkeypatch.setenv(environment_name("acme-keys", "keyring"), ring.to_json())
    assert refused(found.open).code == "HL-KEY-008"
    plain = place(kms.key("us-east-1"), tmp_path / "plain", "{{scope: acme-keys, key: keyring}}")
    monkeypatch.setenv(environment_name("acme-keys", "keyring"), found.text(ring))
    assert refused(plain.open).code == "HL-KEY-001"
