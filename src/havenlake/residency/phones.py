"""Which country a telephone number belongs to, as regular expressions that Spark evaluates without Python.

The numbering plans are those of `phonenumbers`. A calling code that one country has alone tells by itself; where
several share one (+1, +44, +47 …), a number must have the form that its country's plan gives to lines of people.
"""

from __future__ import annotations

from collections.abc import Iterable

_KINDS = ("fixed_line", "mobile", "personal_number")


def phone_pattern(countries: Iterable[str]) -> str:
    """Matches international numbers of these countries, written as + and digits.

    >>> import re
    >>> bool(re.fullmatch(phone_pattern(["IE"]), "+353861234567")), bool(re.fullmatch(phone_pattern(["IE"]), "+4930"))
    (True, False)
    """
    found = [part for country in countries for part in _of_country(country.upper())]
    return "|".join(dict.fromkeys(found)) or "(?!)"


def _of_country(country: str) -> list[str]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, country_code_for_region

    code = country_code_for_region(country)
    if not code:
        return []
    if len(COUNTRY_CODE_TO_REGION_CODE[code]) == 1:
        return [rf"\+{code}[0-9]{{4,14}}"]
    plan = PhoneMetadata.metadata_for_region(country)
    kinds = (getattr(plan, kind) for kind in _KINDS)
    patterns = [kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern]
    return [rf"\+{code}(?:{pattern})" for pattern in dict.fromkeys(patterns)]
