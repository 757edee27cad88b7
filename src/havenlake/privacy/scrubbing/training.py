"""Train the tagger: logistic regression over hashed features, with steps that shrink where a weight was often moved."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubbing import corpus
from havenlake.privacy.scrubbing.corpus import Sample
from havenlake.privacy.scrubbing.features import (
    BUCKETS,
    NOBODY,
    UNKNOWN,
    around,
    base_of,
    beside,
    bucket,
    facts,
    gap,
    own,
)
from havenlake.privacy.scrubbing.model import packed

BATCH, EPOCHS, STEP, SHRINK = 256, 4, 0.35, 2e-6
ROUNDS, SEED = 25, 7
_CLIPPED = 0.9999
"""Weights beyond this share of all are cut, so that the others keep their fine differences as one byte."""


@dataclass(frozen=True)
class Trained:
    """A model file's bytes and what they were trained on: texts, words, names, and a hash of texts and labels."""

    content: bytes
    sha256: str
    texts: int
    words: int
    names: int
    data_hash: str


def train(files: Sequence[Path], texts: Iterable[tuple[str, str]] = (), rounds: int = ROUNDS) -> Trained:
    """Train on templates, labelled files (English) and texts in which nobody is named, each with its language.

    The same input gives the same model. HL-ENV-004 without numpy, HL-SRC-002 for a file without labels.
    """
    np = _numpy()
    found = samples(files, texts, rounds)
    rows = [row for sample in found for row in rows_of(sample)]
    weights = fit(rows)
    scale = float(np.quantile(np.abs(weights[weights != 0]), _CLIPPED) / 127)
    content = packed(np.clip(np.round(weights / scale), -127, 127).astype(np.int8).tobytes(), scale)
    digest = hashlib.sha256()
    for sample in found:
        digest.update(
            repr((sample.text, sample.labels, sample.languages, sorted(sample.hidden))).encode("utf-8", "replace")
        )
    return Trained(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        texts=len(found),
        words=len(rows),
        names=sum(label for _, label in rows),
        data_hash=digest.hexdigest(),
    )


def rows_of(sample: Sample) -> Iterable[tuple[list[int], int]]:
    """Features and label of every word of a text that is to be learnt."""
    words, languages = sample.words, sample.languages
    near = [NOBODY] * 3 + [beside(w, languages) for w, _, _ in words] + [NOBODY] * 2
    gaps = ["^", *(gap(sample.text[a[2] : b[1]]) for a, b in pairwise(words)), "^"]
    for i, ((word, _, _), label) in enumerate(zip(words, sample.labels, strict=True)):
        if label < 0:
            continue
        hidden = word in sample.hidden
        kind = UNKNOWN.kind if hidden else facts(base_of(word), languages).kind
        window = (*near[i : i + 3], *near[i + 4 : i + 6])
        found = [*own(word, languages, blind=hidden), *around(kind, window, (gaps[i], gaps[i + 1]))]
        yield [bucket(f) for f in found], label


def samples(files: Sequence[Path], texts: Iterable[tuple[str, str]], rounds: int = ROUNDS) -> list[Sample]:
    """All training texts, in an order that depends on the seed only."""
    rng = random.Random(SEED)  # noqa: S311  # reproducible, not secret
    found = [*corpus.from_templates(rng, rounds), *corpus.ordinary(texts, rng)]
    for _ in range(2):
        found += corpus.labelled(files, rng)
    rng.shuffle(found)
    return found


def fit(rows: Sequence[tuple[list[int], int]], epochs: int = EPOCHS) -> Any:
    """Weights of a logistic regression; needs numpy."""
    np = _numpy()
    sizes = np.fromiter((len(features) for features, _ in rows), np.int64, len(rows))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    flat = np.fromiter((f for features, _ in rows for f in features), np.int32, int(starts[-1]))
    labels = np.fromiter((label for _, label in rows), np.float32, len(rows))
    weights, moved = np.zeros(BUCKETS, np.float32), np.full(BUCKETS, 1e-3, np.float32)
    order = np.random.default_rng(SEED)
    for epoch in range(epochs):
        step = STEP * (1 - epoch / (epochs + 1))
        for batch in np.array_split(order.permutation(len(rows)), len(rows) // BATCH + 1):
            _step(np, weights, moved, _Batch(flat, starts, labels, batch), step)
    return weights


@dataclass(frozen=True)
class _Batch:
    flat: Any
    starts: Any
    labels: Any
    rows: Any


def _step(np: Any, weights: Any, moved: Any, batch: _Batch, step: float) -> None:
    lengths = batch.starts[batch.rows + 1] - batch.starts[batch.rows]
    edges = np.concatenate(([0], np.cumsum(lengths)))
    which = np.repeat(np.arange(len(batch.rows)), lengths)
    at = batch.flat[batch.starts[batch.rows][which] + np.arange(edges[-1]) - edges[:-1][which]]
    logits = np.bincount(which, weights[at], len(batch.rows))
    error = (1 / (1 + np.exp(-logits)) - batch.labels[batch.rows]).astype(np.float32)
    touched, inverse = np.unique(at, return_inverse=True)
    gradient = np.bincount(inverse, error[which], len(touched)).astype(np.float32) + SHRINK * BATCH * weights[touched]
    moved[touched] += gradient * gradient
    weights[touched] -= step * gradient / np.sqrt(moved[touched])


def _numpy() -> Any:
    try:
        import numpy as np
    except ImportError:
        raise HavenlakeError(
            "HL-ENV-004", "training needs numpy", hint='install it: pip install "havenlake[train]"'
        ) from None
    return np
