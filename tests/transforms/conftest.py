"""Keys, a binding and frames that hold the awkward values, shared by the tests of transforms."""

import contextlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from havenlake.errors import HavenlakeError
from havenlake.names import quoted
from havenlake.privacy import Binding, Keyring, ScrubbedText, TextScrubber

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PLAN_MODES = ("simple", "extended", "codegen", "cost", "formatted")


@pytest.fixture(scope="session")
def ring() -> Keyring:
    return Keyring.generate("us")


@pytest.fixture(scope="session")
def binding() -> Binding:
    return Binding("platformdb.message", ["id"], "us")


def plan(df: "DataFrame", mode: str = "simple") -> str:
    """The plan as text, by what every engine offers."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        df.explain(mode=mode)
    return text.getvalue()


def exact(df: "DataFrame", order: str = "id") -> list[dict[str, str | None]]:
    """Rows as text that tells every value apart: bytes in hexadecimal, times with microseconds, numbers exactly."""
    from pyspark.sql import functions as F

    def shown(name: str, kind: str) -> object:
        column = F.col(quoted(name))
        shown = F.hex(column.cast("binary")) if kind in ("string", "binary") else column.cast("string")
        return shown.alias(name)

    columns = [shown(name, kind) for name, kind in df.dtypes]
    return [row.asDict() for row in df.orderBy(F.col(quoted(order))).select(*columns).collect()]


def code_of(act: Callable[[], object]) -> str:
    """The code of the error that a call raises, here or in a worker."""
    from pyspark.errors import PySparkException

    with pytest.raises((HavenlakeError, PySparkException)) as caught:
        act()
    text = str(caught.value)
    start = text.index("HL-")
    return text[start : start + 10]


def scrubber(kind: str) -> TextScrubber:
    """A scrubber of the tests; its class is local, so that it travels to workers that know no tests."""
    outcomes = {
        "same": lambda text, *_: text,
        "upper": lambda text, *_: text.upper(),
        "recorder": lambda *told: "|".join(map(str, told)),
    }

    class Fake:
        fingerprint = f"{kind}-1"

        def scrub(self, texts, languages=None, countries=None, conversations=None, known=None):  # noqa: ARG002
            if kind == "short":
                return []
            nothing = [None] * len(texts)
            rows = zip(texts, languages or nothing, countries or nothing, conversations or nothing, strict=True)
            return [ScrubbedText(outcomes[kind](*row)) for row in rows]

    return Fake()
