"""Check digits of national identifiers, cards and accounts: python-stdnum's, and the forms that must go with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stdnum import luhn
from stdnum.ca import sin as ca_sin
from stdnum.gb import nhs
from stdnum.us import itin, ssn


def by(module: Any) -> Callable[[str], bool]:
    """The check of a python-stdnum module on letters and digits only."""
    return lambda text: bool(module.is_valid("".join(c for c in text if c.isalnum()).upper()))


def always(_text: str) -> bool:
    """The form alone is enough."""
    return True


def never(_text: str) -> bool:
    """Only a cue can tell."""
    return False


def digits_of(text: str) -> str:
    """The digits of a text."""
    return "".join(c for c in text if c.isdigit())


def us_ssn(text: str) -> bool:
    """Valid and written in its own groups: nine bare digits may be anything."""
    return bool(re.fullmatch(r"\d{3}\D+\d{2}\D+\d{4}", text)) and bool(ssn.is_valid(digits_of(text)))


def us_itin(text: str) -> bool:
    """Valid and written in its own groups."""
    return bool(re.fullmatch(r"\d{3}\D+\d{2}\D+\d{4}", text)) and bool(itin.is_valid(digits_of(text)))


def card(text: str) -> bool:
    """Luhn, and a first digit that cards have."""
    digits = digits_of(text)
    return bool(luhn.is_valid(digits)) and digits[0] in "23456" and len(set(digits)) > 2


def canadian_sin(text: str) -> bool:
    """Luhn, and not the same digit over and over."""
    digits = digits_of(text)
    return bool(ca_sin.is_valid(digits)) and len(set(digits)) > 2


def ontario_health(text: str) -> bool:
    """Ten digits by Luhn, in the groups of the card."""
    return bool(re.match(r"\d{4}\D\d{3}\D\d{3}", text)) and bool(luhn.is_valid(digits_of(text)))


def uk_nhs(text: str) -> bool:
    """Valid and written in its own groups."""
    return bool(re.fullmatch(r"\d{3}\D+\d{3}\D+\d{4}", text)) and bool(nhs.is_valid(digits_of(text)))


def quebec_health(text: str) -> bool:
    """Letters and a birthday, of which the month of women is raised by 50."""
    digits = digits_of(text)
    return 1 <= int(digits[2:4]) % 50 <= 12 and int(digits[2:4]) <= 62 and 1 <= int(digits[4:6]) <= 31


def social_security_de(text: str) -> bool:
    """Check digit of the German pension insurance number: cross sums of the weighted digits, letter as two digits."""
    plain = "".join(c for c in text if c.isalnum())
    if not re.fullmatch(r"\d{8}[a-z]\d{3}", plain):
        return False
    digits = f"{plain[:8]}{ord(plain[8]) - 96:02d}{plain[9:11]}"
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(map(int, str(int(d) * w))) for d, w in zip(digits, weights, strict=True))
    return total % 10 == int(plain[-1])
