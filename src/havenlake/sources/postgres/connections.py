"""A run's share of a server's connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Connections:
    """Counts connections, so that tables read side by side never hold more than the job allows."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, count: int) -> Iterator[None]:
        """Wait until so many are free, and hold them."""
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count
        try:
            yield
        finally:
            with self._changed:
                self._free += count
                self._changed.notify_all()
