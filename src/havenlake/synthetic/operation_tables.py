"""Rows of `content_resource` and `operational_event`."""

from __future__ import annotations

import json

import pyarrow as pa

from havenlake.synthetic.people import ascii_slug
from havenlake.synthetic.planting import Planted
from havenlake.synthetic.pools import BOOKS
from havenlake.synthetic.simulated_time import times
from havenlake.synthetic.world import Columns, Rows, World, options

_EVENTS = ("login", "login_failed", "message_delivered", "queue_assigned", "webhook", "export")
_DOCUMENTATION_BLOCKS = ("192.0.2.", "198.51.100.", "203.0.113.")


def content_resource(world: World, rows: Rows) -> Columns:
    """Published pages about everyday troubles."""
    languages = [world.languages[i % len(world.languages)] for i in rows.ids.tolist()]
    titles, urls, bodies = [], [], []
    for i, lang in zip(rows.ids.tolist(), languages, strict=True):
        book = BOOKS[lang]
        title = book.titles[i // len(world.languages) % len(book.titles)]
        titles.append(f"{title} ({i})")
        urls.append(f"https://resources.example.org/{lang}/{ascii_slug(title)}-{i}")
        bodies.append("\n\n".join(book.body[(i + k) % len(book.body)] for k in range(2 + i % 4)))
    return {
        "id": pa.array(rows.ids),
        "title": pa.array(titles, pa.string()),
        "url": pa.array(urls, pa.string()),
        "language": pa.array(languages, pa.string()),
        "body": pa.array(bodies, pa.string()),
        "published": pa.array(rows.ids % 9 != 0),
    }, []


def operational_event(world: World, rows: Rows) -> Columns:
    """What the platform's machines log; payloads are JSON, one in eight names an account."""
    kinds = world.draws("operational_event", "kind").below(rows.ids, len(_EVENTS))
    languages = world.relations.language_of(rows.ids)
    numbers = world.draws("operational_event", "number").below(rows.ids, 2**31 - 1).tolist()
    people = world.people("operational_event", rows.ids, languages)
    payloads, sources, planted = [], [], []
    for i, kind, n, person in zip(rows.ids.tolist(), kinds.tolist(), numbers, people, strict=True):
        email = person.email if n % 8 == 0 else None
        payloads.append(_payload(_EVENTS[kind], n, email))
        sources.append(_address(i, n))
        if email is not None:
            planted.append(Planted("operational_event", "payload", i, "EMAIL_ADDRESS", email))
        if ":" in sources[-1]:
            planted.append(Planted("operational_event", "source_ip", i, "IP_ADDRESS", sources[-1]))
    return {
        "id": pa.array(rows.ids),
        "kind": options(_EVENTS, kinds),
        "payload": pa.array(payloads, pa.string()),
        "source_ip": pa.array(sources, pa.string()),
        "occurred_at": times(world.relations.event_time(rows.ids)),
    }, planted


def _payload(kind: str, number: int, email: str | None) -> str:
    facts: dict[str, object] = {"event": kind, "ms": number % 4_000, "ok": number % 13 != 0}
    if email is not None:
        facts["account"] = email
    if number % 16 == 0:
        facts["agent"] = {"name": 'web "beta"', "version": [1, number % 40]}
    return json.dumps(facts)


def _address(event: int, number: int) -> str:
    """An IPv4 address of the documentation blocks, or for every second event an IPv6 one of its own."""
    if number // 8 % 2:
        return f"2001:db8:{event >> 16 & 0xFFFF:x}:{event & 0xFFFF:x}::{1 + number % 0xFFFE:x}"
    return f"{_DOCUMENTATION_BLOCKS[number // 16 % 3]}{1 + number // 64 % 254}"
