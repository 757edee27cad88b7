"""Staging: intermediate rows written once and read back, so that later steps neither recompute nor disagree.

Staged rows hold identities, hashes, ciphertext and what the target may hold in clear; never more than the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F

from havenlake.runtime.engine_errors import ENGINE_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True)
class Observed:
    """Aggregates over a frame's rows, counted on the way by the first action over the observed frame."""

    frame: DataFrame
    metrics: Mapping[str, Column]
    observation: Observation

    @property
    def get(self) -> dict[str, Any]:
        """Values by name, after that action."""
        try:
            found = self.observation.get
        except ENGINE_ERRORS:
            found = {}
        if found.keys() >= self.metrics.keys():
            return found
        # where a stage turns out to be empty, Spark drops it together with what was observed below it
        row = self.frame.agg(*_named(self.metrics)).collect()[0]
        return row.asDict()


def observe(frame: DataFrame, metrics: Mapping[str, Column]) -> tuple[DataFrame, Observed]:
    """Count `metrics` over the frame's rows while some later action runs; read them by `Observed.get` after it."""
    observation = Observation()
    return frame.observe(observation, *_named(metrics)), Observed(frame, metrics, observation)


def _named(metrics: Mapping[str, Column]) -> list[Column]:
    return [column.alias(name) for name, column in metrics.items()]


def materialise(frame: DataFrame, path: str | None, *, few: bool = False) -> DataFrame:
    """Run the frame once.

    `few` rows are held by the driver. Others are staged as parquet under the path, and the returned frame reads them
    back; without a path nothing is written and the returned frame computes them again.
    """
    if few:
        return frame.sparkSession.createDataFrame(frame.toArrow(), schema=frame.schema)
    if path is None:
        frame.agg(F.count(F.lit(1))).collect()  # not the noop sink: Delta refuses some scans below it
        return frame
    frame.write.mode("overwrite").parquet(path)
    return frame.sparkSession.read.schema(frame.schema).parquet(path)
