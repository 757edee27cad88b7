"""The shape of a language's phrase book; the books themselves are in the modules `phrases_<language>`."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

Slots: TypeAlias = MappingProxyType[str, tuple[str, ...]]


@dataclass(frozen=True)
class PhraseBook:
    """Templates of one language. `{who}` and the like are filled from `slots`, `{it}` with what is planted.

    Slots are in the texter's first person; `second_person` turns their words round for responders.
    """

    short: tuple[str, ...]
    texter: tuple[str, ...]
    responder_short: tuple[str, ...]
    responder: tuple[str, ...]
    system: tuple[str, ...]
    slots: Slots
    second_person: MappingProxyType[str, str]
    planted: MappingProxyType[str, tuple[str, ...]]
    notes: tuple[str, ...]
    note_planted: MappingProxyType[str, tuple[str, ...]]
    answers: tuple[str, ...]
    abbreviations: MappingProxyType[str, str]
    first_names: tuple[str, ...]
    streets: tuple[str, ...]
    titles: tuple[str, ...]
    body: tuple[str, ...]
