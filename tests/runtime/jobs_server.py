"""A server on this machine that speaks as much of the Jobs API as starting a job takes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "not-a-real-token"


class JobsServer(ThreadingHTTPServer):
    """Jobs by name, and the bodies of the runs that were started."""

    def __init__(self, jobs: dict[int, str], *, forbidden: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.jobs = jobs
        self.forbidden = forbidden
        self.started: list[dict[str, Any]] = []

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: JobsServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        wanted = parse_qs(url.query).get("name", [None])[0]
        if not url.path.endswith("/jobs/list") or self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": url.path})
            return
        jobs = [{"job_id": i, "settings": {"name": n}} for i, n in self.server.jobs.items() if n == wanted]
        self._answer(200, {"jobs": jobs, "has_more": False})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.forbidden:
            self._answer(403, {"error_code": "PERMISSION_DENIED", "message": f"{TOKEN} may not run this"})
            return
        self.server.started.append(body)
        self._answer(200, {"run_id": 4711, "number_in_job": 1})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def jobs_server(jobs: dict[int, str], *, forbidden: bool = False) -> Iterator[JobsServer]:
    server = JobsServer(jobs, forbidden=forbidden)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
