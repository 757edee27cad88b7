"""The keyring document, format 1: checked on reading, so that a damaged or foreign file fails by name.

```json
{"format": 1, "zone": "us", "active": "k001",
 "encryption": {"k001": {"key": "<32 bytes, base64>", "created": "2026-01-31T12:00:00+00:00", "state": "live"}},
 "hash": {"active": "h001", "keys": {"h001": {…}}},
 "token": {"active": "t001", "keys": {"t001": {…}}}}
```
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from havenlake.errors import HavenlakeError

FORMAT = 1
KEY_BYTES = 32
_STATES = ("live", "retired")


@dataclass(frozen=True)
class Entry:
    """One key: material (never shown), creation time as ISO 8601, and state."""

    secret: bytes = field(repr=False)
    created: str
    state: str


class Document(NamedTuple):
    """A read document: zone, and (active id, entries) of encryption, hash and token keys, in this order."""

    zone: str
    key_sets: tuple[tuple[str, Mapping[str, Entry]], ...]


def read_document(text: str) -> Document:
    """Check and read a document; HL-KEY-001 names the place and never the content."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _bad("is not JSON") from None
    if not isinstance(data, dict):
        raise _bad("is not a JSON object")
    if data.get("format") != FORMAT:
        raise _bad(f"does not have format {FORMAT}")
    zone = data.get("zone")
    if not isinstance(zone, str) or not zone:
        raise _bad("names no zone")
    sets = [_key_set(data.get("active"), data.get("encryption"), "encryption", "k")]
    for name in ("hash", "token"):
        part = data.get(name)
        if not isinstance(part, dict):
            raise _bad(f"has no '{name}' keys")
        sets.append(_key_set(part.get("active"), part.get("keys"), name, name[0]))
    _refuse_shared([entry.secret for _, entries in sets for entry in entries.values()])
    return Document(zone, tuple(sets))


def write_document(zone: str, key_sets: Sequence[tuple[str, Mapping[str, Entry]]]) -> str:
    """The document's text; the inverse of `read_document`."""
    (active, encryption), *others = key_sets
    document: dict[str, Any] = {"format": FORMAT, "zone": zone, "active": active, "encryption": _plain(encryption)}
    for name, (active_id, entries) in zip(("hash", "token"), others, strict=True):
        document[name] = {"active": active_id, "keys": _plain(entries)}
    return json.dumps(document, indent=2) + "\n"


def _plain(entries: Mapping[str, Entry]) -> dict[str, dict[str, str]]:
    return {
        key_id: {"key": base64.b64encode(e.secret).decode(), "created": e.created, "state": e.state}
        for key_id, e in sorted(entries.items())
    }


def _key_set(active: Any, keys: Any, name: str, letter: str) -> tuple[str, dict[str, Entry]]:
    if not isinstance(keys, dict) or not keys:
        raise _bad(f"has no '{name}' keys")
    entries: dict[str, Entry] = {}
    for key_id, raw in keys.items():
        if not re.fullmatch(letter + r"[0-9]{3}", key_id, re.ASCII):
            raise _bad(f"has an id under '{name}' that is not of the form {letter}001")
        entries[key_id] = _entry(raw, f"{name}.{key_id}")
    if not isinstance(active, str) or active not in entries or entries[active].state != "live":
        raise _bad(f"names no live key as active under '{name}'")
    return active, entries


def _entry(raw: Any, where: str) -> Entry:
    if not isinstance(raw, dict) or not isinstance(raw.get("key"), str) or not isinstance(raw.get("created"), str):
        raise _bad(f"lacks key or created at {where}")
    if raw.get("state") not in _STATES:
        raise _bad(f"has no state of {', '.join(_STATES)} at {where}")
    try:
        secret = base64.b64decode(raw["key"], validate=True)
    except (binascii.Error, ValueError):
        raise _bad(f"has a key that is not base64 at {where}") from None
    if len(secret) != KEY_BYTES:
        raise _bad(f"has a key that is not {KEY_BYTES} bytes long at {where}")
    return Entry(secret, raw["created"], raw["state"])


def _refuse_shared(secrets: list[bytes]) -> None:
    """One key for two purposes or two ids would undo their separation."""
    if len(set(secrets)) != len(secrets):
        raise _bad("uses the same key twice")


def _bad(what: str) -> HavenlakeError:
    hint = "restore it from the secret store; a lost key cannot be made again"
    return HavenlakeError("HL-KEY-001", f"keyring document {what}", hint=hint)
