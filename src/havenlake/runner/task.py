"""The contract between the runner and an application: one table, in three steps.

`prepare` looks at metadata only, `measure` reads rows and says exactly what would change, `write` does it. A
plan is the first step, an exact plan the first two, a run all three: they cannot drift apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from datetime import datetime

    from havenlake.records import RowCounts, TablePlan, Told


class Measured(Protocol):
    """What a table task would change, row by row."""

    @property
    def plan(self) -> TablePlan:
        """The plan with counts."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""

    @property
    def max_event_time(self) -> datetime | None:
        """Newest event in the source, where the asset names its event time."""

    @property
    def digest(self) -> str:
        """What the next load may compare its source with, kept by the ledger; empty for none."""

    def write(self) -> RowCounts:
        """Write target (and quarantine); the final counts."""


@runtime_checkable
class Telling(Protocol):
    """A measured task that has more to tell, after the writing at the latest."""

    @property
    def told(self) -> Told:
        """What was learned on the way."""


class Prepared(Protocol):
    """A table task that knows its source, schema, contract and mode."""

    @property
    def plan(self) -> TablePlan:
        """What is known without reading rows."""

    @property
    def contract(self) -> str:
        """Fingerprint of the configuration that shapes this table."""

    @property
    def schema(self) -> str:
        """The source's schema as JSON."""

    def measure(self, staging: str | None) -> Measured:
        """Compare source and target; without `staging` nothing may be written anywhere."""
