"""Plain scalars by the YAML 1.2 core schema.

PyYAML follows YAML 1.1, where `NO`, `on` and `12:30` are not text: a Norwegian country code would become False.
"""

from __future__ import annotations

import re

PREFIX = "tag:yaml.org,2002:"
NULL, BOOL, INT, FLOAT, STR = (PREFIX + name for name in ("null", "bool", "int", "float", "str"))
MERGE, MAP, SEQ = (PREFIX + name for name in ("merge", "map", "seq"))

_RULES = (
    (NULL, re.compile(r"|~|null|Null|NULL")),
    (BOOL, re.compile(r"true|True|TRUE|false|False|FALSE")),
    (INT, re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    (
        FLOAT,
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        ),
    ),
)


def plain_tag(text: str) -> str:
    """Tag of an unquoted scalar.

    >>> plain_tag("NO") == STR, plain_tag("0o7") == INT, plain_tag("2026-01-01") == STR
    (True, True, True)
    """
    return next((tag for tag, rule in _RULES if rule.fullmatch(text)), STR)


def scalar_value(tag: str, text: str) -> str | int | float | bool | None:
    """Value of a scalar under a core tag; ValueError when the text does not fit the tag."""
    if tag == STR:
        return text
    if not any(tag == known and rule.fullmatch(text) for known, rule in _RULES):
        raise ValueError(f"'{text[:40]}' is not a {tag.removeprefix(PREFIX)}")
    if tag == NULL:
        return None
    if tag == BOOL:
        return text.lower() == "true"
    return _integer(text) if tag == INT else _float(text)


def _integer(text: str) -> int:
    if len(text) > 100:
        raise ValueError("number has more than 100 digits")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
