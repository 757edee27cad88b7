"""The keys of one purpose: which one is active, and how one is added."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from havenlake.errors import HavenlakeError
from havenlake.privacy._document import KEY_BYTES, Entry

LAST_NUMBER = 999
"""Of a key: ids have three digits."""


@dataclass(frozen=True)
class KeySet:
    """The keys of one purpose: the active id, and every entry by its id."""

    active: str
    entries: Mapping[str, Entry] = field(repr=False)

    @classmethod
    def first(cls, key_id: str, now: datetime | None) -> KeySet:
        """One fresh random key."""
        return cls(key_id, {key_id: _fresh(now)})

    def secret(self, key_id: str | None = None) -> bytes:
        """Key material of one live id, by default the active one."""
        entry = self.entries.get(key_id or self.active)
        if entry is None or entry.state != "live":
            raise HavenlakeError(
                "HL-KEY-003",
                f"key {key_id or self.active!r} is not live in this keyring",
                hint="run `havenlake keys status`; a retired or missing key opens nothing",
            )
        return entry.secret

    def grown(self, now: datetime | None) -> KeySet:
        """The same keys and a fresh random one, which is active."""
        newest = max(self.entries)
        if int(newest[1:]) == LAST_NUMBER:
            raise HavenlakeError("HL-KEY-002", f"{newest} is the last id there is; no further key can be added")
        key_id = f"{newest[0]}{int(newest[1:]) + 1:03d}"
        return KeySet(key_id, {**self.entries, key_id: _fresh(now)})


def _fresh(now: datetime | None) -> Entry:
    created = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    return Entry(secrets.token_bytes(KEY_BYTES), created, "live")
