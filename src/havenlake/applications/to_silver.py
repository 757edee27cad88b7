"""To silver: one current, typed, scrubbed row per identity, fed by bronze's change feed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, cast

from havenlake.applications.bronze import HASH_SCHEME_KEY
from havenlake.applications.comments import NOTHING_STALE, Comments, silver_comments
from havenlake.applications.scrubbers import scrubber_of
from havenlake.applications.silver import SilverContract, silver_contract, silver_payload
from havenlake.errors import HavenlakeError
from havenlake.privacy import Binding
from havenlake.records import Mode, RowCounts, TablePlan
from havenlake.runner import RunEnvironment, SparkApplication
from havenlake.tables.changes import ChangeDiff, ChangeLoad
from havenlake.tables.run_versions import BRONZE_VERSION, seen_version
from havenlake.tables.staging import Observed, observe
from havenlake.transforms import values_present

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from havenlake.config.job_inputs import ToSilverInput
    from havenlake.names import TableName
    from havenlake.privacy import TextScrubber
    from havenlake.runner import Measured, Prepared


class ToSilver(SparkApplication):
    """`app_name: bronze_to_silver_job`. `scrubber` overrides the one that the job's policy names."""

    layer: ClassVar[str] = "silver"

    def __init__(self, scrubber: TextScrubber | None = None) -> None:
        self._scrubber = scrubber

    def prepare(self, environment: RunEnvironment, table: str) -> Prepared:
        """Look at bronze's version, at what silver has seen of it, and at both schemas."""
        scrubber = self._scrubber or scrubber_of(environment.job, environment.workspace, lambda: environment.keyring)
        job_input = cast("ToSilverInput", environment.job.job_input)  # the registry pairs application and model
        bronze, target = job_input.bronze.table(table), environment.target(table)
        version = environment.store.version(bronze)
        if version is None:
            raise HavenlakeError(
                "HL-TBL-005", f"{bronze} does not exist", where=str(target), hint="run the job that loads bronze first"
            )
        schema = environment.store.read(bronze, version).schema
        _check_scheme(environment, schema, target)
        contract = silver_contract(environment.assets[table], schema, scrubber)
        written_under = environment.workspace.contract_fingerprint(environment.job, table)
        if scrubber is not None and contract.treatments.scrubbed:
            written_under = f"{written_under}-{scrubber.fingerprint}"
        mode, since, notes = _mode(environment, target, version, written_under)
        comments = self._comments(environment, table, contract, scrubber)
        stale = NOTHING_STALE  # a table without news is not looked at
        if mode not in (Mode.SKIP, Mode.FIRST_LOAD):
            stale = comments.stale(environment.store.read(target).schema)
        plan = TablePlan(
            table=target.table,
            target=str(target),
            mode=mode,
            source=str(bronze),
            source_position=f"{BRONZE_VERSION}{version}",
            schema_changes=stale.schema_changes,
            columns=contract.treatments,
            unknown=() if mode is Mode.SKIP else ("rows that changed",),
            notes=(*notes, *contract.notes),
        )
        return _Prepared(
            environment,
            bronze,
            target,
            version,
            mode,
            since,
            contract,
            scrubber,
            written_under,
            comments,
            stale,
            plan,
        )

    def _comments(
        self, environment: RunEnvironment, table: str, contract: SilverContract, scrubber: TextScrubber | None
    ) -> Comments:
        policy = environment.job.effective_scrub_policy
        zone = environment.workspace.vars.zone
        return silver_comments(environment.assets[table], contract, zone, policy, scrubbed=scrubber is not None)


def _check_scheme(environment: RunEnvironment, bronze: StructType, target: TableName) -> None:
    """Refuse to compare hashes of bronze and silver that lie under different schemes (HL-TBL-006)."""
    if not environment.store.exists(target):
        return
    below = bronze["_row_hash"].metadata.get(HASH_SCHEME_KEY)
    own = environment.store.read(target).schema["_row_hash"].metadata.get(HASH_SCHEME_KEY)
    if own is not None and own != below:
        raise HavenlakeError(
            "HL-TBL-006",
            f"rows were hashed under {own}, those of bronze under {below}",
            where=str(target),
            hint=f"a new hash key has not reached both: havenlake keys rewrite -w {environment.context.workspace}",
        )


def _mode(
    environment: RunEnvironment, target: TableName, version: int, contract: str
) -> tuple[Mode, int | None, tuple[str, ...]]:
    """How to bring silver up to date, and the bronze version it has seen."""
    if not environment.store.exists(target):
        return Mode.FIRST_LOAD, None, ()
    good = environment.last_good(target)
    seen = seen_version(good.result.source_position) if good else None
    if good is not None and seen is not None and good.result.contract_fingerprint != contract:
        return Mode.REBUILD, None, ("the contract changed: every row is written again",)
    if good is None or seen is None or seen > version:
        return Mode.FULL_COMPARE, None, ("the ledger does not say what silver has seen: compared in full",)
    return (Mode.SKIP if seen == version else Mode.FEED), seen, ()


@dataclass(frozen=True)
class _Prepared:
    environment: RunEnvironment
    bronze: TableName
    target: TableName
    version: int
    mode: Mode
    since: int | None
    treatment: SilverContract
    scrubber: TextScrubber | None
    contract: str
    comments: Comments
    stale: Comments
    plan: TablePlan

    @property
    def schema(self) -> str:
        return self.environment.store.read(self.bronze, self.version).schema.json()

    def measure(self, staging: str | None) -> Measured:
        if self.mode is Mode.SKIP:
            return _Measured(self, None, None, replace(self.plan, counts=RowCounts()), staging, [])
        written: list[Observed] = []
        load = self._load(written)
        diff = load.measure(self.mode, staging)
        plan = replace(self.plan, mode=diff.mode, counts=diff.counts, unknown=(), notes=(*diff.notes, *self.plan.notes))
        return _Measured(self, load, diff, plan, staging, written)

    def _load(self, written: list[Observed]) -> ChangeLoad:
        """The load; what it writes is observed in `written`, so that texts which could not be scrubbed are counted."""
        environment = self.environment
        asset = environment.assets[self.target.table]
        binding = Binding(self.target.asset, asset.identity, environment.workspace.vars.zone)
        scrubbed = self.treatment.treatments.scrubbed
        scrub = silver_payload(
            self.treatment,
            self.scrubber,
            environment.keyring,
            binding,
            contract_id=self.contract,
            run_id=environment.context.run_id,
            loaded_at=environment.clock.now(),
            comments=self.comments.columns,
        )

        def payload(rows: DataFrame) -> DataFrame:
            frame, seen = observe(scrub(rows), {"kept": values_present(scrubbed)})
            written.append(seen)
            return frame

        return ChangeLoad(
            store=environment.store,
            source=self.bronze,
            target=self.target,
            identity=asset.identity,
            contract=self.contract,
            payload=payload,
            version=self.version,
            since=self.since,
            comment=self.comments.table,
            metrics={"present": values_present(scrubbed)},
        )


@dataclass(frozen=True)
class _Measured:
    prepared: _Prepared
    load: ChangeLoad | None
    diff: ChangeDiff | None
    plan: TablePlan
    staging: str | None
    written: list[Observed]
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
        return self.diff.mode in (Mode.FIRST_LOAD, Mode.REBUILD) or self.diff.counts.changed > 0

    @property
    def max_event_time(self) -> datetime | None:
        return None

    @property
    def digest(self) -> str:
        return ""

    def write(self) -> RowCounts:
        if self.staging is None or self.load is None or self.diff is None:
            raise ValueError("an exact plan cannot be written")
        seen = self.load.write(self.diff, self.staging) if self._rows else {}
        if self.diff.mode is Mode.REBUILD:  # the columns' comments came with the rows
            self.prepared.stale.write_table(self.prepared.environment.store, self.prepared.target)
        else:
            self.prepared.stale.write(self.prepared.environment.store, self.prepared.target)
        present = int(seen.get("present") or 0)
        kept = int(self.written[-1].get.get("kept") or 0) if present and self.written else 0
        return replace(self.diff.counts, nulled=present - kept)
