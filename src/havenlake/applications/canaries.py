"""Canaries: before a run scrubs anything, its scrubber must mask invented details that are known to be there."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.privacy import Scrubber
from havenlake.privacy.canaries import FLOOR, canary_recall

if TYPE_CHECKING:
    from havenlake.privacy import TextScrubber


def checked_recall(scrubber: TextScrubber) -> float | None:
    """The share of canaries that the scrubber masks; HL-SCR-011 below the floor.

    None for a scrubber of somebody's own, handed in from Python: what it is to mask is theirs to know.
    """
    return _checked(_Same(scrubber)) if isinstance(scrubber, Scrubber) else None


class _Same:
    """A scrubber that equals any other one of its fingerprint: the same process need not ask twice."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.scrubber = scrubber

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.scrubber.fingerprint == self.scrubber.fingerprint

    def __hash__(self) -> int:
        return hash(self.scrubber.fingerprint)


@lru_cache(maxsize=8)
def _checked(same: _Same) -> float:
    found = canary_recall(same.scrubber)
    if not found.holds:
        missed = ", ".join(f"{kind} {count}" for kind, count in found.missed_by_kind.items())
        raise HavenlakeError(
            "HL-SCR-011",
            f"the scrubber masked {found.masked:,} of {found.total:,} canaries, below {FLOOR:.1%}; missed: {missed}",
            hint="nothing was written; look at the policy and at what changed in it",
        )
    return found.recall
