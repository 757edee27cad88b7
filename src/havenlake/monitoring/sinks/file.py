"""Signals as JSON lines in a folder, one file a day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from havenlake.monitoring.signals import Signal
from havenlake.monitoring.sinks.plain import plain


class FileSink:
    """Appends to `<folder>/telemetry-<day>.jsonl`, a batch by one write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Write all kinds of signals."""
        lines = "".join(json.dumps(plain(signal), ensure_ascii=False) + "\n" for signal in signals)
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"telemetry-{datetime.now(UTC):%Y-%m-%d}.jsonl").open("a", encoding="utf-8") as file:
            file.write(lines)

    def close(self) -> None:
        """Nothing is held."""
