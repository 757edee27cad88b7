import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

import pytest

from havenlake.errors import HavenlakeError
from havenlake.runtime.secrets import (
    DatabricksSecrets,
    EnvironmentSecrets,
    FileSecrets,
    environment_name,
    resolver_for,
)

SECRET = "s3cr3t-väl\nue"


def raised(resolver, scope="scope", key="key"):
    with pytest.raises(HavenlakeError) as caught:
        resolver.get(scope, key)
    assert SECRET not in f"{caught.value} {caught.value!r} {resolver!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def test_environment(monkeypatch):
    monkeypatch.setenv("HAVENLAKE_SECRET_CTL_DEV_DATADOG_API_KEY", SECRET)
    assert environment_name("ctl-dev", "datadog.api-key") == "HAVENLAKE_SECRET_CTL_DEV_DATADOG_API_KEY"
    assert EnvironmentSecrets().get("ctl-dev", "datadog.api-key") == SECRET
    error = raised(EnvironmentSecrets())
    assert error.code == "HL-SEC-001"
    assert "HAVENLAKE_SECRET_SCOPE_KEY" in error.hint


@pytest.fixture
def folder(tmp_path):
    file = tmp_path / "scope" / "key"
    file.parent.mkdir()
    file.write_text(SECRET + "\n", encoding="utf-8")
    file.chmod(0o600)
    return tmp_path


def test_folder(folder):
    assert FileSecrets(folder).get("scope", "key") == SECRET
    assert raised(FileSecrets(folder), key="other").code == "HL-SEC-001"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused(folder, mode):
    (folder / "scope" / "key").chmod(mode)
    error = raised(FileSecrets(folder))
    assert error.code == "HL-SEC-002"
    assert "chmod 600" in error.hint


@pytest.mark.parametrize(("scope", "key"), [("..", "key"), ("scope", "../../etc/passwd"), ("scope", ""), ("a/b", "c")])
def test_a_name_cannot_climb_out_of_the_folder(folder, scope, key):
    assert raised(FileSecrets(folder / "inner"), scope, key).code == "HL-SEC-001"


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / "scope" / "key").write_bytes(b"\xff\xfe")
    assert raised(FileSecrets(folder)).code == "HL-SEC-002"


class SecretsApi(BaseHTTPRequestHandler):
    """The part of the workspace API that serves secrets."""

    def do_GET(self):
        url = urlparse(self.path)
        if url.path != "/api/2.0/secrets/get":
            return self.answer(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no such endpoint"})
        self.server.asked.append(self.headers["Authorization"])
        key = parse_qs(url.query)["key"][0]
        if key == "key":
            return self.answer(200, {"key": key, "value": base64.b64encode(SECRET.encode()).decode()})
        if key == "binary":
            return self.answer(200, {"key": key, "value": base64.b64encode(b"\xff").decode()})
        if key == "forbidden":
            return self.answer(403, {"error_code": "PERMISSION_DENIED", "message": f"may not see {SECRET}"})
        return self.answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such secret"})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def workspace(monkeypatch):
    """A loopback server that the real SDK client talks to."""
    server = HTTPServer(("127.0.0.1", 0), SecretsApi)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name in ("DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_HOST", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("DATABRICKS_TOKEN", "invented")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_sdk_reads_a_secret(workspace):
    assert DatabricksSecrets().get("scope", "key") == SECRET
    assert workspace.asked == ["Bearer invented"]


@pytest.mark.parametrize(
    ("key", "code", "word"),
    [
        ("absent", "HL-SEC-001", "missing"),
        ("forbidden", "HL-SEC-002", "not allowed"),
        ("binary", "HL-SEC-002", "not UTF-8"),
    ],
)
def test_the_sdks_errors_are_mapped(workspace, key, code, word):
    error = raised(DatabricksSecrets(), key=key)
    assert error.code == code
    assert word in error.message


def test_a_workspace_out_of_reach_is_told(monkeypatch):
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.config import Config

    def client():
        return WorkspaceClient(config=Config(host="http://127.0.0.1:9", token="invented", retry_timeout_seconds=1))

    error = raised(DatabricksSecrets(client=client))
    assert error.code == "HL-SEC-002"
    assert "the store answered" in error.message


class Utils:
    """A notebook's `dbutils`, with the error that the runtime raises."""

    class secrets:  # noqa: N801
        @staticmethod
        def get(scope, key):
            if key == "key":
                return SECRET
            raise RuntimeError(f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope}")


def test_dbutils():
    assert DatabricksSecrets(Utils()).get("scope", "key") == SECRET
    assert raised(DatabricksSecrets(Utils()), key="absent").code == "HL-SEC-001"
    assert repr(DatabricksSecrets(Utils())) == "DatabricksSecrets(dbutils)"


def test_the_store_is_chosen_by_where_we_are(tmp_path):
    assert isinstance(resolver_for(databricks=True), DatabricksSecrets)
    assert resolver_for(databricks=False, folder=tmp_path) == FileSecrets(tmp_path)
    assert resolver_for(databricks=False) == EnvironmentSecrets()
