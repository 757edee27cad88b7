"""Who belongs to whom: conversation lengths with their skew, and the foreign keys, all computed from ids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from havenlake.synthetic.draws import Draws, Ints
from havenlake.synthetic.simulated_time import DAY, HISTORY, NOW, SECOND, during
from havenlake.synthetic.timeline import Timeline

# Conversation lengths at 32 quantiles of a log-normal distribution with median 9 and mean near 20.
_LENGTHS = np.array(
    [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 13, 14, 16, 18, 20, 23, 26, 30, 36, 44, 56, 78, 145],
    np.int64,
)
_MARATHON_EVERY = 250
LANGUAGES = ("en", "es", "fr", "de")
COUNTRIES = {
    "us": {"en": 85, "es": 15},
    "ca": {"en": 75, "fr": 25},
    "eu": {"en": 30, "de": 30, "es": 20, "fr": 20},
}
"""Languages and their weights by instance."""
_EU_COUNTRY = {"en": "IE", "es": "ES", "fr": "FR", "de": "DE"}


@dataclass(frozen=True)
class Relations:
    """Foreign keys and instants, as functions of ids and the first day's sizes."""

    seed: int
    country: str
    weights: tuple[tuple[str, int], ...]
    timelines: dict[str, Timeline]

    @cached_property
    def _ends(self) -> Ints:
        """Last message key of each first conversation; the lengths add up to all first message keys."""
        ids = np.arange(1, self.first("conversation") + 1, dtype=np.int64)
        sizes = _LENGTHS[Draws.of(self.seed, "conversation", "length").below(ids, len(_LENGTHS))]
        total = self.first("message")
        if total >= 10_000:
            long = ids % _MARATHON_EVERY == _MARATHON_EVERY // 2
            sizes[long] = 650 + Draws.of(self.seed, "conversation", "marathon").below(ids[long], 400)
        ends = np.cumsum(sizes)
        scaled: Ints = ends * total // ends[-1]
        return scaled

    def first(self, table: str) -> int:
        """Highest key of a table on day 0."""
        return self.timelines[table].first_keys

    def conversation_of(self, messages: Ints) -> Ints:
        """Conversation of each message; messages of later days continue the latest or open new conversations."""
        found = np.searchsorted(self._ends, messages, side="left").astype(np.int64) + 1
        new = messages > self.first("message")
        cycle, at = self._batch("message", messages[new])
        per_cycle, opened = (self.timelines[t].keys_per_change_day for t in ("message", "conversation"))
        known = self.first("conversation") + cycle * opened
        continued = at * 10 < per_cycle * 3
        found[new] = np.where(continued, known - at % opened, known + 1 + at * opened // per_cycle)
        return found

    def position_of(self, messages: Ints, conversations: Ints) -> Ints:
        """Place of each message in its conversation, from 0."""
        starts = np.concatenate([[0], self._ends])[np.minimum(conversations, len(self._ends)) - 1]
        positions: Ints = np.maximum(messages - starts - 1, 0)
        return positions

    def length_of(self, conversations: Ints) -> Ints:
        """Number of first messages of each conversation."""
        at = np.minimum(conversations, len(self._ends)) - 1
        lengths: Ints = np.diff(self._ends, prepend=0)[at]
        return lengths

    def texter_of(self, conversations: Ints) -> Ints:
        """Texter of each conversation: a few come back often."""
        u = Draws.of(self.seed, "conversation", "texter").unit(conversations)
        return 1 + (u * u * self.first("texter")).astype(np.int64)

    def shift_of(self, conversations: Ints) -> Ints:
        """Shift in which each conversation was taken."""
        return 1 + Draws.of(self.seed, "conversation", "shift").below(conversations, self.first("shift"))

    def responder_of_shift(self, shifts: Ints) -> Ints:
        """Responder on each shift."""
        return 1 + (shifts - 1) % self.first("responder")

    def responder_of(self, conversations: Ints) -> Ints:
        """Responder of each conversation: the one on its shift."""
        return self.responder_of_shift(self.shift_of(conversations))

    def conversation_of_log(self, logs: Ints) -> Ints:
        """Conversation that each reporting log is about."""
        half = Draws.of(self.seed, "reporting_log", "half").below(logs, 2)
        about: Ints = np.minimum(logs * 2 - half, self.first("conversation"))
        return about

    def log_of_value(self, values: Ints) -> Ints:
        """Reporting log of each value, four values to a log."""
        logs: Ints = np.minimum(1 + (values - 1) // 4, self.first("reporting_log"))
        return logs

    def language_of(self, texters: Ints) -> Ints:
        """Index into `LANGUAGES` of each texter."""
        names, weights = zip(*self.weights, strict=True)
        edges = np.cumsum(np.array(weights, np.int64))
        drawn = Draws.of(self.seed, "texter", "language").below(texters, int(edges[-1]))
        codes = np.array([LANGUAGES.index(n) for n in names], np.int64)
        return codes[np.searchsorted(edges, drawn, side="right")]

    def country_names(self) -> list[str]:
        """Country code by language index: the instance's own, or in the EU the one where the language is spoken."""
        return [_EU_COUNTRY[lang] if self.country == "eu" else self.country.upper() for lang in LANGUAGES]

    def started(self, conversations: Ints) -> Ints:
        """Start of each conversation in microseconds since 1970."""
        first = self.first("conversation")
        jitter = Draws.of(self.seed, "conversation", "start").below(conversations, 1800 * SECOND)
        begin = NOW - HISTORY + (conversations - 1) * ((HISTORY - 2 * DAY) // first) + jitter
        return self._or_new("conversation", conversations, begin)

    def message_time(self, messages: Ints, conversations: Ints) -> Ints:
        """Instant of each message: 15 to 90 seconds after the one before."""
        step = 15 + Draws.of(self.seed, "conversation", "pace").below(conversations, 76)
        jitter = Draws.of(self.seed, "message", "jitter").below(messages, 10 * SECOND)
        at = (self.position_of(messages, conversations) + 1) * step * SECOND + jitter
        return self._or_new("message", messages, self.started(conversations) + at)

    def event_time(self, events: Ints) -> Ints:
        """Instant of each operational event, in key order."""
        begin = NOW - HISTORY + (events - 1) * (HISTORY // self.first("operational_event"))
        return self._or_new("operational_event", events, begin)

    def _or_new(self, table: str, ids: Ints, first: Ints) -> Ints:
        """The given instants for first keys, and for newer ones an instant of the day they appeared on."""
        new = ids > self.first(table)
        if new.any():
            cycle, at = self._batch(table, ids[new])
            first[new] = during(3 * cycle + 1, at * (DAY // self.timelines[table].keys_per_change_day))
        return first

    def _batch(self, table: str, ids: Ints) -> tuple[Ints, Ints]:
        """Number of the day of changes (from 0) that appended each newer key, and the key's place among them."""
        per_cycle = max(1, self.timelines[table].keys_per_change_day)
        at = ids - self.first(table) - 1
        return at // per_cycle, at % per_cycle
