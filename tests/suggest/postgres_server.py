"""A real PostgreSQL server in a folder of its own, for the time of the tests.

Programs are taken from the PATH, else from where Debian and Ubuntu put them. The server refuses to run as root, so
root starts it as `nobody`. It listens on the loopback address only, with passwords.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

PASSWORD = "a-test-password"


@dataclass(frozen=True)
class Database:
    """A running server and its superuser."""

    port: int
    user: str = "havenlake"
    password: str = PASSWORD

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def execute(self, *statements: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname="postgres", user=self.user, password=self.password, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def postgres() -> Iterator[Database]:
    """Start a server, and stop and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="havenlake-pg-"))
    as_user = _user(folder)
    (folder / "password").write_text(PASSWORD)
    data, port = folder / "data", _free_port()
    login = ["--username=havenlake", "--auth=scram-sha-256", f"--pwfile={folder}/password"]
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
    try:
        _call([_program("initdb"), f"--pgdata={data}", "--encoding=UTF8", "--no-sync", *login], as_user)
        _call([_program("pg_ctl"), "start", "-w", "-D", str(data), "-o", options, "-l", f"{folder}/log"], as_user)
        yield Database(port)
    finally:
        if data.exists():
            _call([_program("pg_ctl"), "stop", "-m", "immediate", "-D", str(data)], as_user)
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    assert found, f"PostgreSQL's {name} is missing: install the server package of your system"
    return found


def _user(folder: Path) -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _call(command: list[str], as_user: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **as_user)
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr[-2000:]}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
