"""The one way into Python: Arrow columns in, one Arrow column out.

Every transform uses the same kind of function, so that Spark runs all of them over one frame in a single Python hop
and sends a column that several of them read only once. The functions count as deterministic for Spark even where
nonces are random: otherwise neighbouring transforms would not collapse into that hop. The price is that Spark may
evaluate an encryption twice, which gives two different ciphertexts of the same value; both open, and nothing may
compare ciphertexts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]  # missing in PySpark's stubs

Kernel = Callable[[Sequence[pa.Array]], pa.Array]
Flow = Callable[[Iterator[Sequence[pa.Array]]], Iterator[pa.Array]]


def hop(name: str, kernel: Kernel, returns: str, inputs: Sequence[Column]) -> Column:
    """Run `kernel`, an instance of an importable class, over Arrow columns; `name` is what the plan shows."""

    def evaluate(*columns: pa.Array) -> pa.Array:
        return kernel(columns)

    evaluate.__name__ = evaluate.__qualname__ = name
    result: Column = arrow_udf(evaluate, returnType=returns)(*inputs)
    return result


def flow(name: str, kernel: Flow, returns: str, inputs: Sequence[Column]) -> Column:
    """Run `kernel` over all batches of a partition, in their order; it may look ahead, and gives as many rows.

    It counts as non-deterministic: Spark would drop a sort below a deterministic function where it sees no use for it.
    """

    def evaluate(batches: Iterator[tuple[pa.Array, ...]]) -> Iterator[pa.Array]:
        yield from kernel(iter(batches))

    evaluate.__name__ = evaluate.__qualname__ = name
    function = arrow_udf(evaluate, returnType=returns).asNondeterministic()
    result: Column = function(*inputs)
    return result
