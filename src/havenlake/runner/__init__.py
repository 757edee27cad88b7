"""Runs applications table by table: threads, order, isolation, leases, resume and the ledger live here."""

from havenlake.runner.application import SparkApplication, chosen_tables
from havenlake.runner.environment import RunEnvironment, open_keyring, storage_of
from havenlake.runner.failures import RunFailed
from havenlake.runner.task import Measured, Prepared

__all__ = [
    "Measured",
    "Prepared",
    "RunEnvironment",
    "RunFailed",
    "SparkApplication",
    "chosen_tables",
    "open_keyring",
    "storage_of",
]
