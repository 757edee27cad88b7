"""What scrubs in the Python workers: conversations put together from Arrow batches, opened, and scrubbed whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from havenlake.errors import HavenlakeError
from havenlake.privacy import ScrubbedText, TextScrubber
from havenlake.transforms._kernels import Decrypt

PIECE_ROWS = 10_000
"""Rows up to which a conversation is scrubbed as a whole."""
PIECE_BYTES = 16 << 20
"""Bytes of text up to which a conversation is scrubbed as a whole."""
_BATCH_ROWS, _BATCH_BYTES = 4_096, 4 << 20
_ENTITIES = pa.map_(pa.string(), pa.int32())


@dataclass(frozen=True)
class Route:
    """Where the scrubber learns language, country and conversation of a row: a column's name, or fixed codes."""

    languages: str | Sequence[str] | None = None
    countries: str | Sequence[str] | None = None
    conversations: str | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns that are read, in the order of the fields."""
        return [part for part in (self.languages, self.countries, self.conversations) if isinstance(part, str)]

    def values(self, columns: Sequence[pa.Array], rows: int) -> list[list[Any]]:
        """Languages, countries and conversations of the rows; `columns` match `self.columns`."""
        rest = iter(columns)
        parts = (self.languages, self.countries, self.conversations)
        return [
            next(rest).to_pylist() if isinstance(part, str) else [None if part is None else tuple(part)] * rows
            for part in parts
        ]


class _Row(NamedTuple):
    texts: tuple[bytes | None, ...]
    language: Any
    country: Any
    conversation: str | None
    piece: int | None
    """Which piece of its conversation, from 1 on; None where that is scrubbed whole."""

    @property
    def size(self) -> int:
        return sum(len(text) for text in self.texts if text is not None)


class _Done(NamedTuple):
    texts: tuple[bytes | None, ...]
    entities: Counter[str]
    failed: int
    unknown: int | None
    piece: int | None


class Scrub:
    """Opens (where there is something to open) and scrubs columns; clear text never leaves it.

    `openers` has one item per column: what decrypts it, if anything, and how many Arrow columns that takes. Called
    with one batch it scrubs each row for itself; `flow` expects rows in the order of their conversations.
    """

    def __init__(self, scrubber: TextScrubber, route: Route, openers: Sequence[tuple[Decrypt | None, int]]) -> None:
        self._scrubber = scrubber
        self._route = route
        self._openers = tuple(openers)

    def __call__(self, columns: Sequence[pa.Array]) -> pa.Array:
        """Scrub one batch, as a struct of the columns' UTF-8 bytes and of what was found."""
        return self._packed(self._scrubbed(self._rows(columns)))

    def flow(self, batches: Iterator[Sequence[pa.Array]]) -> Iterator[pa.Array]:
        """Scrub a partition conversation by conversation; holds one of them, or one piece of a large one, at a time."""
        ready: list[_Row] = []
        size = 0
        for group in _conversations(row for columns in batches for row in self._rows(columns)):
            again = (group[0].piece or 1) > 1  # a further piece must not share a call with the one before
            if ready and (again or len(ready) >= _BATCH_ROWS or size >= _BATCH_BYTES):
                yield self._packed(self._scrubbed(ready))
                ready, size = [], 0
            ready += group
            size += sum(row.size for row in group)
        if ready:
            yield self._packed(self._scrubbed(ready))

    def _rows(self, columns: Sequence[pa.Array]) -> list[_Row]:
        texts, at = [], 0
        for opener, inputs in self._openers:
            own = columns[at : at + inputs]
            texts.append((opener(own) if opener else own[0]).to_pylist())
            at += inputs
        routed = self._route.values(columns[at:], len(columns[0]))
        rows = zip(zip(*texts, strict=True), *routed, strict=True)
        return [_Row(row, language, country, conversation, None) for row, language, country, conversation in rows]

    def _scrubbed(self, rows: list[_Row]) -> list[_Done]:
        # Invalid bytes travel as lone surrogates, so that text that is not masked comes out byte for byte.
        told = [
            (text.decode("utf-8", "surrogateescape"), row.language, row.country, row.conversation)
            for row in rows
            for text in row.texts
            if text is not None
        ]
        results = iter(self._results(*map(list, zip(*told, strict=True))) if told else [])
        return [self._done(row, results) for row in rows]

    def _results(self, texts: list[Any], *routed: list[Any]) -> list[ScrubbedText]:
        given = [values if any(v is not None for v in values) else None for values in routed]
        try:
            results = self._scrubber.scrub(texts, *given)
        except HavenlakeError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, its words may quote a text
            raise HavenlakeError("HL-SCR-010", f"the scrubber does not work: {type(error).__name__}") from None
        if len(results) != len(texts):
            raise HavenlakeError("HL-SCR-010", f"the scrubber gave {len(results)} results for {len(texts)} texts")
        return results

    def _done(self, row: _Row, results: Iterator[ScrubbedText]) -> _Done:
        own = [next(results) if text is not None else None for text in row.texts]
        texts = tuple(r.text.encode("utf-8", "surrogateescape") if r and r.text is not None else None for r in own)
        entities = Counter(span.entity for r in own if r for span in r.spans)
        failed = sum(r is not None and r.text is None for r in own)
        # not every scrubber counts the words that it does not know
        counted = [n for r in own if (n := getattr(r, "unknown_words", None)) is not None]
        return _Done(texts, entities, failed, sum(counted) if counted else None, row.piece)

    def _packed(self, rows: list[_Done]) -> pa.StructArray:
        columns = [pa.array([row.texts[i] for row in rows], pa.binary()) for i in range(len(self._openers))]
        found = [
            pa.array([sorted(row.entities.items()) for row in rows], _ENTITIES),
            pa.array([row.unknown for row in rows], pa.int32()),
            pa.array([row.failed for row in rows], pa.int32()),
            pa.array([row.piece for row in rows], pa.int32()),
        ]
        return pa.StructArray.from_arrays([*columns, *found], names=[*self.fields, *FOUND])

    @property
    def fields(self) -> list[str]:
        """Names of the scrubbed columns in the struct that it gives."""
        return [f"c{i}" for i in range(len(self._openers))]

    @property
    def returns(self) -> str:
        """The struct's type, for Spark."""
        return f"struct<{''.join(f'{name}:binary,' for name in self.fields)}{_FOUND_TYPE}>"

    def __repr__(self) -> str:
        return f"Scrub({self._scrubber.fingerprint!r})"


FOUND = ("entities", "unknown_words", "failed", "piece")
"""What is told of each row beside its texts."""
_FOUND_TYPE = "entities:map<string,int>,unknown_words:int,failed:int,piece:int"


def _conversations(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Rows that lie together by conversation; one without stands alone, a large one comes in pieces.

    Where pieces are cut depends on the conversation's rows alone.
    """
    group: list[_Row] = []
    size, piece = 0, None
    for row in rows:
        same = bool(group) and row.conversation is not None and row.conversation == group[0].conversation
        if same and (len(group) >= PIECE_ROWS or size + row.size > PIECE_BYTES):
            yield [r._replace(piece=(piece or 0) + 1) for r in group]
            group, size, piece = [], 0, (piece or 0) + 1
        elif not same:
            if group:
                _check_order(group[0].conversation, row.conversation)
                yield _pieced(group, piece)
            group, size, piece = [], 0, None
        group.append(row)
        size += row.size
    if group:
        yield _pieced(group, piece)


def _pieced(group: list[_Row], before: int | None) -> list[_Row]:
    return group if before is None else [row._replace(piece=before + 1) for row in group]


def _check_order(before: str | None, after: str | None) -> None:
    """Rows in another order would be scrubbed without what their conversation knows."""
    if before is not None and (after is None or after < before):
        raise HavenlakeError("HL-SCR-010", "rows of one conversation did not reach the scrubber together")
