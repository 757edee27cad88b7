"""The Delta versions of all tables that belong to one finished run, from the ledger alone.

Tables of the run: as it left or found them. Tables fed by them (silver from bronze): the version made of exactly what
the run left. Tables that fed them: the version the run read. All others: as they were when the run ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from havenlake.errors import HavenlakeError
from havenlake.records import LedgerEntry, Status

BRONZE_VERSION = "bronze version "
"""A silver table's source position: this and the version of bronze that it has seen."""


def silver_position(version: int, context: Mapping[str, int]) -> str:
    """The source position of a silver table: the version of its bronze table, and of those its context came from.

    >>> silver_position(7, {"conversation": 3})
    'bronze version 7; conversation 3'
    """
    return "; ".join([f"{BRONZE_VERSION}{version}", *(f"{table} {v}" for table, v in sorted(context.items()))])


def seen_version(position: str) -> int | None:
    """The version of bronze in a source position, None in one of another form.

    >>> seen_version("bronze version 7; conversation 3"), seen_version("a1b2c3")
    (7, None)
    """
    text = position.partition(";")[0].removeprefix(BRONZE_VERSION)
    return int(text) if position.startswith(BRONZE_VERSION) and text.isdigit() else None


def seen_context(position: str) -> dict[str, int]:
    """The versions of the tables that the context came from, by table.

    >>> seen_context("bronze version 7; conversation 3")
    {'conversation': 3}
    """
    parts = [part.rpartition(" ") for part in position.split("; ")[1:]]
    return {table: int(version) for table, _, version in parts if version.isdigit()}


@dataclass(frozen=True)
class RunVersions:
    """Delta versions by target; `missed` names what was never made of the tables of the run, and why."""

    versions: Mapping[str, int]
    missed: Mapping[str, str]

    def of(self, target: str, run_id: str) -> int:
        """The version of one table; HL-RUN-004 for one that does not belong to the run."""
        if target in self.versions:
            return self.versions[target]
        why = self.missed.get(target, "it did not exist then")
        hint = "`havenlake status` lists runs and tables"
        raise HavenlakeError("HL-RUN-004", f"run {run_id} has no {target}: {why}", where=target, hint=hint)


def run_versions(entries: Sequence[LedgerEntry], run_id: str) -> RunVersions:
    """Versions of all tables as of a run; `entries` is the whole ledger, oldest first.

    Raises HL-RUN-003 for a run that the ledger does not know, or that has not finished.
    """
    own = {e.result.target: e for e in entries if e.context.run_id == run_id}
    _check_finished(own, run_id)
    end = max(e.recorded_at for e in own.values())
    good = [e for e in entries if e.result.status.good and e.result.version_after is not None]
    then = {e.result.target: _version(e) for e in good if e.recorded_at <= end}
    left = {target: _version(e) for target, e in own.items() if e in good}
    read = {e.result.source: seen for t, e in own.items() if t in left and (seen := _seen(e)) is not None}
    fed = {target: version for target, version in _fed(good, left).items() if target not in own}
    missed = {t: why for t, why in _missed(good, left).items() if t not in fed and t not in own}
    found = {**then, **read, **left, **fed}
    return RunVersions({t: version for t, version in found.items() if t not in missed}, missed)


def _seen(entry: LedgerEntry) -> int | None:
    return seen_version(entry.result.source_position)


def _version(entry: LedgerEntry) -> int:
    assert entry.result.version_after is not None  # noqa: S101  # chosen by it
    return entry.result.version_after


def _check_finished(own: Mapping[str, LedgerEntry], run_id: str) -> None:
    if not own:
        hint = "`havenlake status` lists the runs"
        raise HavenlakeError("HL-RUN-003", f"the ledger knows no run {run_id}", hint=hint)
    running = [target for target, entry in own.items() if entry.result.status is Status.RUNNING]
    if running:
        raise HavenlakeError(
            "HL-RUN-003",
            f"run {run_id} has not finished {len(running)} of {len(own)} tables",
            hint="wait for it; if it died, the next run of the same tables settles what it left",
        )


def _fed(good: Sequence[LedgerEntry], left: Mapping[str, int]) -> dict[str, int]:
    """Tables first made of exactly these versions."""
    found: dict[str, int] = {}
    for entry in good:
        source = entry.result.source
        if source in left and _seen(entry) == left[source]:
            found.setdefault(entry.result.target, _version(entry))
    return found


def _missed(good: Sequence[LedgerEntry], left: Mapping[str, int]) -> dict[str, str]:
    """Why tables that are made of these tables may be missing: they were never made of these versions."""
    made = {e.result.target: e.result.source for e in good if e.result.source in left}
    return {
        target: f"it was never made of version {left[source]} of {source}, which that run left"
        for target, source in made.items()
    }
