"""What differs between two attempts at one table: configuration, contract, code, schema, source, target.

A value that either attempt did not record is reported as unknown, never as changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from havenlake.records import RowCounts
from havenlake.reports.attempts import Attempt
from havenlake.reports.schemas import diff
from havenlake.reports.words import count, number

_SHOWN = 12
"""Characters of a fingerprint that are enough to tell two apart."""


@dataclass(frozen=True)
class Change:
    """One difference. `usual` ones differ between most runs and seldom are a cause."""

    what: str
    before: str
    after: str
    details: tuple[str, ...] = ()
    usual: bool = False


@dataclass(frozen=True)
class Comparison:
    """Two attempts side by side: what changed, what is the same, what cannot be told."""

    changes: tuple[Change, ...] = ()
    same: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Facet:
    what: str
    before: str
    after: str
    usual: bool = False
    details: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.before and self.after)


def compare(good: Attempt, bad: Attempt) -> Comparison:
    """Compare the last good attempt with the first bad one."""
    facets = (*_settings(good, bad), _schema(good, bad), *_source(good, bad), _target(good, bad))
    known = [f for f in facets if f.known]
    differing = [Change(f.what, f.before, f.after, f.details, f.usual) for f in known if f.before != f.after]
    return Comparison(
        changes=tuple(sorted(differing, key=lambda c: c.usual)),
        same=tuple(f.what for f in known if f.before == f.after),
        unknown=tuple(f.what for f in facets if not f.known),
    )


def _settings(good: Attempt, bad: Attempt) -> tuple[_Facet, ...]:
    (g, b), (gr, br) = (good.context, bad.context), (good.result, bad.result)
    return (
        _fingerprints("configuration", g.config_fingerprint, b.config_fingerprint),
        _fingerprints("data contract", gr.contract_fingerprint, br.contract_fingerprint),
        _Facet("code version", g.code_version, b.code_version),
    )


def _fingerprints(what: str, before: str, after: str) -> _Facet:
    """Shorten both, unless only their ends differ."""
    short = before[:_SHOWN], after[:_SHOWN]
    return _Facet(what, before, after) if short[0] == short[1] and before != after else _Facet(what, *short)


def _schema(good: Attempt, bad: Attempt) -> _Facet:
    found = diff(good.result.schema, bad.result.schema)
    if found is None:
        return _Facet("source schema", "", "")
    if not found:
        return _Facet("source schema", "same", "same")
    parts = (("added", len(found.added)), ("removed", len(found.removed)), ("changed", len(found.changed)))
    after = ", ".join(f"{count(n, 'column')} {verb}" for verb, n in parts if n)
    return _Facet("source schema", "as it was", after, details=found.lines)


def _source(good: Attempt, bad: Attempt) -> tuple[_Facet, ...]:
    g, b = good.result, bad.result
    return (
        _Facet("source", g.source, b.source),
        _Facet("mode", str(g.mode or ""), str(b.mode or ""), usual=True),
        _Facet("source position", g.source_position, b.source_position, usual=True),
        _Facet("rows read", _rows(g.counts.read), _rows(b.counts.read), usual=True),
        _Facet("rows set aside", *_set_aside(g.counts, b.counts), usual=True),
    )


def _target(good: Attempt, bad: Attempt) -> _Facet:
    """Commits between the two are not ours: maintenance, or somebody's own write."""
    after_good, before_bad = good.result.version_after, bad.result.version_before
    if after_good is None or before_bad is None:
        return _Facet("target table", "", "")
    moved = (f"{count(before_bad - after_good, 'commit')} by others",) if before_bad > after_good else ()
    return _Facet("target table", f"version {after_good}", f"version {before_bad}", details=moved)


def _set_aside(good: RowCounts, bad: RowCounts) -> tuple[str, str]:
    """Quarantined rows, and how many of them for their country; a task that read nothing knows of none."""
    before, after = (
        f"{number(c.quarantined)} ({number(c.foreign)} of other countries)" if c.foreign else number(c.quarantined)
        for c in (good, bad)
    )
    return (before, after) if good.read and bad.read and (good.quarantined or bad.quarantined) else ("0", "0")


def _rows(read: int) -> str:
    """A task that failed early has read nothing, which says nothing about the source."""
    return number(read) if read else ""
