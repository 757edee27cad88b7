"""A KMS on loopback for tests: moto's server behind a door that can refuse or throttle the next calls."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer


@dataclass
class Kms:
    """`answers` are given, one for each call, before anything reaches the server; `calls` counts all."""

    url: str
    answers: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def client(self, region: str = "us-east-1") -> Any:
        import boto3

        return boto3.client("kms", region_name=region, endpoint_url=self.url)

    def key(self, region: str = "us-east-1") -> str:
        """ARN of a new key."""
        return str(self.client(region).create_key()["KeyMetadata"]["Arn"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behind: str
    kms: Kms


class _Door(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kms = self.server.kms
        kms.calls.append(self.headers["X-Amz-Target"].rpartition(".")[2])
        if kms.answers:
            self._answer(400, json.dumps({"__type": kms.answers.pop(0), "message": "refused by the test"}).encode())
            return
        request = Request(self.server.behind, body, dict(self.headers.items()))  # noqa: S310  loopback
        try:
            with urlopen(request) as answer:  # noqa: S310  loopback
                self._answer(answer.status, answer.read())
        except OSError as error:
            self._answer(getattr(error, "code", 500), error.read() if hasattr(error, "read") else b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class KmsServer:
    """Both servers, as a context."""

    def __enter__(self) -> Kms:
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self._door = _Server(("127.0.0.1", 0), _Door)
        self._door.behind = f"http://{host}:{port}/"
        self._door.kms = Kms(f"http://127.0.0.1:{self._door.server_port}")
        threading.Thread(target=self._door.serve_forever, daemon=True).start()
        return self._door.kms

    def __exit__(self, *_: object) -> None:
        self._door.shutdown()
        self._door.server_close()
        self._moto.stop()
