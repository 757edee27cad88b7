"""Landing folders made by pyarrow and plain Python, and sources opened on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from havenlake.runtime.secrets import EnvironmentSecrets
from havenlake.runtime.storage import Storage
from havenlake.sources import Source, open_source

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Input:
    load_base_path: str | None
    format: str = "auto"
    layout: str = "folders"
    export: str | None = None
    jdbc: None = None


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing" / "bucket" / "base"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def opened(spark: SparkSession, tmp_path: Path, landing: Path) -> Callable[..., Source]:
    """Opens `landing`, called `s3://bucket/base`, with any keys of a job_input."""
    storage = Storage(tmp_path, tmp_path)

    def open_(**keys: str) -> Source:
        return open_source(spark, storage, Input("s3://bucket/base", **keys), EnvironmentSecrets())

    return open_


@pytest.fixture
def write(landing: Path) -> Callable[[str, bytes | str], Path]:
    """Writes one file below `landing`."""

    def write_(name: str, content: bytes | str) -> Path:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as remote: what the driver finds by opening a path must then come through Spark."""
    monkeypatch.setattr("havenlake.sources._reading.Files.local", lambda _: None)
