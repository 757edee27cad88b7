"""How much of a load its source's digests save: nothing to compare, a range of keys, or all rows.

A digest tells the snapshot that bronze was brought to at one version. It is kept in the ledger by a load that
quarantined and collapsed nothing, and counts as long as bronze is at that version. Everything that decides how a row
is loaded is sealed into it, so a digest taken under another contract, schema, key or release equals none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from havenlake import __version__
from havenlake.names import quoted
from havenlake.privacy.digests import MOST_BUCKETS, ONE_BUCKET, Bucket, SnapshotDigest, shift_for
from havenlake.records import Mode
from havenlake.tables.keys import range_column
from havenlake.tables.merge import KeyRange
from havenlake.tables.snapshot import instant
from havenlake.transforms import FOREIGN, Transform, bucket_sums, distinct_bucket_sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pyspark.sql import Column, DataFrame, Row

    from havenlake.names import TableName
    from havenlake.privacy import Keyring
    from havenlake.records import TableResult
    from havenlake.runner import RunEnvironment
    from havenlake.sources import SourceTable


@dataclass(frozen=True)
class Taken:
    """The digest of a source as it is now (None when rows lack an identity), and its newest event."""

    digest: SnapshotDigest | None
    newest_event: datetime | None
    distinct: bool = False
    """Whether the rows are known to have an identity each, no two the same, and may all lie here."""

    def stored(self) -> str:
        """The form the ledger keeps; nothing for one of too many ranges, so that the next load cuts them anew."""
        few = self.digest is not None and len(self.digest.buckets) <= 2 * MOST_BUCKETS
        return self.digest.to_text() if self.digest is not None and few else ""


@dataclass(frozen=True)
class SourceDigest:
    """Takes digests of one source table. `contract` is the fingerprint of all configuration that shapes it."""

    rows: DataFrame
    asset: str
    identity: tuple[str, ...]
    keyring: Keyring
    contract: str
    event_time: str | None = None

    @property
    def column(self) -> str | None:
        """The identity column whose ranges are told apart; None where all rows are one bucket."""
        return range_column(self.rows, self.identity)

    def take(self, shift: int) -> Taken:
        """Read all rows once, in the JVM only."""
        found = self.rows.transform(bucket_sums(self.column, shift, *map(F.max, self._event))).collect()
        return self._taken(shift, found, newest=4)

    def take_first(self, *, small: bool, foreign: Transform | None) -> Taken:
        """The digest of a first load; in the same pass whether identities repeat or are missing, and `foreign` rows."""
        shift = ONE_BUCKET if small or self.column is None else self._shift(self.column)
        rows = self.rows if foreign is None else self.rows.transform(foreign)
        marks = [] if foreign is None else [F.col(FOREIGN).isNotNull().cast("int")]
        sums = distinct_bucket_sums(self.identity, self.column, shift, *marks, *self._event, without=(FOREIGN,))
        found = rows.transform(sums).collect()
        taken = self._taken(shift, found, newest=5 + len(marks))
        number, distinct = (sum(row[i] or 0 for row in found) for i in (1, 4))
        own = not marks or not any(row[5] for row in found)
        return replace(taken, distinct=own and taken.digest is not None and number == distinct)

    def _shift(self, column: str) -> int:
        low, high = self.rows.agg(F.min(quoted(column)), F.max(quoted(column))).collect()[0]
        return ONE_BUCKET if low is None else shift_for(low, high)

    def _taken(self, shift: int, found: Sequence[Row], newest: int) -> Taken:
        event = max((row[newest] for row in found if self._event and row[newest] is not None), default=None)
        buckets = (Bucket(row[0], row[1], row[2], row[3]) for row in found)
        digest = SnapshotDigest.of(shift, buckets, self.keyring.digest_key(self.asset), self._scheme)
        return Taken(digest, instant(event))

    @property
    def _event(self) -> list[Column]:
        """Microseconds of the event time: a Python datetime would come back in the driver's own time zone."""
        if self.event_time is None or self.event_time not in self.rows.columns:
            return []
        return [F.unix_micros(F.col(quoted(self.event_time)).try_cast("timestamp"))]

    def take_for(self, identity_range: tuple[int, int] | None) -> Taken:
        """A first digest, cut to suit the range of keys."""
        return self.take(ONE_BUCKET if identity_range is None else shift_for(*identity_range))

    def fits(self, before: SnapshotDigest, *, small: bool) -> bool:
        """Whether a digest is cut as this table needs it; that of a table which outgrew one bucket is not."""
        return small or self.column is None or before.shift < ONE_BUCKET

    def span(self, before: SnapshotDigest, now: SnapshotDigest) -> tuple[KeyRange, int] | None:
        """The keys to compare and the rows outside them; None when that is all rows."""
        bounds = before.span_of_differences(now)
        if bounds is None or self.column is None:
            return None
        outside = now.rows_outside(*bounds)
        return (KeyRange(self.column, *bounds), outside) if outside else None

    @property
    def _scheme(self) -> str:
        parts = (__version__, self.keyring.hash_scheme(self.asset), self.contract, repr(self.identity))
        return hashlib.sha256("\0".join((*parts, self.rows.schema.json())).encode()).hexdigest()


def same_files(
    environment: RunEnvironment, target: TableName, source: SourceTable, contract: str
) -> TableResult | None:
    """The last good load, if the table is as it left it and would be loaded from the same files in the same way."""
    entry = environment.last_good(target)
    if entry is None or entry.context.code_version != __version__:
        return None
    result = entry.result
    untidy = result.counts.quarantined or result.counts.duplicates
    known = (result.source, result.source_position, result.contract_fingerprint, result.version_after)
    now = (source.description, source.position, contract, environment.store.version(target))
    return result if known == now and not untidy else None


def known_digest(environment: RunEnvironment, target: TableName, every: int) -> SnapshotDigest | None:
    """The digest of what bronze holds; None when there is none, or when a load in full is due."""
    if _loads_by_digest(environment, target) + 1 >= every:
        return None
    last = environment.last_good(target)
    if last is None or last.result.version_after != environment.store.version(target):
        return None
    return SnapshotDigest.from_text(environment.digests.get(str(target), ""))


def _loads_by_digest(environment: RunEnvironment, target: TableName) -> int:
    """Loads since the last one that compared all rows, those left out that found the same files."""
    good = [e.result.mode for e in environment.history if e.result.target == str(target) and e.result.status.good]
    count = 0
    for mode in reversed(good):
        if mode not in (Mode.DIGEST, Mode.RANGE, Mode.SKIP):
            break
        count += mode is not Mode.SKIP
    return count
