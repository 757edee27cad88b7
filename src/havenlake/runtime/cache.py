"""The cache folder: what is fetched or made once per user and used by every project."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "HAVENLAKE_CACHE"


def cache_folder() -> Path:
    """The folder `HAVENLAKE_CACHE` names, else `~/.cache/havenlake`; it need not exist yet."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given).expanduser().absolute() if given else Path.home() / ".cache" / "havenlake"
