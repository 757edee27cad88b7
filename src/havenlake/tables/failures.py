"""What the engine raises, told alike under classic Spark and Spark Connect."""

from __future__ import annotations

import re

from pyspark.errors import PySparkException

_CONDITION = re.compile(r"(?:Exception|Error)\)?:? \[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]")
_CONFLICTS = ("DELTA_CONCURRENT_", "DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED")


def condition(error: Exception) -> str:
    """The error's condition, `DELTA_LOG_FILE_NOT_FOUND` for example, else its class: never a word of its text."""
    known = error.getCondition() if isinstance(error, PySparkException) else None
    found = _CONDITION.search(str(error))
    return known or (found[1] if found else type(error).__name__)


def is_conflict(error: Exception) -> bool:
    """Whether another writer was faster: the same statement may succeed when it is tried again."""
    return condition(error).startswith(_CONFLICTS)
