"""What an instance is given: enough to run alone, nothing of another, and to the right place."""

import shutil
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from databricks.sdk import WorkspaceClient
from typer.testing import CliRunner

from havenlake.cli import app
from havenlake.config import load_project
from havenlake.deploy.jobs import jobs_document
from havenlake.deploy.shipping import shipped_files
from havenlake.errors import HavenlakeError
from havenlake.runtime.uploads import upload_copy, upload_wheel
from tests.deploy.repositories import REPOSITORY, workspace

FILES = shipped_files(workspace(REPOSITORY, "tai-prod"))
TOKEN = "not-a-real-token"


def test_the_copy_is_a_repository_that_runs_alone(tmp_path):
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / file, tmp_path / file)
    copied = load_project(tmp_path)
    assert list(copied.workspaces) == ["tai-prod"]
    assert jobs_document(copied.workspace("tai-prod")) == jobs_document(workspace(REPOSITORY, "tai-prod"))
    assert (tmp_path / "notebooks/run_job.py").is_file()


def test_the_copy_holds_nothing_of_another_instance_and_nothing_rendered():
    assert [file for file in FILES if "ctl-" in file or "local" in file or file.endswith((".json", ".hcl"))] == []


class _Handler(BaseHTTPRequestHandler):
    """As much of the Workspace and Files APIs as an upload takes."""

    def _read(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status, body=b"{}", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        body = self._read()
        if self.server.forbidden:
            self._answer(403, b'{"error_code": "PERMISSION_DENIED", "message": "not-a-real-token"}')
        elif urlsplit(self.path).path.endswith("/workspace/mkdirs"):
            self.server.folders.append(body.decode())
            self._answer(200)
        else:
            self.server.imports.append(body)
            self._answer(200)

    def do_HEAD(self):
        size = self.server.wheels.get(urlsplit(self.path).path.partition("/files")[2])
        self._answer(200, Content_Length=str(size)) if size is not None else self._answer(404)

    def do_PUT(self):
        self.server.wheels[urlsplit(self.path).path.partition("/files")[2]] = len(self._read())
        assert parse_qs(urlsplit(self.path).query)["overwrite"] == ["false"]
        self._answer(204, b"")

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def served(*, forbidden=False):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.folders, server.imports, server.wheels, server.forbidden = [], [], {}, forbidden
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, WorkspaceClient(host=f"http://127.0.0.1:{server.server_address[1]}", token=TOKEN)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_file_arrives_below_the_folder_of_the_instance():
    with served() as (server, client):
        target = "/Workspace/Shared/havenlake/tai-prod"
        assert upload_copy(REPOSITORY, FILES, target, client) == len(FILES) == len(server.imports)
        assert any(f"{target}/notebooks" in folder for folder in server.folders)
        sent = b"".join(server.imports)
        for file in FILES:
            assert f"{target}/{file}".encode() in sent
            assert (REPOSITORY / file).read_bytes() in sent


WHEEL = "/Volumes/tai_prod_operations/havenlake/releases/havenlake-0.1.0-py3-none-any.whl"


def test_a_released_wheel_is_uploaded_once_and_never_replaced(tmp_path):
    wheel = tmp_path / "havenlake-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    with served() as (server, client):
        assert upload_wheel(wheel, WHEEL, client) is True
        assert server.wheels == {WHEEL: 5}
        assert upload_wheel(wheel, WHEEL, client) is False
        wheel.write_bytes(b"another wheel")
        with pytest.raises(HavenlakeError, match=r"HL-DEP-008.*another content"):
            upload_wheel(wheel, WHEEL, client)


def test_a_refusal_is_told_without_what_the_server_said():
    with served(forbidden=True) as (_, client), pytest.raises(HavenlakeError, match="HL-DEP-008") as caught:
        upload_copy(REPOSITORY, FILES, "/Workspace/x", client)
    assert TOKEN not in str(caught.value)


def test_the_command_lists_the_files_and_refuses_the_wheel_of_another_release(tmp_path):
    run = CliRunner().invoke(app, ["ship", "-w", "tai-prod", "--list", "--root", str(REPOSITORY)])
    assert tuple(run.stdout.split()) == FILES
    other = tmp_path / "havenlake-9.9.9-py3-none-any.whl"
    other.write_bytes(b"")
    run = CliRunner().invoke(app, ["ship", "-w", "tai-prod", "--wheel", str(other), "--root", str(REPOSITORY)])
    assert run.exit_code == 2
    assert "HL-DEP-008" in run.stderr
