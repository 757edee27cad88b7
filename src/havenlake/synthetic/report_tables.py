"""Rows of `reporting_question`, `reporting_log` and `reporting_log_value`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from havenlake.synthetic.draws import Ints
from havenlake.synthetic.planting import Planted, planter
from havenlake.synthetic.pools import BOOKS
from havenlake.synthetic.relations import LANGUAGES
from havenlake.synthetic.simulated_time import SECOND, decimals, during, times
from havenlake.synthetic.world import Columns, Rows, World, options

_KINDS = ("scale", "choice", "text")
_QUESTIONS = {
    "en": ("How calm was the person at the end?", "Was a plan made?", "What was the conversation about?"),
    "es": ("¿Cuánta calma había al final?", "¿Se hizo un plan?", "¿De qué trató la conversación?"),
    "fr": ("La personne était-elle plus calme à la fin ?", "Un plan a-t-il été fait ?", "De quoi avez-vous parlé ?"),
    "de": ("Wie ruhig war die Person am Ende?", "Wurde ein Plan gemacht?", "Worum ging es im Gespräch?"),
}
_PLANTED_PER_10_000 = 1_000


def reporting_question(world: World, rows: Rows) -> Columns:
    """Twenty-four questions; every third asks for free text."""
    kinds = (rows.ids - 1) % 3
    languages = [world.languages[(i - 1) // 3 % len(world.languages)] for i in rows.ids.tolist()]
    texts = [
        f"{_QUESTIONS[lang][k]} ({(i - 1) // 3 + 1})"
        for i, k, lang in zip(rows.ids.tolist(), kinds.tolist(), languages, strict=True)
    ]
    return {
        "id": pa.array(rows.ids),
        "text": pa.array(texts, pa.string()),
        "language": pa.array(languages, pa.string()),
        "kind": options(_KINDS, kinds),
        "active": pa.array(rows.ids % 8 != 0),
    }, []


def reporting_log(world: World, rows: Rows) -> Columns:
    """Reports that responders file after a conversation; an edit submits the report again."""
    relations = world.relations
    conversations = relations.conversation_of_log(rows.ids)
    delay = world.draws("reporting_log", "delay").below(rows.ids, 1_800 * SECOND)
    first = relations.started(conversations) + relations.length_of(conversations) * 91 * SECOND + delay
    score = world.draws("reporting_log", "score").below(rows.ids, 10_001, rows.edited)
    return {
        "id": pa.array(rows.ids),
        "conversation_id": pa.array(conversations),
        "responder_id": pa.array(relations.responder_of(conversations)),
        "submitted_at": times(np.where(rows.edited > 0, during(rows.edited, delay), first)),
        "score": decimals(score, 5, 2),
    }, []


def reporting_log_value(world: World, rows: Rows) -> Columns:
    """Answers in reports; an edit moves the answer to another group and may reword it."""
    ids = rows.ids
    logs = world.relations.log_of_value(ids)
    offset = world.draws("reporting_log", "questions").below(logs, 24)
    questions = 1 + (offset + 5 * ((ids - 1) % 4)) % 24
    texts, planted = _answers(world, rows, logs, (questions - 1) % 3)
    groups = 1 + world.draws("reporting_log_value", "group").below(ids, 3) + rows.edited
    return {
        "id": pa.array(ids),
        "reporting_log_id": pa.array(logs),
        "question_id": pa.array(questions),
        "value": pa.array(texts, pa.string()),
        "group_number": pa.array(groups.astype(np.int32)),
    }, planted


def _answers(world: World, rows: Rows, logs: Ints, kinds: Ints) -> tuple[list[str | None], list[Planted]]:
    relations = world.relations
    languages = relations.language_of(relations.texter_of(relations.conversation_of_log(logs)))
    numbers = world.draws("reporting_log_value", "answer").below(rows.ids, 10_000, rows.edited).tolist()
    by_language = [BOOKS[lang].answers for lang in LANGUAGES]
    texts = [
        _answer(kind, n, by_language[lang])
        for kind, n, lang in zip(kinds.tolist(), numbers, languages.tolist(), strict=True)
    ]
    chosen = world.draws("reporting_log_value", "plant").chance(rows.ids, _PLANTED_PER_10_000, rows.edited)
    at = np.flatnonzero((kinds == 2) & chosen)
    maker = planter("reporting_log_value", "value", world.countries)
    sentences, planted = maker.sentences(world.seed, rows.ids[at], rows.edited[at], languages[at])
    for row, sentence in zip(at.tolist(), sentences, strict=True):
        texts[row] = sentence if texts[row] is None else f"{texts[row]} {sentence}"
    return texts, planted


def _answer(kind: int, number: int, sentences: tuple[str, ...]) -> str | None:
    """A scale value, yes or no, or a sentence; now and then nothing."""
    if number % 50 == 0:
        return None if number % 100 else ""
    if kind == 0:
        return str(1 + number % 5)
    if kind == 1:
        return "yes" if number % 3 else "no"
    return sentences[number % len(sentences)]
