"""A server on loopback that speaks Datadog's API as far as the official client uses it, in good and bad moods."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "0123456789abcdef0123456789abcdef"
PATHS = ("/api/v2/series", "/api/v2/logs", "/api/v1/events", "/api/v1/check_run")


class Datadog(ThreadingHTTPServer):
    """Takes what it is sent; `answers` are given first, as (status, headers), then 202 for all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.hold: threading.Event | None = None
        self.requests: list[tuple[str, Any]] = []
        self.sizes: list[tuple[int, int]] = []
        self.refused = 0
        self.asked = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.hold:
            self.hold.set()
        self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def bodies(self, path: str) -> list[Any]:
        return [body for found, body in self.requests if found == path]

    def series(self) -> dict[tuple[str, tuple[str, ...]], tuple[Any, ...]]:
        """What arrived, by metric and tags: type, unit, and the points by second, as Datadog keeps them."""
        found: dict[tuple[str, tuple[str, ...]], tuple[Any, ...]] = {}
        for body in self.bodies("/api/v2/series"):
            for one in body["series"]:
                key = one["metric"], tuple(one["tags"])
                points = found[key][2] if key in found else {}
                points.update({p["timestamp"]: p["value"] for p in one["points"]})
                found[key] = one["type"], one["unit"], points
        return found

    def values(self) -> dict[tuple[str, tuple[str, ...]], list[float]]:
        return {key: list(points.values()) for key, (_, _, points) in self.series().items()}


class _Handler(BaseHTTPRequestHandler):
    server: Datadog

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.asked.set()
        if server.hold:
            server.hold.wait()
        if self.headers["DD-API-KEY"] != KEY:
            return self._answer(403, {})
        with server.lock:
            if server.answers:
                status, headers = server.answers.pop(0)
                server.refused += 1
                return self._answer(status, headers)
            text = gzip.decompress(raw) if self.headers["Content-Encoding"] == "gzip" else raw
            server.sizes.append((len(raw), len(text)))
            server.requests.append((self.path, json.loads(text)))
        return self._answer(202, {})

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        body = b'{"errors": []}' if status < 300 else b'{"errors": ["no"]}'
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
