"""What all configuration models share: strict, frozen, no unknown keys, and a few common types."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
)
from pydantic_core import PydanticCustomError, core_schema

from havenlake.names import FRAMEWORK_COLUMNS

K = TypeVar("K")
V = TypeVar("V")


class ConfigModel(BaseModel):
    """Base of all models: unknown keys are errors, types are exact, objects never change."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class FrozenDict(dict[K, V]):
    """A hashable dict that refuses every change, so that a frozen model is frozen all the way down."""

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("configuration is read-only")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        key, value = (handler.generate_schema(arg) for arg in getattr(source, "__args__", (Any, Any)))
        return core_schema.no_info_after_validator_function(cls, core_schema.dict_schema(key, value))


def wrong(message: str, at: int | None = None) -> PydanticCustomError:
    """A value error with our own words; `at` points to one element of a list."""
    return PydanticCustomError("value_refused", "{reason}", {"reason": message, "at": at})


def _column_name(name: str) -> str:
    if name in FRAMEWORK_COLUMNS:
        raise wrong(f"column name '{name}' is reserved for Havenlake's own columns")
    return name


def unique(values: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """Refuse an entry that is listed twice."""
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise wrong(f"'{value}' is listed twice", index)
        seen.add(value)
    return values


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong(f"'{name}' is not a time zone of the IANA database, such as 'America/New_York'") from error
    return name


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION_PATTERN = r"^[1-9][0-9]{0,5}[smhdw]$"


def parse_duration(value: object) -> timedelta:
    """Length of time such as `15m`, `24h`, `30d`, `2w`.

    >>> parse_duration("30d")
    datetime.timedelta(days=30)
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and re.fullmatch(r"0+[smhdw]", value):
        raise wrong("must be longer than nothing, such as '15m', '24h', '30d' or '2w'")
    if not isinstance(value, str) or not re.fullmatch(DURATION_PATTERN, value):
        raise wrong("must be a length of time such as '15m', '24h', '30d' or '2w'")
    return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})


def duration_text(length: timedelta) -> str:
    """A length of time as it is written in configuration, in the largest unit that divides it.

    >>> duration_text(timedelta(hours=48)), duration_text(timedelta(hours=26))
    ('2d', '26h')
    """
    seconds = int(length.total_seconds())
    sizes = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    unit, size = next((u, s) for u, s in sizes if seconds % s == 0)
    return f"{seconds // size}{unit}"


def _no_bool(value: object) -> object:
    if isinstance(value, bool):  # True == 1
        raise wrong("must be 1")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


DurationText = Annotated[str, Field(pattern=DURATION_PATTERN)]
Format = Annotated[Literal[1], BeforeValidator(_no_bool)]
"""Version of a file's format; releases to come read this one and the next."""
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=DurationText),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
]
Text = Annotated[str, Field(min_length=1)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Country = Annotated[
    str,
    BeforeValidator(_upper, json_schema_input_type=Annotated[str, Field(pattern="^[A-Za-z]{2}$")]),
    Field(pattern="^[A-Z]{2}$"),
]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
CatalogName = Annotated[str, Field(pattern="^[A-Za-z0-9_]+$")]
ColumnName = Annotated[str, Field(min_length=1), AfterValidator(_column_name)]
_UniqueList = Field(json_schema_extra={"uniqueItems": True})
Columns = Annotated[tuple[ColumnName, ...], AfterValidator(unique), _UniqueList]
SomeColumns = Annotated[tuple[ColumnName, ...], Field(min_length=1), AfterValidator(unique), _UniqueList]
Names = Annotated[tuple[Text, ...], AfterValidator(unique), _UniqueList]
SomeNames = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(unique), _UniqueList]


class SecretRef(ConfigModel):
    """Names a secret; its value is never written in configuration."""

    scope: Text
    key: Text


def strings(values: str | Iterable[str]) -> tuple[str, ...]:
    """One string or several, as a tuple.

    >>> strings("a.yaml")
    ('a.yaml',)
    """
    return (values,) if isinstance(values, str) else tuple(values)
