"""What a run tells monitoring, and what it tells again because an earlier run could not.

Nothing here fails a run or makes a table task wait: signals are queued, and every error becomes one warning.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError
from havenlake.monitoring.dispatch import Dispatcher
from havenlake.monitoring.events import run_events
from havenlake.monitoring.lineage import lineage_run
from havenlake.monitoring.notices import run_notice
from havenlake.monitoring.opening import KEPT_HERE, sinks_of
from havenlake.monitoring.points import instance_tags, run_points, table_points
from havenlake.monitoring.replay import WINDOW, due
from havenlake.monitoring.signals import Event, Signal, point
from havenlake.records import Delivery
from havenlake.runtime.logs import LOGGER
from havenlake.tables.deliveries import Deliveries, deliveries_name
from havenlake.tables.ledger import last_good

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from havenlake.records import LedgerEntry, RunRecord, TableResult
    from havenlake.runner.environment import RunEnvironment

_log = logging.getLogger(f"{LOGGER}.events")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Telemetry:
    """Telemetry of one attempt of a run."""

    def __init__(
        self,
        environment: RunEnvironment,
        dispatcher: Dispatcher | None = None,
        deliveries: Deliveries | None = None,
    ) -> None:
        self._environment = environment
        self._context = environment.context
        self._key = (environment.context.run_id, environment.context.attempt)
        self._given = deliveries
        self._told_again: dict[str, list[tuple[str, int]]] = {}
        self._dispatcher = dispatcher or Dispatcher(
            sinks_of(environment.workspace, environment.job, environment.secrets)
        )

    def table_finished(self, result: TableResult) -> None:
        """A table ended; called by the threads of table tasks, which never wait here."""
        with _contained("a table's telemetry"):
            self._dispatcher.put(self._key, self._about_table(self._environment.history, result))

    def emit(self, signals: Iterable[Signal]) -> None:
        """What an application itself has to tell."""
        told = tuple(signals)
        with _contained("an application's telemetry"):
            self._dispatcher.put(self._key, told)
            _log_events(s for s in told if isinstance(s, Event))

    def finished(self, record: RunRecord) -> None:
        """The run ended: its events, its notice, and what earlier runs could not deliver."""
        with _contained("the run's telemetry"):
            history = self._environment.history
            self._dispatcher.put(self._key, self._about_run(history, record))
            _log_events(run_events(record, history))
        with _contained("telemetry of earlier runs"):
            self._tell_again()
        with _contained("the count of dropped telemetry"):
            tags = {**instance_tags(self._context), "job": self._context.job}
            at, lost = record.finished_at, self._dispatcher.dropped()
            told = [point("havenlake.telemetry.dropped", n, at, **tags, sink=name) for name, n in lost.items()]
            self._dispatcher.put(self._key, told)

    def close(self) -> None:
        """Wait for sinks until the deadline, and keep in mind what they have not got."""
        with _contained("waiting for telemetry"):
            self._dispatcher.close(self._environment.workspace.vars.monitoring.deadline.total_seconds())
        with _contained("the record of deliveries"):
            if self._remote:
                self._deliveries.append(self._outcome())

    def _about_table(self, history: Sequence[LedgerEntry], result: TableResult) -> list[Signal]:
        before = last_good(e for e in history if not e.context.is_upkeep).get(result.target)
        told: list[Signal] = list(table_points(self._context, result, before.result if before else None))
        lineage = lineage_run(self._context, result, self._environment.assets.get(result.target.rpartition(".")[2]))
        return [*told, lineage] if lineage else told

    def _about_run(self, history: Sequence[LedgerEntry], record: RunRecord) -> list[Signal]:
        notice = run_notice(record, history, self._environment.assets)
        told: list[Signal] = [*run_points(record), *run_events(record, history)]
        return [*told, notice] if notice else told

    def _tell_again(self) -> None:
        if not self._remote:
            return
        now, history = self._environment.clock.now(), self._environment.history
        known = self._deliveries.of_job(self._context.job, now - WINDOW)
        for name in self._remote:
            for record in due(name, known, history, self._context.job, now):
                key = (record.context.run_id, record.context.attempt)
                past = [e for e in history if e.recorded_at < record.started_at]
                told = [s for t in record.tables for s in self._about_table(past, t)]
                self._dispatcher.put(key, [*told, *self._about_run(past, record)], [name])
                self._told_again.setdefault(name, []).append(key)

    def _outcome(self) -> list[Delivery]:
        now, job = self._environment.clock.now(), self._context.job
        keys = {name: [self._key, *self._told_again.get(name, [])] for name in self._remote}
        found = [(name, key, self._dispatcher.delivered(name, key)) for name in keys for key in keys[name]]
        # what was told again in vain is known to be missing already
        return [Delivery(name, job, *key, ok, now) for name, key, ok in found if ok or key == self._key]

    @cached_property
    def _remote(self) -> tuple[str, ...]:
        return tuple(name for name in self._dispatcher.names if name not in KEPT_HERE)

    @cached_property
    def _deliveries(self) -> Deliveries:
        if self._given is not None:
            return self._given
        name = deliveries_name(self._environment.workspace.vars.catalogs.operations)
        return Deliveries(self._environment.store, name, lambda: self._environment.commit_lock("deliveries"))


def _log_events(events: Iterable[Event]) -> None:
    for event in events:
        fields: Mapping[str, str] = {"event": str(event.kind), **dict(event.fields)}
        _log.log(_LEVELS[event.level], "%s", event.title, extra={"fields": fields})


@contextmanager
def _contained(what: str) -> Iterator[None]:
    """Turns any error inside into a warning."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  telemetry never fails a run
        told = error.code if isinstance(error, HavenlakeError) else type(error).__name__
        _log.warning("HL-MON-001 %s was not told (%s); the load is not affected", what, told)
