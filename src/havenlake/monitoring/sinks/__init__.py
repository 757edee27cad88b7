"""Sinks: one file each, all behind `havenlake.monitoring.Sink`. A client library is imported where it is used."""
