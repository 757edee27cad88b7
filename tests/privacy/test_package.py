"""The scrubber's contract, that keys need neither pyarrow nor Spark, and the examples in docstrings."""

import doctest
import subprocess
import sys

from havenlake.privacy import ScrubbedText, Span, TextScrubber, binding, keyring


class Loud:
    fingerprint = "loud-1"

    def scrub(self, texts):
        return [ScrubbedText(text.upper(), (Span(0, 1, "TEST", 1.0, "loud"),)) for text in texts]


def test_a_class_with_the_two_members_is_a_scrubber() -> None:
    assert isinstance(Loud(), TextScrubber)
    assert not isinstance(object(), TextScrubber)


def test_keyring_imports_neither_arrow_nor_spark() -> None:
    code = "import sys, havenlake.privacy; assert not {'pyarrow', 'pyspark', 'numpy', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_examples_in_docstrings_hold() -> None:
    for module in (binding, keyring):
        results = doctest.testmod(module)
        assert results.attempted > 0
        assert results.failed == 0
