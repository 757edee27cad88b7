"""What pydantic found, in plain words; never the value itself, which may be a secret written by mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from havenlake.config.base import DURATION_PATTERN, SecretRef
from havenlake.config.jobs import CRON_PATTERN
from havenlake.config.model_keys import model_at
from havenlake.config.nodes import KeyPath
from havenlake.config.problems import suggestion

_TYPE_WORDS = {
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}
_PATTERN_WORDS = {
    "^[a-z][a-z0-9-]*$": "must be lower-case letters, digits and hyphens",
    "^[A-Z]{2}$": "must be a country code of two letters, such as US",
    "^[a-z]{2,3}$": "must be a language code such as en",
    "^[A-Za-z0-9_]+$": "must be letters, digits and underscores",
    "^[A-Za-z0-9_]+[.][A-Za-z0-9_]+$": "must be of the form catalog.schema",
    "^jdbc:": "must begin with 'jdbc:'",
    CRON_PATTERN: "must be a cron expression of 5 to 7 fields",
    DURATION_PATTERN: "must be a length of time such as '24h' or '30d'",
}
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    tuple: "a list",
    type(None): "nothing",
}


def problem_words(detail: ErrorDetails) -> str:
    """What is wrong with a value."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_refused":
        return str(context["reason"])
    if kind == "string_pattern_mismatch":
        return _PATTERN_WORDS.get(str(context["pattern"]), f"must match {context['pattern']}")
    if kind == "literal_error":
        return f"must be one of {', '.join(choices(context))}"
    words = _TYPE_WORDS.get(kind, detail["msg"].replace("Input should", "must"))
    found = _KINDS.get(type(detail["input"]), "a mapping" if isinstance(detail["input"], Mapping) else None)
    return f"{words}, found {found}" if kind.endswith("_type") and found else words


def value_hint(model: type[BaseModel], detail: ErrorDetails, loc: KeyPath) -> str | None:
    """What to do about it, where that is known."""
    kind, value = detail["type"], detail["input"]
    if kind == "literal_error" and isinstance(value, str):
        return suggestion(value, choices(detail.get("ctx", {})))
    if kind == "string_type" and isinstance(value, (int, float)):
        return "put it in quotes"
    if kind == "tuple_type" and isinstance(value, str):
        return "write a list: [name, …]"
    if kind == "model_type" and model_at(model, loc) is SecretRef:
        return "name a secret by {scope: …, key: …}; its value never stands in configuration"
    return None


def choices(context: Mapping[str, Any]) -> list[str]:
    """The words of a literal from pydantic's own list, `'a', 'b' or 'c'`."""
    return [word.strip(" '") for word in str(context.get("expected", "")).replace(" or ", ",").split(",")]
