"""Comments of columns, as Delta keeps them and catalogs show them."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from havenlake.transforms._columns import Transform, column, metadata_of, rebuilt

COMMENT_KEY = "comment"
"""Key of the field metadata under which Spark and Delta keep a column's comment."""


def with_comments(comments: Mapping[str, str]) -> Transform:
    """Give columns their comments; values, types and other metadata stay, and names that are not there are passed over.

    A table created from the frame has the comments from its first commit on.
    """

    def transform(df: DataFrame) -> DataFrame:
        metadata = metadata_of(df)
        there = {name: text for name, text in comments.items() if name in metadata}
        return rebuilt(
            df,
            {
                name: column(name).alias(name, metadata={**metadata[name], COMMENT_KEY: text})
                for name, text in there.items()
            },
        )

    return transform
