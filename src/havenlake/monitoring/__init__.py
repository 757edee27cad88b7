"""Telemetry: what is told of a run, to whom, and how it gets there without a load ever waiting for it.

Pure functions turn records into signals (points, events, notices, lineage); a dispatcher hands signals to sinks, each
by its own bounded queue and thread. Nothing here opens a table: the runner hands in records and the ledger's memory.
"""

from havenlake.monitoring.dispatch import Dispatcher
from havenlake.monitoring.signals import Event, EventKind, Notice, Point, Signal, Sink

__all__ = ["Dispatcher", "Event", "EventKind", "Notice", "Point", "Signal", "Sink"]
