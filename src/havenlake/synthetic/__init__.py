"""A seeded, deterministic platform database with invented people, for demonstrations, tests and benchmarks."""

from __future__ import annotations

from havenlake.synthetic.changes import changes
from havenlake.synthetic.database import PlatformDatabase
from havenlake.synthetic.export import write_export
from havenlake.synthetic.folders import MARKER
from havenlake.synthetic.manifest import Fragment, Manifest, manifest
from havenlake.synthetic.planting import Planted
from havenlake.synthetic.rds import write_rds_export
from havenlake.synthetic.schemas import SENSITIVE, TABLES
from havenlake.synthetic.timeline import ChangedIds

__all__ = [
    "MARKER",
    "SENSITIVE",
    "TABLES",
    "ChangedIds",
    "Fragment",
    "Manifest",
    "Planted",
    "PlatformDatabase",
    "changes",
    "manifest",
    "write_export",
    "write_rds_export",
]
