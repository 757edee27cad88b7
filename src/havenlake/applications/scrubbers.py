"""Where a scrubber is plugged in: an installed package registers a factory under `havenlake.scrubbers`.

The factory takes the job's `scrub_policy` (a path, or None) and returns a `Scrubber`. Without one installed,
scrubbing columns arrive in silver as NULL and every nulled value is counted.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from havenlake.config import Job
    from havenlake.privacy import Scrubber

GROUP = "havenlake.scrubbers"


def scrubber_of(job: Job) -> Scrubber | None:
    """The scrubber of a job; None where none is installed. HL-CFG-011 for a policy that nothing can read."""
    return _scrubber(job.effective_scrub_policy)


@cache
def _scrubber(policy: str | None) -> Scrubber | None:
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if not found:
        if policy is None:
            return None
        raise HavenlakeError(
            "HL-CFG-011", f"scrub_policy '{policy}' is set but no scrubber is installed", hint="remove the key for now"
        )
    scrubber: Scrubber = next(iter(found.values())).load()(policy)
    return scrubber
