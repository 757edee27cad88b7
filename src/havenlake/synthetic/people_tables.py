"""Rows of `texter`, `responder` and `shift`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from havenlake.synthetic.draws import Ints
from havenlake.synthetic.people import phone
from havenlake.synthetic.planting import Planted, planter
from havenlake.synthetic.pools import BOOKS
from havenlake.synthetic.relations import LANGUAGES
from havenlake.synthetic.simulated_time import DAY, HISTORY, NOW, SECOND, dates, decimals, during, times
from havenlake.synthetic.world import Columns, Rows, World, options

_UNKNOWN_BIRTH, _UNNAMED, _WITHOUT_NOTES = 2_000, 1_000, 7_000
_DAY_2025 = 20_089


def texter(world: World, rows: Rows) -> Columns:
    """People who write in; an edit rewrites the notes."""
    ids = rows.ids
    languages = world.relations.language_of(ids)
    countries = np.array(world.countries)[languages]
    phones = [phone(i, c) for i, c in zip(ids.tolist(), countries.tolist(), strict=True)]
    names = [p.first_name for p in world.people("texter", ids, languages)]
    born = _DAY_2025 - 13 * 365 - world.draws("texter", "birth").below(ids, 50 * 365)
    created = _created(world, ids)
    notes, planted = _notes(world, rows, languages)
    planted += [Planted("texter", "phone", i, "PHONE_NUMBER", p) for i, p in zip(ids.tolist(), phones, strict=True)]
    touched = during(rows.edited, world.draws("texter", "touched").below(ids, 1_800 * SECOND, rows.edited))
    unnamed = world.draws("texter", "unnamed").chance(ids, _UNNAMED)
    return {
        "id": pa.array(ids),
        "phone": pa.array(phones),
        "country_code": pa.array(countries.tolist()),
        "language": options(LANGUAGES, languages),
        "first_name": pa.array(names, pa.string(), mask=unnamed),
        "birth_date": dates(born, ~world.draws("texter", "birth known").chance(ids, _UNKNOWN_BIRTH)),
        "created_at": times(created),
        "updated_at": times(np.where(rows.edited > 0, touched, created)),
        "notes": notes,
    }, planted


def _created(world: World, ids: Ints) -> Ints:
    """First contact: before the year of history, or for newer keys on the day they appeared."""
    timeline = world.timelines["texter"]
    offset = world.draws("texter", "created at").below(ids, 1_800 * SECOND)
    at = NOW - 2 * HISTORY + world.draws("texter", "created").below(ids, 364) * DAY + offset
    newer = np.maximum(ids - timeline.first_keys - 1, 0) // max(1, timeline.keys_per_change_day)
    return np.where(ids > timeline.first_keys, during(3 * newer + 1, offset), at)


def _notes(world: World, rows: Rows, languages: Ints) -> tuple[pa.Array, list[Planted]]:
    kind = world.draws("texter", "notes").below(rows.ids, 10_000, rows.edited)
    plain = world.draws("texter", "note").below(rows.ids, 1_000, rows.edited).tolist()
    books = [BOOKS[LANGUAGES[n]].notes for n in languages.tolist()]
    notes: list[str | None] = [book[n % len(book)] for book, n in zip(books, plain, strict=True)]
    with_person = np.flatnonzero(kind >= 8_500)
    maker = planter("texter", "notes", world.countries, notes=True)
    sentences, planted = maker.sentences(
        world.seed, rows.ids[with_person], rows.edited[with_person], languages[with_person]
    )
    for at, sentence in zip(with_person.tolist(), sentences, strict=True):
        notes[at] = f"{notes[at]}\n{sentence}"
    return pa.array(notes, pa.string(), mask=kind < _WITHOUT_NOTES), planted


def responder(world: World, rows: Rows) -> Columns:
    """Volunteers and staff who answer."""
    ids = rows.ids
    languages = world.relations.language_of(ids)
    people = world.people("responder", ids, languages)
    emails = [f"{p.email.split('@')[0]}.{i}@example.org" for i, p in zip(ids.tolist(), people, strict=True)]
    names = [p.name for p in people]
    keys = ids.tolist()
    planted = [Planted("responder", "email", i, "EMAIL_ADDRESS", e) for i, e in zip(keys, emails, strict=True)]
    planted += [Planted("responder", "display_name", i, "PERSON", n) for i, n in zip(keys, names, strict=True)]
    return {
        "id": pa.array(ids),
        "email": pa.array(emails, pa.string()),
        "display_name": pa.array(names, pa.string()),
        "country_code": pa.array([world.countries[n] for n in languages.tolist()], pa.string()),
        "hired_on": dates(_DAY_2025 - 400 - world.draws("responder", "hired").below(ids, 2_000)),
        "active": pa.array(~world.draws("responder", "inactive").chance(ids, 700)),
    }, planted


def shift(world: World, rows: Rows) -> Columns:
    """Shifts of two to eight hours; an edit lengthens the shift by a quarter of an hour per day number."""
    ids = rows.ids
    first = world.timelines["shift"].first_keys
    start = NOW - HISTORY + ids * ((HISTORY - 3 * DAY) // first)
    start = np.where(ids > first, NOW + (ids - first) * 3_600 * SECOND, start)
    start = start - start % (900 * SECOND)
    quarters = 8 + world.draws("shift", "length").below(ids, 25) + rows.edited
    return {
        "id": pa.array(ids),
        "responder_id": pa.array(world.relations.responder_of_shift(ids)),
        "starts_at": times(start),
        "ends_at": times(start + quarters * 900 * SECOND),
        "hours": decimals(quarters * 25, 6, 2),
    }, []
