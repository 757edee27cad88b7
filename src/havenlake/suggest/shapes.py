"""What values look like. Each shape is a yes or no for one text; shares of a sample are counted elsewhere."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib import import_module

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_EMAIL_INSIDE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"\+?[(]?\d(?:[\s().\-/]{0,2}\d){6,14}")
_PHONE_INSIDE = re.compile(r"(?<![\w.])\+?[(]?\d(?:[\s().\-]{0,2}\d){8,14}(?!\w)")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
_URL_INSIDE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?\d+[.]\d+")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]\d{2} ?[A-Z\d]{4}")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{1,2})[./](\d{1,2})[./](\d{4})")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|[+-]\d{2}:?\d{2}(:\d{2})?)?")
_CLOCK = re.compile(r"[0-2]?\d:[0-5]\d(:[0-5]\d(\.\d+)?)?")
_WHOLE = re.compile(r"[+-]?\d+")
_SMALL = re.compile(r"[+-]?\d{1,4}([.]\d+)?")
_CODE = re.compile(r"[a-z][a-z0-9_.:/-]{0,31}|[A-Z][A-Z0-9_.:/-]{0,31}|\d{1,4}")
_LABEL = re.compile(r"\w[\w .:/-]{0,31}")
_OPAQUE = re.compile(r"(?=.*\d)[A-Za-z0-9_\-]{1,64}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")
_NATIONAL_IDS = ("us.ssn", "ca.sin", "gb.nhs", "es.dni", "es.nie", "fr.nir", "de.idnr", "ie.pps", "mx.curp")
_LONG_NUMBER = re.compile(r"\d{9,15}")


def is_ip(text: str) -> bool:
    """Whether a text is an address of the internet, IPv4 or IPv6, perhaps of a network."""
    if not (text.count(".") == 3 or text.count(":") > 1):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def is_phone(text: str) -> bool:
    """Whether a text has the form of a phone number; dates, decimals and addresses of the internet do not count."""
    return bool(_PHONE.fullmatch(text)) and not (_DATE.fullmatch(text) or _DECIMAL.fullmatch(text) or is_ip(text))


def is_json(text: str) -> bool:
    """Whether a text is a JSON object or list."""
    if text[:1] not in "{[":
        return False
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return len(text) > 1_000  # cut off by the sample


def is_national_id(text: str) -> bool:
    """Whether a text is a valid national identifier of one of the countries served, by its check digits."""
    return 8 <= len(text) <= 21 and any(check(text) for check in _validators())


@cache
def _validators() -> tuple[Callable[[str], bool], ...]:
    return tuple(import_module(f"stdnum.{name}").is_valid for name in _NATIONAL_IDS)


def year_of(text: str) -> int | None:
    """The year of a date or of four digits, None for other texts.

    >>> year_of("1987-03-01"), year_of("01/03/1987"), year_of("1987"), year_of("x")
    (1987, 1987, 1987, None)
    """
    found = _DATE.fullmatch(text[:10])
    if found:
        return int(found[1] or found[6])
    return int(text) if len(text) == 4 and text.isdigit() else None


def born(text: str, today: date) -> bool:
    """Whether a date lies as far back as people are old: 10 to 110 years."""
    year = year_of(text)
    return year is not None and 10 <= today.year - year <= 110


PERSONAL: Mapping[str, Callable[[str], bool]] = {
    "e-mail address": lambda text: bool(_EMAIL.fullmatch(text)),
    "IP address": is_ip,
    "link": lambda text: bool(_URL.fullmatch(text)),
    "phone number": is_phone,
    "national id": is_national_id,
    "postcode": lambda text: bool(_POSTCODE.fullmatch(text)),
}
"""Shapes of whole values that concern a person."""

INSIDE: Mapping[str, Callable[[str], bool]] = {
    "an e-mail address": lambda text: bool(_EMAIL_INSIDE.search(text)),
    "a phone number": lambda text: bool(_PHONE_INSIDE.search(text)) and not _INSTANT.match(text),
    "a link": lambda text: bool(_URL_INSIDE.search(text)),
}
"""What may stand somewhere in a text."""

SMALL_NUMBERS = "numbers below 10,000"
HARMLESS: Mapping[str, Callable[[str], bool]] = {
    "instants": lambda text: bool(_INSTANT.fullmatch(text)),
    "dates": lambda text: bool(_DATE.fullmatch(text)),
    "clock times": lambda text: bool(_CLOCK.fullmatch(text)),
    "UUIDs": lambda text: bool(_UUID.fullmatch(text)),
    SMALL_NUMBERS: lambda text: bool(_SMALL.fullmatch(text)),
}
"""Shapes that carry no words, where no name says otherwise."""


def is_whole(text: str) -> bool:
    """Whether a text is a whole number."""
    return bool(_WHOLE.fullmatch(text))


def is_long_number(text: str) -> bool:
    """Whether a text is a number of as many digits as phone and account numbers have."""
    return bool(_LONG_NUMBER.fullmatch(text))


def is_opaque(text: str) -> bool:
    """Whether a text is a key without words: letters, digits, hyphens, and at least one digit."""
    return bool(_OPAQUE.fullmatch(text))


def is_code(text: str) -> bool:
    """Whether a text is written as codes are: one word in one case."""
    return bool(_CODE.fullmatch(text))


def is_label(text: str) -> bool:
    """Whether a text is short enough for a label of a list."""
    return bool(_LABEL.fullmatch(text))


def is_country(text: str) -> bool:
    """Whether a text has the form of an ISO 3166 code."""
    return bool(_COUNTRY.fullmatch(text))


def is_language(text: str) -> bool:
    """Whether a text has the form of a language code."""
    return bool(_LANGUAGE.fullmatch(text))
