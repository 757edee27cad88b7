"""What the engine raises, told alike under classic Spark and Spark Connect."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, TypeVar

from pyspark.errors import PySparkException

from havenlake.runtime.conditions import CONFLICTS
from havenlake.runtime.engine_errors import ENGINE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable

_CONDITION = re.compile(r"(?:Exception|Error)\)?:? \[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]")
_GONE = re.compile(
    "FILE_NOT_(EXIST|FOUND)|VERSION_NOT_FOUND|TRUNCATED_TRANSACTION_LOG|NOT_CONTIGUOUS|CHANGE_DATA_FEED_INCOMPATIBLE"
)
T = TypeVar("T")


def condition(error: Exception) -> str:
    """The error's condition, `DELTA_LOG_FILE_NOT_FOUND` for example, else its class: never a word of its text."""
    known = error.getCondition() if isinstance(error, PySparkException) else None
    found = _CONDITION.search(str(error))
    return known or (found[1] if found else type(error).__name__)


def is_conflict(error: Exception) -> bool:
    """Whether another writer was faster: the same statement may succeed when it is tried again."""
    return condition(error).startswith(CONFLICTS)


def past_conflicts(action: Callable[[], T], attempts: int = 8) -> T:
    """Do what is right whatever others commit meanwhile; again, a little later each time, when one was faster."""
    for attempt in range(1, attempts):
        try:
            return action()
        except ENGINE_ERRORS as error:
            if not is_conflict(error):
                raise
        time.sleep(random.uniform(0.1, 0.5) * attempt)  # noqa: S311  not a secret
    return action()


def is_gone(error: Exception) -> bool:
    """Whether what was asked for is not there any more: vacuumed files, an expired log, a feed across a new schema."""
    return _GONE.search(condition(error)) is not None
