"""The examples of the transforms' reference page run, in order, in one namespace."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.transforms.conftest import plan

pytestmark = pytest.mark.engines

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "transforms.md"


def test_every_example_of_the_page_runs(spark: SparkSession) -> None:
    text = PAGE.read_text(encoding="utf-8")
    namespace = {"spark": spark, "shown_plan": plan}
    examples = list(re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert len(examples) >= 10
    for example in examples:
        line = text[: example.start(1)].count("\n")
        exec(compile("\n" * line + example[1], str(PAGE), "exec"), namespace)  # noqa: S102


def test_every_public_transform_is_on_the_page() -> None:
    import havenlake.transforms

    text = PAGE.read_text(encoding="utf-8")
    public = set(havenlake.transforms.__all__) - {"COMMENT_KEY", "FOREIGN", "TYPE_KEY", "Transform", "original_type"}
    assert not {name for name in public if name not in text}
