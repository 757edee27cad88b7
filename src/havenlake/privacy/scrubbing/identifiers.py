"""National identifiers, cards and bank accounts: a form, and a check digit or a word beside it that names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from stdnum import iban, luhn
from stdnum.ca import bc_phn
from stdnum.ca import sin as ca_sin
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.us import itin, ssn

from havenlake.privacy.scrubbing.candidates import COUNTRIES, DIGITS, Candidate, Recogniser, View

_G = r"[\s.\-/_]{0,3}"
"""What may stand between groups."""


class Identifier(NamedTuple):
    """An identifier: `form` on the folded text, `valid` on its letters and digits, `cue` in the 40 characters before.

    With a valid check it scores `checked`, with a cue 0.92 whether valid or not, for a typing error hides nothing.
    """

    entity: str
    countries: tuple[str, ...]
    form: re.Pattern[str]
    valid: Callable[[str], bool]
    cue: re.Pattern[str]
    checked: float

    def find(self, view: View) -> Iterator[Candidate]:
        """All of its kind in a text."""
        for match in self.form.finditer(view.text):
            start, end = match.span()
            cued = bool(self.cue.search(view.before(start, 40)))
            score = max(self.checked if self.valid(match.group()) else 0.0, 0.92 if cued else 0.0)
            if score:
                yield Candidate(start, end, self.entity, score, self.entity.lower().replace("_", "-"))


def _by(module: Any) -> Callable[[str], bool]:
    """The check of a python-stdnum module on letters and digits only."""
    return lambda text: bool(module.is_valid("".join(c for c in text if c.isalnum()).upper()))


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])")


def _never(_text: str) -> bool:
    return False


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _ssn(text: str) -> bool:
    """Valid and written in its own groups: nine bare digits may be anything."""
    return bool(re.fullmatch(r"\d{3}\D+\d{2}\D+\d{4}", text)) and bool(ssn.is_valid(_digits(text)))


def _itin(text: str) -> bool:
    return bool(re.fullmatch(r"\d{3}\D+\d{2}\D+\d{4}", text)) and bool(itin.is_valid(_digits(text)))


def _card(text: str) -> bool:
    digits = _digits(text)
    return bool(luhn.is_valid(digits)) and digits[0] in "23456" and len(set(digits)) > 2


def _sin(text: str) -> bool:
    digits = _digits(text)
    return bool(ca_sin.is_valid(digits)) and len(set(digits)) > 2


def _ontario(text: str) -> bool:
    """Ten digits by Luhn, in the groups of the card."""
    return bool(re.match(r"\d{4}\D\d{3}\D\d{3}", text)) and bool(luhn.is_valid(_digits(text)))


def _nhs(text: str) -> bool:
    return bool(re.fullmatch(r"\d{3}\D+\d{3}\D+\d{4}", text)) and bool(nhs.is_valid(_digits(text)))


def _ramq(text: str) -> bool:
    """Letters and a birthday, of which the month of women is raised by 50."""
    digits = _digits(text)
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


_HEALTH = _words(
    "health (?:card|number|no|insurance|num)|ohip|msp|phn|ahcip|uli|care ?card|medicare|ramq|carte soleil|hcn|mcp|"
    "assurance[- ]maladie|provincial health|mb health|nsh|phin|personal health"
)
IDENTIFIERS = (
    Identifier(
        "US_SSN",
        ("us",),
        _form(rf"\d{{3}}{_G}\d{{2}}{_G}\d{{4}}"),
        _ssn,
        _words("ssn|ssns|social|social security|soc"),
        0.9,
    ),
    Identifier(
        "US_ITIN", ("us",), _form(rf"9\d\d{_G}[5-9]\d{_G}\d{{4}}"), _itin, _words("itin|taxpayer|tax id|tin"), 0.92
    ),
    Identifier(
        "CA_SIN",
        ("ca",),
        _form(rf"\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"),
        _sin,
        _words("sin|social insurance|nas|assurance sociale"),
        0.91,
    ),
    Identifier(
        "CA_HEALTH_NUMBER",
        ("ca",),
        _form(rf"\d{{4}}{_G}\d{{3}}{_G}\d{{3}}(?:-?[a-z]{{2}})?"),
        _ontario,
        _HEALTH,
        0.92,
    ),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"9\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"), _by(bc_phn), _HEALTH, 0.93),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"[a-z]{{4}}{_G}\d{{4}}{_G}\d{{4}}"), _ramq, _HEALTH, 0.9),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"\d{{3,5}}(?:{_G}\d{{2,5}}){{1,3}}"), _never, _HEALTH, 0.0),
    Identifier(
        "UK_NINO",
        ("gb",),
        _form(rf"(?!bg|gb|nk|kn|tn|nt|zz)[abceghj-prstw-z][abceghj-nprstw-z](?:{_G}\d\d){{3}}{_G}[a-d]"),
        lambda _text: True,
        _words("nino|ni|national insurance|ni number"),
        0.93,
    ),
    Identifier(
        "UK_NHS", ("gb",), _form(rf"\d{{3}}{_G}\d{{3}}{_G}\d{{4}}"), _nhs, _words("nhs|nhs number|nhs no"), 0.92
    ),
    Identifier(
        "IE_PPS", ("ie",), _form(rf"\d{{7}}{_G}[a-w][a-iw]?"), _by(pps), _words("pps|ppsn|pps number|rsi"), 0.93
    ),
    Identifier(
        "DE_TAX_ID",
        ("de",),
        _form(rf"[1-9]\d{_G}\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"),
        _by(idnr),
        _words(
            "steuer ?-?id|steuernummer|idnr|steueridentifikationsnummer|identifikationsnummer|tax id|tin|steuer-?idnr|steuerid"
        ),
        0.93,
    ),
    Identifier(
        "DE_SOCIAL_SECURITY",
        ("de",),
        _form(rf"\d\d{_G}(?:\d{{2}}{_G}\d{{2}}{_G}\d{{2}}){_G}[a-z]{_G}\d{{2}}{_G}\d"),
        social_security_de,
        _words(
            "sozialversicherungsnummer|sv-?nummer|svnr|rentenversicherungsnummer|rvnr|versicherungsnummer|sozialversicherung|sv ?nr"
        ),
        0.94,
    ),
    Identifier(
        "ES_NIF",
        ("es",),
        _form(rf"\d{{1,2}}[.\s]?\d{{3}}[.\s]?\d{{3}}{_G}[a-z]"),
        _by(dni),
        _words("dni|nif|documento|identidad"),
        0.93,
    ),
    Identifier(
        "ES_NIF", ("es",), _form(r"\d{1,2}[.\s]?\d{3}[.\s]?\d{3}"), _never, _words("dni|nif|documento|identidad"), 0.0
    ),
    Identifier(
        "ES_NIE",
        ("es",),
        _form(rf"[xyz]{_G}\d{{1}}[.\s]?\d{{3}}[.\s]?\d{{3}}{_G}[a-z]"),
        _by(nie),
        _words("nie|extranjero|dni|tie"),
        0.93,
    ),
    Identifier(
        "FR_NIR",
        ("fr",),
        _form(rf"[12]{_G}\d\d{_G}(?:0[1-9]|1[0-2]|[2-9]\d){_G}(?:\d\d|2[ab]){_G}\d{{3}}{_G}\d{{3}}(?:{_G}\d\d)?"),
        _by(nir),
        _words("securite sociale|secu|nir|numero de secu|insee|ss|carte vitale"),
        0.95,
    ),
    Identifier(
        "CREDIT_CARD",
        COUNTRIES,
        _form(r"\d(?:[\s.\-/_]{0,2}\d){12,18}"),
        _card,
        _words("card|cc|visa|mastercard|amex|tarjeta|carte|karte|kreditkarte|debit|credit"),
        0.94,
    ),
)


_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\s?\d\d(?:[\s.-]{0,2}[a-z0-9]){11,30}")
_IBAN_CUE = _words("iban|bank account|cuenta|compte|konto")


def _ibans(view: View) -> Iterator[Candidate]:
    """Account numbers: what follows may be taken for part of one, so the longest valid stretch counts."""
    for match in _IBAN.finditer(view.text):
        start, found = match.start(), match.group()
        ends = [i + 1 for i, c in enumerate(found) if c.isalnum()]
        valid = next((end for end in reversed(ends[14:34]) if _valid_iban(found[:end])), None)
        if valid is not None:
            yield Candidate(start, start + valid, "IBAN", 0.97, "iban")
        elif _IBAN_CUE.search(view.before(start, 40)) and sum(c.isdigit() for c in found) >= 10:
            yield Candidate(start, match.end(), "IBAN", 0.85, "iban")


_valid_iban = _by(iban)


def _recogniser(kind: Identifier) -> Recogniser:
    return Recogniser(kind.entity.lower(), (kind.entity,), DIGITS, partial(Identifier.find, kind), kind.countries)


RECOGNISERS = (*map(_recogniser, IDENTIFIERS), Recogniser("iban", ("IBAN",), DIGITS, _ibans))
