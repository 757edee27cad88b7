"""A sheet for people: scrubbed texts to read, a mark where something leaks, and what the marks allow one to say."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubbing.evaluation import wilson

COLUMNS = ("number", "leaks (x)", "masked in vain (x)", "scrubbed text")


@dataclass(frozen=True)
class Review:
    """Rows that were read, how many leak or lost something in vain, and the most that may do so at 95 %."""

    rows: int
    leaks: int
    leaks_at_most: float
    in_vain: int
    in_vain_at_most: float


def write_sheet(file: Path, scrubbed: Sequence[str], rows: int, seed: int = 7) -> int:
    """Write a random sample of scrubbed texts as CSV, in random order; returns how many. Holds no original text."""
    sample = random.Random(seed).sample(scrubbed, min(rows, len(scrubbed)))  # noqa: S311  # a sample, not a secret
    with file.open("w", encoding="utf-8", errors="replace", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows((number, "", "", text) for number, text in enumerate(sample, 1))
    return len(sample)


def read_sheet(file: Path) -> Review:
    """Count the marks of a sheet; HL-SRC-002 when it is none."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            marks = [(bool(row[COLUMNS[1]].strip()), bool(row[COLUMNS[2]].strip())) for row in csv.DictReader(lines)]
    except (OSError, KeyError, AttributeError, UnicodeDecodeError, csv.Error) as error:
        hint = "give a sheet that `havenlake scrub evaluate --review` wrote"
        raise HavenlakeError(
            "HL-SRC-002", f"{file.name} is no review sheet ({type(error).__name__})", where=str(file), hint=hint
        ) from None
    leaks, vain = sum(mark[0] for mark in marks), sum(mark[1] for mark in marks)
    return Review(len(marks), leaks, wilson(leaks, len(marks))[1], vain, wilson(vain, len(marks))[1])
