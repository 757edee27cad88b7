"""How well a scrubber does on labelled text, as leaks: what of each labelled detail stays readable.

Reads CoNLL (a word and its tag a line, blank lines between texts) and JSON (a list of `full_text` with `spans` of
`entity_type`, `start_position`, `end_position`, as presidio-research writes it, and perhaps `language`).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubber import ScrubbedText, TextScrubber

_WORD = re.compile(r"\w+")


class Label(NamedTuple):
    """A labelled detail: offsets in the text, and its kind in the labels' own words."""

    start: int
    end: int
    kind: str


class Labelled(NamedTuple):
    """A text and everything in it that is labelled."""

    text: str
    labels: tuple[Label, ...]
    language: str | None = None


@dataclass(frozen=True)
class Figures:
    """Of one kind of label: how many, the share fully masked, and the share touched at all.

    `full_low` and `full_high` bound the share fully masked at 95 % (Wilson), as if the labels were a random sample.
    """

    kind: str
    count: int
    full: float
    touched: float
    full_low: float
    full_high: float


@dataclass(frozen=True)
class Evaluation:
    """`precision`: share of masked words that are labelled; `overmasked`: share of other words that are masked.

    `f2` weighs recall (labels fully masked) twice as high as precision.
    """

    case: str
    language: str
    figures: tuple[Figures, ...]
    recall: float
    precision: float
    f2: float
    overmasked: float
    failed: int


def read_labelled(file: Path) -> list[Labelled]:
    """The labelled texts of a file; HL-SRC-002 when it has neither form."""
    try:
        text = file.read_text("utf-8")
        found = _from_json(json.loads(text)) if file.suffix == ".json" else list(_from_conll(text.splitlines()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(file, type(error).__name__) from None
    if not found:
        raise _unreadable(file, "no text")
    return found


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds of a share seen in a sample, at 95 % by default.

    >>> [round(bound, 4) for bound in wilson(0, 3000)]
    [0.0, 0.0013]
    """
    if not whole:
        return 0.0, 1.0
    share, spread = part / whole, z * z / whole
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def by_language(texts: Sequence[Labelled], told: str | None) -> dict[str | None, list[Labelled]]:
    """Texts by the language that they or the caller name."""
    groups: dict[str | None, list[Labelled]] = defaultdict(list)
    for text in texts:
        groups[text.language or told].append(text)
    return dict(sorted(groups.items(), key=lambda group: str(group[0])))


def evaluate(
    scrubber: TextScrubber, texts: Sequence[Labelled], *, lower: bool = False, language: str | None = None
) -> Evaluation:
    """Scrub the texts as they are or in lower case, and compare with the labels."""
    given = [t.text.lower() if lower and len(t.text.lower()) == len(t.text) else t.text for t in texts]
    results = scrubber.scrub(given, languages=None if language is None else [language] * len(given))
    count, full, touched = Counter[str](), Counter[str](), Counter[str]()
    words = Counter[tuple[bool, bool]]()
    for labelled, result in zip(texts, results, strict=True):
        masked = _masked(result, len(labelled.text))
        for label in labelled.labels:
            hidden = [i in masked for i in range(label.start, label.end) if labelled.text[i].isalnum()]
            count[label.kind] += 1
            full[label.kind] += all(hidden)
            touched[label.kind] += any(hidden)
        words.update(_words(labelled, masked))
    return _evaluation(
        ("lower" if lower else "cased", language or "any"),
        (count, full, touched),
        words,
        sum(r.failure is not None for r in results),
    )


def _evaluation(
    which: tuple[str, str],
    counts: tuple[Counter[str], Counter[str], Counter[str]],
    words: Counter[tuple[bool, bool]],
    failed: int,
) -> Evaluation:
    count, full, touched = counts
    recall = _share(full.total(), count.total())
    precision = _share(words[True, True], words[True, True] + words[False, True])
    return Evaluation(
        case=which[0],
        language=which[1],
        figures=tuple(
            Figures(k, count[k], full[k] / count[k], touched[k] / count[k], *wilson(full[k], count[k]))
            for k in sorted(count)
        ),
        recall=recall,
        precision=precision,
        f2=_share(5 * precision * recall, 4 * precision + recall),
        overmasked=_share(words[False, True], words[False, True] + words[False, False]),
        failed=failed,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _masked(result: ScrubbedText, length: int) -> set[int]:
    if result.failure is not None:
        return set(range(length))
    return {i for span in result.spans for i in range(span.start, span.end)}


def _words(labelled: Labelled, masked: set[int]) -> Iterator[tuple[bool, bool]]:
    """Of each word whether it is labelled, and whether it is masked."""
    inside = {i for label in labelled.labels for i in range(label.start, label.end)}
    for match in _WORD.finditer(labelled.text):
        yield match.start() in inside, match.start() in masked


def _from_json(listed: list[dict[str, Any]]) -> list[Labelled]:
    return [
        Labelled(
            item["full_text"],
            tuple(Label(s["start_position"], s["end_position"], s["entity_type"]) for s in item["spans"]),
            item.get("language"),
        )
        for item in listed
    ]


def _from_conll(lines: Iterable[str]) -> Iterator[Labelled]:
    words: list[tuple[str, str]] = []
    for line in (*lines, ""):
        if line.strip():
            word, tag = line.split()[0], line.split()[-1]
            words.append((word, tag))
        elif words:
            yield _joined(words)
            words = []


def _joined(words: list[tuple[str, str]]) -> Labelled:
    """A text of words with single spaces between; `B-` begins a label, `I-` continues it."""
    labels: list[Label] = []
    at = 0
    for word, tag in words:
        end = at + len(word)
        mark, _, kind = tag.partition("-")
        if mark == "I" and labels and labels[-1].kind == kind and labels[-1].end == at - 1:
            labels[-1] = labels[-1]._replace(end=end)
        elif mark in ("B", "I"):
            labels.append(Label(at, end, kind))
        at = end + 1
    return Labelled(" ".join(word for word, _ in words), tuple(labels))


def _unreadable(file: Path, why: str) -> HavenlakeError:
    hint = "give CoNLL (word and tag a line) or a JSON list of full_text and spans"
    return HavenlakeError("HL-SRC-002", f"{file.name} holds no labelled text ({why})", where=str(file), hint=hint)
