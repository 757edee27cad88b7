"""Failures of a database as coded errors: told by SQLSTATE where there is one, never in the server's own words.

A server's message may quote rows, users and hosts, so nothing of it is passed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from havenlake.errors import HavenlakeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

UNFIT = "hl-unfit-"
"""What a pushed query says, with a column's number, where a value cannot be carried."""

_UNFIT = re.compile(rf'"{UNFIT}(\d+)"')
_RERUN = "run again: what is loaded stays, the rest is read from a new snapshot"


@dataclass(frozen=True)
class Failure:
    """A coded error, and whether the same attempt may well succeed in a moment."""

    error: HavenlakeError
    transient: bool = False


@dataclass(frozen=True)
class _Kind:
    code: str
    message: str
    hint: str
    transient: bool = False


_UNREACHABLE = _Kind(
    "HL-JDB-001", "the database does not answer", "check host, port and network, then run again", transient=True
)
_STARTING = _Kind(
    "HL-JDB-001", "the database is starting or stopping", "wait until it is up, then run again", transient=True
)
_TLS = _Kind("HL-JDB-001", "client and server do not agree on TLS", "check sslmode and sslrootcert in the url")
_NO_DATABASE = _Kind("HL-JDB-001", "the server has no database of this name", "correct the name in the url")
_LOGIN = _Kind(
    "HL-JDB-002", "the server refused the login", "check the two secrets that 'user' and 'password' name; see pg_hba"
)
_MISSING = _Kind("HL-JDB-003", "the table is not there", "check its name and 'schema'")
_FORBIDDEN = _Kind("HL-JDB-004", "reading is not allowed", "grant SELECT on the table and USAGE on its schema")
_FULL = _Kind(
    "HL-JDB-005",
    "the server has no connection left",
    "lower 'max_connections' of the job, or run at a quieter time",
    transient=True,
)
_SLOW = _Kind(
    "HL-JDB-006", "a statement took longer than 'statement_timeout'", "raise it, or run when the server is less busy"
)
_LOCKED = _Kind("HL-JDB-006", "another session holds a lock on the table for too long", "run again when it is free")
_LOST = _Kind("HL-JDB-008", "the snapshot of this run is gone", _RERUN)
_BROKEN = _Kind("HL-JDB-008", "the connection broke while rows were read", _RERUN)
_CHANGED = _Kind("HL-SRC-004", "the table was altered while it was read", "run again")

_BY_STATE: dict[str, _Kind] = {
    "28000": _LOGIN,
    "28P01": _LOGIN,
    "3D000": _NO_DATABASE,
    "3F000": _MISSING,
    "42P01": _MISSING,
    "42703": _CHANGED,
    "42501": _FORBIDDEN,
    "53300": _FULL,
    "55P03": _LOCKED,
    "57014": _SLOW,
    "57P03": _STARTING,
    **dict.fromkeys(("57P01", "57P02", "57P05", "25P03", "25P04", "40001", "08000", "08003", "08006"), _LOST),
}
_BY_WORDS: tuple[tuple[re.Pattern[str], _Kind], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"remaining connection slots|too many clients|too many connections", _FULL),
        (r"starting up|shutting down|in recovery mode|not yet accepting|not accepting", _STARTING),
        (r"authentication failed|no password supplied|pg_hba|role \S+ (?:does not exist|is not permitted)", _LOGIN),
        (r"database \S+ does not exist", _NO_DATABASE),
        (r"\bSSL\b|\bTLS\b|certificate", _TLS),
        (r"snapshot", _LOST),
        (r"statement timeout", _SLOW),
        (r"lock timeout", _LOCKED),
        (r"permission denied|row-level security", _FORBIDDEN),
        (r"column \S+ does not exist|cached plan must not change", _CHANGED),
        (r"relation \S+ does not exist", _MISSING),
        (r"terminating connection|I/O error|connection (?:has been closed|reset)|conflict with recovery", _BROKEN),
        (r"Connection (?:to \S+ )?refused|connection attempt failed", _BROKEN),
    )
)


def connecting(error: psycopg.Error, server: str) -> Failure:
    """Why a connection was not made. The client library tells no SQLSTATE then, only words."""
    kind = _by_words(str(error)) or _UNREACHABLE
    return _failure(_UNREACHABLE if kind in (_BROKEN, _LOST) else kind, server)


def querying(error: psycopg.Error, where: str) -> Failure:
    """Why a statement of our own failed."""
    kind = _BY_STATE.get(error.sqlstate or "")
    if kind is None and error.sqlstate is None:
        kind = _LOST  # without a state the server said nothing: the connection is gone
    return _failure(kind, where) if kind else unknown(error.sqlstate, where)


def reading(text: str, where: str, columns: Sequence[str]) -> Failure | None:
    """Why Spark could not read, from the text of its error; None when it was not the database."""
    found = _UNFIT.search(text)
    if found:
        return Failure(unfit(columns[int(found[1])], where))
    if "org.postgresql" not in text:
        return None
    kind = _by_words(text)
    return _failure(kind, where) if kind else unknown(None, where)


def unfit(column: str, where: str) -> HavenlakeError:
    """HL-JDB-009 for a column that holds a value without a counterpart."""
    table = where.removeprefix("table '").removesuffix("'")
    return HavenlakeError(
        "HL-JDB-009",
        f"column '{column}' holds a value that its type cannot carry: an infinite or far-off date, NaN, or an array "
        "with several dimensions",
        where=where,
        hint=f"correct the row at the source, or carry the column as text: `as_text: [{table}.{column}]`",
    )


def lost(where: str, why: str) -> HavenlakeError:
    """HL-JDB-008 with the reason."""
    return HavenlakeError("HL-JDB-008", why, where=where, hint=_RERUN)


def unknown(state: str | None, where: str) -> Failure:
    """HL-JDB-010 for what nobody foresaw."""
    told = f"SQLSTATE {state}" if state else "no SQLSTATE"
    return Failure(
        HavenlakeError("HL-JDB-010", f"the database refused to go on ({told})", where=where, hint="see its server log")
    )


def _by_words(text: str) -> _Kind | None:
    return next((kind for pattern, kind in _BY_WORDS if pattern.search(text)), None)


def _failure(kind: _Kind, where: str) -> Failure:
    return Failure(HavenlakeError(kind.code, kind.message, where=where, hint=kind.hint), kind.transient)
