"""What the engine raises, told alike under classic Spark and Spark Connect."""

from __future__ import annotations

import re

from pyspark.errors import PySparkException

_CONDITION = re.compile(r"(?:Exception|Error)\)?:? \[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]")
_GONE = re.compile(
    "FILE_NOT_(EXIST|FOUND)|VERSION_NOT_FOUND|TRUNCATED_TRANSACTION_LOG|NOT_CONTIGUOUS|CHANGE_DATA_FEED_INCOMPATIBLE"
)
_CONFLICTS = ("DELTA_CONCURRENT_", "DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED")


def condition(error: Exception) -> str:
    """The error's condition, `DELTA_LOG_FILE_NOT_FOUND` for example, else its class: never a word of its text."""
    known = error.getCondition() if isinstance(error, PySparkException) else None
    found = _CONDITION.search(str(error))
    return known or (found[1] if found else type(error).__name__)


def is_conflict(error: Exception) -> bool:
    """Whether another writer was faster: the same statement may succeed when it is tried again."""
    return condition(error).startswith(_CONFLICTS)


def is_gone(error: Exception) -> bool:
    """Whether what was asked for is not there any more: vacuumed files, an expired log, a feed across a new schema."""
    return _GONE.search(condition(error)) is not None
