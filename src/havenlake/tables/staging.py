"""Staging: intermediate rows written once and read back, so that later steps neither recompute nor disagree.

Staged rows hold identities, hashes, ciphertext and what the target may hold in clear; never more than the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


def observe(frame: DataFrame, metrics: Mapping[str, Column]) -> tuple[DataFrame, Observation]:
    """Count `metrics` over the frame's rows while some later action runs; read them by `Observation.get` after it."""
    observation = Observation()
    return frame.observe(observation, *[column.alias(name) for name, column in metrics.items()]), observation


def materialise(frame: DataFrame, path: str | None) -> DataFrame:
    """Run the frame once.

    With a path the rows are staged there as parquet and the returned frame reads them back; without one
    nothing is written and the returned frame computes them again.
    """
    if path is None:
        frame.agg(F.count(F.lit(1))).collect()  # not the noop sink: Delta refuses some scans below it
        return frame
    frame.write.mode("overwrite").parquet(path)
    return frame.sparkSession.read.schema(frame.schema).parquet(path)
