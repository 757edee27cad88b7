"""Rows of `conversation` and `message`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from havenlake.synthetic.draws import Ints, Mask
from havenlake.synthetic.relations import LANGUAGES
from havenlake.synthetic.schemas import FIRST_DRIFT_DAY
from havenlake.synthetic.simulated_time import SECOND, during, times
from havenlake.synthetic.texts import RESPONDER, SYSTEM, TEXTER
from havenlake.synthetic.world import Columns, Rows, World, options, weighted

_TAGS = ("school", "family", "friends", "sleep", "work", "loneliness", "relationship", "grief", "money", "follow-up")
_SENTIMENTS = ("calmer at the end", "low mood", "mixed", "hopeful", "tense, then relieved", "hard to tell")
_STATUSES = ("closed", "transferred", "abandoned", "active")
_CHANNELS = ("sms", "whatsapp", "web")


def conversation(world: World, rows: Rows) -> Columns:
    """Conversations; an edit closes one again, with a new score."""
    ids, relations = rows.ids, world.relations
    texters = relations.texter_of(ids)
    languages = relations.language_of(texters)
    started = relations.started(ids)
    status = weighted(world.draws("conversation", "status"), ids, rows.edited, 88, 4, 6, 2)
    later = during(rows.edited, world.draws("conversation", "closed").below(ids, 1_800 * SECOND, rows.edited))
    ended = np.where(rows.edited > 0, later, started + (relations.length_of(ids) + 2) * 91 * SECOND)
    draws = world.draws("conversation", "score")
    unscored = draws.chance(ids, 1_000)
    columns = {
        "id": pa.array(ids),
        "texter_id": pa.array(texters),
        "responder_id": pa.array(relations.responder_of(ids)),
        "shift_id": pa.array(relations.shift_of(ids)),
        "status": options(_STATUSES, status),
        "channel": options(_CHANNELS, weighted(world.draws("conversation", "channel"), ids, ids * 0, 80, 12, 8)),
        "country_code": options(tuple(world.countries), languages),
        "language": options(LANGUAGES, languages),
        "risk_score": pa.array(draws.below(ids, 1_001, rows.edited) / 1_000, pa.float64(), mask=unscored),
        "started_at": times(started),
        "ended_at": times(ended, (status < 3) | (rows.edited > 0)),
        "tags": _tags(world, rows),
    }
    if rows.day >= FIRST_DRIFT_DAY:
        waits = world.draws("conversation", "wait").below(ids, 1_800).astype(np.int32)
        columns["wait_seconds"] = pa.array(waits, pa.int32(), mask=_unfilled(world, "conversation", rows))
    return columns, []


def _tags(world: World, rows: Rows) -> pa.Array:
    """Up to three tags; some rows have an empty list and some NULL."""
    n = len(_TAGS)
    sets: list[list[str] | None] = [None, []]
    sets += [[t] for t in _TAGS]
    sets += [[_TAGS[i], _TAGS[(i + k) % n]] for i in range(n) for k in (1, 3, 4)]
    sets += [[_TAGS[i], _TAGS[(i + 2) % n], _TAGS[(i + 5) % n]] for i in range(n)]
    at = world.draws("conversation", "tags").below(rows.ids, len(sets), rows.edited)
    return pa.array(sets, pa.list_(pa.string())).take(pa.array(at))


def message(world: World, rows: Rows) -> Columns:
    """Messages; an edit changes the status, and the text of every second edited row."""
    ids, relations = rows.ids, world.relations
    conversations = relations.conversation_of(ids)
    texters = relations.texter_of(conversations)
    roles = weighted(world.draws("message", "role"), ids, ids * 0, 2, 47, 51)
    text_edit = np.where(world.draws("message", "reworded").chance(ids, 5_000, rows.edited), rows.edited, 0)
    texts, planted = world.messages.render(ids, text_edit, relations.language_of(texters), roles)
    sent = relations.message_time(ids, conversations)
    touched = during(rows.edited, world.draws("message", "touched").below(ids, 1_800 * SECOND, rows.edited))
    status = weighted(world.draws("message", "status"), ids, rows.edited, 70, 22, 5, 3)
    columns = {
        "id": pa.array(ids),
        "conversation_id": pa.array(conversations),
        "actor_id": _actors(roles, texters, relations.responder_of(conversations)),
        "message": texts,
        "status": options(("read", "delivered", "sent", "failed"), status),
        "type": options(("system", "responder", "texter"), roles),
        "timestamp": times(sent),
        "updated_at": times(np.where(rows.edited > 0, touched, sent)),
    }
    if rows.day >= FIRST_DRIFT_DAY:
        at = world.draws("message", "sentiment").below(ids, len(_SENTIMENTS))
        at[_unfilled(world, "message", rows)] = len(_SENTIMENTS)
        columns["sentiment"] = options((*_SENTIMENTS, None), at)
    return columns, planted


def _actors(roles: Ints, texters: Ints, responders: Ints) -> pa.Array:
    """Who wrote: a texter's or a responder's id; NULL for the system."""
    ids = np.where(roles == TEXTER, texters, np.where(roles == RESPONDER, responders, 0))
    return pa.array(ids, pa.int64(), mask=roles == SYSTEM)


def _unfilled(world: World, table: str, rows: Rows) -> Mask:
    """Rows whose drifted column has no value yet."""
    unfilled: Mask = rows.ids < world.timelines[table].filled_from(rows.day)
    return unfilled
