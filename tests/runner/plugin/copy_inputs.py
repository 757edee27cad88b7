"""Input of the application that the tests of the runner install."""

from __future__ import annotations

from typing import ClassVar

from havenlake.config import JobInput


class CopyInput(JobInput):
    """Input of `copy_job`: a folder of orders, one JSON file a table."""

    stage: ClassVar[str | None] = "maintenance"

    orders: str
