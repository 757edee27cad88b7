"""A draft as the text of an asset file, each proposal with its reason as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap

from havenlake.suggest.draft import Draft, TableDraft
from havenlake.suggest.judging import Verdict

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_TEXT = frozenset({"null", "true", "false"})
_WIDTH = 116
_SCHEMA = "# yaml-language-server: $schema=../../schemas/assets.schema.json"
_HEAD = """\
A first draft by `havenlake suggest`, from {count} table(s) of {place}.
It is a guess from names and from a sample of values: read every line, and take out the comments that you agree with.
What is not shown to be harmless is proposed for encryption. `md5_checksum` is left out: list the columns whose hash \
you compare with other systems. Then: `havenlake validate`, `havenlake plan`."""


def asset_text(found: Draft) -> str:
    """The whole file; it loads as an asset file of any workspace."""
    drafts = [table for table in found.tables if not table.refused]
    head = _HEAD.format(count=len(found.tables), place=found.place)
    blocks = [_SCHEMA, *_comment(head), *("\n" + "\n".join(_table(table)) for table in drafts)]
    blocks += ["\n" + "\n".join(_comment(f"{t.name}: no draft, because {t.refused}")) for t in found.refused]
    return "\n".join(blocks) + "\n"


def scalar(name: str) -> str:
    """A name as YAML: in quotes where it could be read as something else.

    >>> scalar("status"), scalar("true"), scalar("sent at"), scalar("5")
    ('status', '"true"', '"sent at"', '"5"')
    """
    if _PLAIN.fullmatch(name) and name.lower() not in _NOT_TEXT:
        return name
    return '"' + "".join(_escaped(c) for c in name) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def _comment(text: str, indent: str = "") -> Iterator[str]:
    for paragraph in text.splitlines():
        for line in wrap(_printable(paragraph), _WIDTH - len(indent)):
            yield f"{indent}# {line}"


def _printable(text: str) -> str:
    """A text that stays on its line; file and column names may hold anything."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _table(table: TableDraft) -> Iterator[str]:
    yield f"{scalar(table.name)}:  # {table.rows:,} rows sampled"
    assert table.key is not None  # noqa: S101  # refused tables are told elsewhere
    yield from _list("identity", dict.fromkeys(table.key.columns, table.key.reason))
    sealed = table.treated("encrypt", "scrub")
    yield from _list("encrypted", _reasons(sealed))
    yield from _list("scrubbing", _reasons(table.treated("scrub")))
    tokens = {name: f"{name}_token joins rows without showing the value" for name, v in sealed.items() if v.token}
    yield from _list("tokens", tokens)
    yield from _clear(table)
    yield from _context(table)
    yield from _freshness(table)
    passing = [f"{name} ({v.reason})" for name, v in table.treated("pass").items()]
    if passing:
        yield from _comment(f"clear, because their types hold no words: {', '.join(passing)}", "  ")


def _reasons(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    return {name: verdict.reason for name, verdict in verdicts.items()}


def _list(key: str, entries: Mapping[str, str]) -> Iterator[str]:
    if not entries:
        return
    yield f"  {key}:"
    for name, reason in entries.items():
        yield f"    - {scalar(name)}  # {_printable(reason)}"


def _clear(table: TableDraft) -> Iterator[str]:
    context = table.context
    named = {context.country, context.language} if context else set()
    clear = {name: v for name, v in table.treated("clear").items() if name not in named}
    if clear:
        yield "  columns:"
        for name, verdict in clear.items():
            yield f"    {scalar(name)}: clear  # {_printable(verdict.reason)}"


def _context(table: TableDraft) -> Iterator[str]:
    context, verdicts = table.context, table.verdicts or {}
    if context is None:
        yield from _comment("context: not found, so rows are guarded by place only", "  ")
        return
    yield "  context:"
    if context.via is None:
        for key, name in (("country", context.country), ("language", context.language)):
            if name:
                yield f"    {key}: {scalar(name)}  # {_printable(verdicts[name].reason)}"
        return
    yield f"    via: {scalar(context.via.table)}  # {_printable(context.via.reason)}"
    on = ", ".join(f"{scalar(own)}: {scalar(theirs)}" for own, theirs in context.via.on)
    yield f"    on: {{{on}}}"
    if context.others:
        yield from _comment(f"or via {', '.join(context.others)}: whose row is it?", "    ")


def _freshness(table: TableDraft) -> Iterator[str]:
    if not table.event_times:
        return
    first, *others = table.event_times
    told = f", or {', '.join(others)}" if others else ""
    yield "  freshness:"
    yield f"    event_time: {scalar(first)}  # when a row happened{_printable(told)}; add `within: 24h`"
