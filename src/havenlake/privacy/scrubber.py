"""The contract of a scrubber: free text in, text with personal details masked out, and what was masked where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

Codes = str | Sequence[str] | None
"""What is known of one text: a code, several candidates, or nothing."""


@dataclass(frozen=True)
class Span:
    """A masked stretch of the original text, `start` to `end` exclusive in characters; never the surface itself."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str


@dataclass(frozen=True)
class ScrubbedText:
    """A scrubbed text and the spans of the original that were masked in it.

    `text` is None where there was no text, and where scrubbing failed: `failure` then names the kind of error.
    """

    text: str | None
    spans: tuple[Span, ...] = ()
    failure: str | None = None


@runtime_checkable
class TextScrubber(Protocol):
    """Scrubs a batch of texts. It travels to workers by pickle and loads its models there, once per process."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text could come out differently: policy, code, models."""

    def scrub(
        self,
        texts: Sequence[str],
        languages: Sequence[Codes] | None = None,
        countries: Sequence[Codes] | None = None,
        conversations: Sequence[str | None] | None = None,
        known: Sequence[Sequence[str]] | None = None,
    ) -> list[ScrubbedText]:
        """One result per text, in order. Each further argument, where given, has one item per text.

        `conversations` groups texts that share names; `known` lists identifiers known from other columns.
        Bytes that were not valid UTF-8 arrive as lone surrogates (`surrogateescape`) and should be kept.
        """
