"""Error conditions of the engine that more than one layer must know; needs no Spark."""

from __future__ import annotations

CONFLICTS = ("DELTA_CONCURRENT_", "DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED")
"""How the conditions begin by which Delta says that another writer's commit came first, and nothing was written."""
