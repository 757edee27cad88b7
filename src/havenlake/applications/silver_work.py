"""One silver table at work: what it is made of, how rows get there, and what is known after they are written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from pyspark.sql import functions as F

from havenlake.applications.canaries import checked_recall
from havenlake.applications.comments import silver_comments
from havenlake.applications.scrub_context import ScrubContext, scrub_context
from havenlake.applications.silver import SilverContract, silver_contract, silver_payload
from havenlake.errors import HavenlakeError
from havenlake.names import SCRUB, quoted
from havenlake.privacy import Binding
from havenlake.tables.changes import ChangeLoad
from havenlake.tables.quarantine import append_quarantine, quarantine_name, quarantine_rows
from havenlake.tables.run_versions import seen_context, seen_version, silver_position
from havenlake.tables.staging import Observed, observe
from havenlake.transforms import identity_token, values_present

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

    from havenlake.applications.comments import Comments
    from havenlake.config import Asset
    from havenlake.config.job_inputs import ToSilverInput
    from havenlake.names import TableName
    from havenlake.privacy import TextScrubber
    from havenlake.records import RowCounts
    from havenlake.runner import RunEnvironment

_SAME = ("fingerprint", "language", "country", "conversation")


@dataclass(frozen=True)
class SilverWork:
    """How bronze at a version becomes a silver table. `contract` is written into the rows."""

    environment: RunEnvironment
    bronze: TableName
    target: TableName
    version: int
    treatment: SilverContract
    scrubber: TextScrubber | None
    context: ScrubContext
    contract: str
    schema: StructType

    @classmethod
    def of(
        cls,
        environment: RunEnvironment,
        table: str,
        scrubber: TextScrubber | None,
        seen: str = "",
        *,
        newest: bool = True,
    ) -> SilverWork:
        """The work on a table, with bronze as it is now, or else as at `seen`: the position silver was written by."""
        job_input = cast("ToSilverInput", environment.job.job_input)  # the registry pairs application and model
        bronze, target = job_input.bronze.table(table), environment.target(table)
        version = environment.store.version(bronze) if newest else seen_version(seen)
        if version is None:
            raise HavenlakeError(
                "HL-TBL-005", f"{bronze} does not exist", where=str(target), hint="run the job that loads bronze first"
            )
        schema = environment.store.read(bronze, version).schema
        treatment = silver_contract(environment.assets[table], schema, scrubber)
        scrubs = scrubber is not None and bool(treatment.treatments.scrubbed)
        context = ScrubContext()
        if scrubs:
            context = scrub_context(environment, table, job_input.bronze, version, seen_context(seen), newest=newest)
        contract = environment.workspace.contract_fingerprint(environment.job, table)
        return cls(environment, bronze, target, version, treatment, scrubber, context, contract, schema)

    @property
    def scrubbed(self) -> tuple[str, ...]:
        """Columns of free text."""
        return self.treatment.treatments.scrubbed

    @property
    def fingerprint(self) -> str:
        """Which scrubber is at work on this table; empty where none is."""
        return self.scrubber.fingerprint if self.scrubber is not None and self.scrubbed else ""

    @property
    def position(self) -> str:
        """What is read, as the ledger keeps it."""
        return silver_position(self.version, self.context.versions)

    @property
    def asset(self) -> Asset:
        """The table's asset."""
        return self.environment.assets[self.target.table]

    @property
    def comments(self) -> Comments:
        """Comments of the table and its columns."""
        policy, zone = self.environment.job.effective_scrub_policy, self.environment.workspace.vars.zone
        return silver_comments(self.asset, self.treatment, zone, policy, scrubbed=self.scrubber is not None)

    @property
    def stale(self) -> Column | None:
        """Rows that another scrubber has written."""
        return ~F.col(f"{SCRUB}.fingerprint").eqNullSafe(F.lit(self.fingerprint)) if self.fingerprint else None

    def check_canaries(self) -> float | None:
        """Recall of the scrubber on canaries; HL-SCR-011 below the floor. None where none is at work."""
        return checked_recall(self.scrubber) if self.scrubber is not None and self.fingerprint else None

    def load(self, since: int | None, written: Written, stale: Column | None = None) -> ChangeLoad:
        """The load; what it writes is observed in `written`."""
        environment = self.environment
        scrub = silver_payload(
            self.treatment,
            self.scrubber,
            environment.keyring,
            self.binding,
            self.context,
            contract_id=self.contract,
            run_id=environment.context.run_id,
            loaded_at=environment.clock.now(),
            comments=self.comments.columns,
        )
        metrics = {"kept": values_present(self.scrubbed)}
        if self.fingerprint:
            metrics["pieces"] = F.count_if(F.col(f"{SCRUB}.piece").isNotNull())

        def payload(rows: DataFrame) -> DataFrame:
            frame, seen = observe(scrub(rows), metrics)
            written.seen.append(seen)
            return frame

        compared = ("_row_hash", "_contract", *map(quoted, self.scrubbed), *(f"{SCRUB}.{name}" for name in _SAME))
        return ChangeLoad(
            store=environment.store,
            source=self.bronze,
            target=self.target,
            identity=self.asset.identity,
            contract=self.contract,
            payload=payload,
            version=self.version,
            since=since,
            comment=self.comments.table,
            metrics={"present": values_present(self.scrubbed)},
            context=self.context.rows,
            same=compared if self.fingerprint else (),
            stale=stale,
        )

    @property
    def binding(self) -> Binding:
        """What ciphertexts are bound to."""
        return Binding(self.target.asset, self.asset.identity, self.environment.workspace.vars.zone)

    def counted(self, counts: RowCounts, present: int, written: Written) -> RowCounts:
        """The counts after the writing of rows with `present` values to scrub; rows that failed are quarantined."""
        nulled = present - written.count("kept") if present else 0
        failed = self._quarantine() if self.fingerprint and nulled else 0
        return replace(counts, nulled=nulled, quarantined=failed)

    def _quarantine(self) -> int:
        """Name the rows of this run in which a text could not be scrubbed; how many there are."""
        environment = self.environment
        own = F.col("_run_id") == environment.context.run_id
        rows = environment.store.read(self.target).where(own & (F.col(f"{SCRUB}.failed") > 0))
        rows = rows.select(*[F.col(quoted(c)) for c in self.asset.identity])
        rows = rows.transform(identity_token(environment.keyring, self.binding))
        nowhere = F.lit(None).cast("string").alias("_source_position")
        rows = rows.select("*", F.lit("scrub_failed").alias("_rule"), nowhere)
        now, position = environment.clock.now(), self.position
        entries = quarantine_rows(rows, self.asset.identity, environment.context, self.target, position, now)
        name = quarantine_name(environment.workspace.vars.catalogs.operations)
        append_quarantine(environment.store, name, entries, lambda: environment.commit_lock("quarantine"))
        return rows.count()


@dataclass(frozen=True)
class Written:
    """What was seen of rows on their way into the table."""

    seen: list[Observed] = field(default_factory=list)

    def count(self, name: str) -> int:
        """A sum over all that was written."""
        return sum(int(found.get.get(name) or 0) for found in self.seen)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth telling of it."""
        pieces = self.count("pieces")
        said = f"{pieces:,} row(s) of very large conversations were scrubbed in pieces"
        return (said,) if pieces else ()
