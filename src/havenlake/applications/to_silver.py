"""To silver: one current, typed, scrubbed row per identity, fed by bronze's change feed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from havenlake.applications.bronze import HASH_SCHEME_KEY
from havenlake.applications.comments import NOTHING_STALE, Comments
from havenlake.applications.scrubbers import scrubber_of
from havenlake.applications.silver_work import SilverWork, Written
from havenlake.errors import HavenlakeError
from havenlake.names import SCRUB
from havenlake.records import Mode, RowCounts, TablePlan, Told
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.tables.run_versions import seen_context, seen_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from havenlake.privacy import TextScrubber
    from havenlake.runner import Measured, Prepared
    from havenlake.tables.changes import ChangeDiff, ChangeLoad

_MIXED = "mixed"


class ToSilver(SparkApplication):
    """`app_name: bronze_to_silver_job`. `scrubber` overrides the one that the job's policy names."""

    layer: ClassVar[str] = "silver"

    def __init__(self, scrubber: TextScrubber | None = None) -> None:
        self._scrubber = scrubber

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at bronze's version, at what silver has seen of it, and at both schemas."""
        scrubber = self._scrubber or scrubber_of(environment.job, environment.workspace, lambda: environment.keyring)
        good = environment.last_good(environment.target(table))
        seen = good.result.source_position if good else ""
        work = SilverWork.of(environment, table, scrubber, seen)
        _check_scheme(work)
        mode, since, notes = _mode(work)
        written_under, older = _written_under(work, mode)
        stale = NOTHING_STALE  # a table without news is not looked at
        if mode not in (Mode.SKIP, Mode.FIRST_LOAD):
            stale = work.comments.stale(environment.store.read(work.target).schema)
        plan = TablePlan(
            table=work.target.table,
            target=str(work.target),
            mode=mode,
            source=str(work.bronze),
            source_position=work.position,
            schema_changes=stale.schema_changes,
            columns=work.treatment.treatments,
            unknown=() if mode is Mode.SKIP else ("rows that changed",),
            notes=(*notes, *older, *work.treatment.notes, *work.context.notes),
        )
        return _Prepared(work, mode, since, written_under, stale, plan)


def _check_scheme(work: SilverWork) -> None:
    """Refuse to compare hashes of bronze and silver that lie under different schemes (HL-TBL-006)."""
    store = work.environment.store
    if not store.exists(work.target):
        return
    below = work.schema["_row_hash"].metadata.get(HASH_SCHEME_KEY)
    own = store.read(work.target).schema["_row_hash"].metadata.get(HASH_SCHEME_KEY)
    if own is not None and own != below:
        raise HavenlakeError(
            "HL-TBL-006",
            f"rows were hashed under {own}, those of bronze under {below}",
            where=str(work.target),
            hint=f"a new hash key has not reached both: havenlake keys rewrite -w {work.environment.context.workspace}",
        )


def _mode(work: SilverWork) -> tuple[Mode, int | None, tuple[str, ...]]:
    """How to bring silver up to date, and the bronze version it has seen."""
    store = work.environment.store
    if not store.exists(work.target):
        return Mode.FIRST_LOAD, None, ()
    good = work.environment.last_good(work.target)
    position = good.result.source_position if good else ""
    seen, context = seen_version(position), seen_context(position)
    scrubs = SCRUB in store.read(work.target).columns
    contract = good.result.contract_fingerprint.partition("-")[0] if good and seen is not None else work.contract
    if contract != work.contract or scrubs != bool(work.fingerprint):
        return Mode.REBUILD, None, ("the contract changed: every row is written again",)
    if seen is None or seen > work.version or not _ahead(work.context.versions, context):
        return Mode.FULL_COMPARE, None, ("the ledger does not say what silver has seen: compared in full",)
    same = seen == work.version and context == work.context.versions
    return (Mode.SKIP if same else Mode.FEED), seen, ()


def _ahead(now: Mapping[str, int], seen: Mapping[str, int]) -> bool:
    """Whether the same tables are read as before, none of them at an older version."""
    return now.keys() == seen.keys() and all(now[table] >= version for table, version in seen.items())


def _written_under(work: SilverWork, mode: Mode) -> tuple[str, tuple[str, ...]]:
    """Contract and scrubber of the rows after the run, and what to say of rows that another scrubber has written."""
    if not work.fingerprint:
        return work.contract, ()
    current = f"{work.contract}-{work.fingerprint}"
    before = _scrubbed_by(work)
    if mode in (Mode.FIRST_LOAD, Mode.REBUILD, Mode.FULL_COMPARE) or before in ("", work.fingerprint):
        return current, ()
    where = work.environment.context
    note = (
        "some rows are as an older scrubber or policy left them; to renew them: "
        f"havenlake run -w {where.workspace} -j {where.job} --rescrub"
    )
    return f"{work.contract}-{_MIXED}", (note,)


def _scrubbed_by(work: SilverWork) -> str:
    """The scrubber of all rows by the last good event that wrote texts, `mixed` for several."""
    events = [
        e.result.contract_fingerprint
        for e in work.environment.history
        if e.result.target == str(work.target)
        and e.result.status.good
        and (not e.context.is_upkeep or e.result.mode is Mode.RESCRUB)
    ]
    return events[-1].partition("-")[2] if events else ""


@dataclass(frozen=True)
class _Prepared:
    work: SilverWork
    mode: Mode
    since: int | None
    contract: str
    stale: Comments
    plan: TablePlan

    @property
    def schema(self) -> str:
        return self.work.schema.json()

    def measure(self, staging: str | None) -> Measured:
        if self.mode is Mode.SKIP:
            return _Measured(self, None, None, replace(self.plan, counts=RowCounts()), staging)
        recall = self.work.check_canaries()
        written = Written()
        # where the ledger does not tell, rows may be from any scrubber
        load = self.work.load(self.since, written, self.work.stale if self.mode is Mode.FULL_COMPARE else None)
        diff = load.measure(self.mode, staging)
        plan = replace(self.plan, mode=diff.mode, counts=diff.counts, unknown=(), notes=(*diff.notes, *self.plan.notes))
        return _Measured(self, load, diff, plan, staging, recall, written)


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    load: ChangeLoad | None
    diff: ChangeDiff | None
    plan: TablePlan
    staging: str | None
    recall: float | None = None
    written: Written = field(default_factory=Written)
    """What was written, after the writing."""

    @property
    def changes(self) -> bool:
        if self.diff is None:
            return False
        return self._rows or bool(self.prepared.stale)

    @property
    def _rows(self) -> bool:
        """Whether there are rows to write, not only comments."""
        if self.diff is None:
            return False
        all_of_them = self.diff.mode in (Mode.FIRST_LOAD, Mode.REBUILD)
        return all_of_them or self.diff.counts.changed > 0 or self.diff.again > 0

    @property
    def max_event_time(self) -> datetime | None:
        return None

    @property
    def digest(self) -> str:
        return ""

    @property
    def told(self) -> Told:
        return Told(self.written.notes if self._rows else (), self.recall)

    def write(self) -> RowCounts:
        if self.staging is None or self.load is None or self.diff is None:
            raise ValueError("an exact plan cannot be written")
        work = self.prepared.work
        seen = self.load.write(self.diff, self.staging) if self._rows else {}
        if self.diff.mode is Mode.REBUILD:  # the columns' comments came with the rows
            self.prepared.stale.write_table(work.environment.store, work.target)
        else:
            self.prepared.stale.write(work.environment.store, work.target)
        return work.counted(self.diff.counts, int(seen.get("present") or 0), self.written)
