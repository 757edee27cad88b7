"""National identifiers, cards and bank accounts: a form, and a check digit or a word beside it that names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from stdnum import iban
from stdnum.ca import bc_phn
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.ie import pps

from havenlake.privacy.scrubbing.candidates import COUNTRIES, DIGITS, Candidate, Recogniser, View
from havenlake.privacy.scrubbing.check_digits import (
    always,
    by,
    canadian_sin,
    card,
    never,
    ontario_health,
    quebec_health,
    social_security_de,
    uk_nhs,
    us_itin,
    us_ssn,
)

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


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{pattern})(?![a-z])")


_HEALTH = _words(
    "health (?:card|number|no|insurance|num)|ohip|msp|phn|ahcip|uli|care ?card|medicare|ramq|carte soleil|hcn|mcp|"
    "assurance[- ]maladie|provincial health|mb health|nsh|phin|personal health"
)
IDENTIFIERS = (
    Identifier(
        "US_SSN",
        ("us",),
        _form(rf"\d{{3}}{_G}\d{{2}}{_G}\d{{4}}"),
        us_ssn,
        _words("ssn|ssns|social|social security|soc"),
        0.9,
    ),
    Identifier(
        "US_ITIN", ("us",), _form(rf"9\d\d{_G}[5-9]\d{_G}\d{{4}}"), us_itin, _words("itin|taxpayer|tax id|tin"), 0.92
    ),
    Identifier(
        "CA_SIN",
        ("ca",),
        _form(rf"\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"),
        canadian_sin,
        _words("sin|social insurance|nas|assurance sociale"),
        0.91,
    ),
    Identifier(
        "CA_HEALTH_NUMBER",
        ("ca",),
        _form(rf"\d{{4}}{_G}\d{{3}}{_G}\d{{3}}(?:-?[a-z]{{2}})?"),
        ontario_health,
        _HEALTH,
        0.92,
    ),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"9\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"), by(bc_phn), _HEALTH, 0.93),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"[a-z]{{4}}{_G}\d{{4}}{_G}\d{{4}}"), quebec_health, _HEALTH, 0.9),
    Identifier("CA_HEALTH_NUMBER", ("ca",), _form(rf"\d{{3,5}}(?:{_G}\d{{2,5}}){{1,3}}"), never, _HEALTH, 0.0),
    Identifier(
        "UK_NINO",
        ("gb",),
        _form(rf"(?!bg|gb|nk|kn|tn|nt|zz)[abceghj-prstw-z][abceghj-nprstw-z](?:{_G}\d\d){{3}}{_G}[a-d]"),
        always,
        _words("nino|ni|national insurance|ni number"),
        0.93,
    ),
    Identifier(
        "UK_NHS", ("gb",), _form(rf"\d{{3}}{_G}\d{{3}}{_G}\d{{4}}"), uk_nhs, _words("nhs|nhs number|nhs no"), 0.92
    ),
    Identifier("IE_PPS", ("ie",), _form(rf"\d{{7}}{_G}[a-w][a-iw]?"), by(pps), _words("pps|ppsn|pps number|rsi"), 0.93),
    Identifier(
        "DE_TAX_ID",
        ("de",),
        _form(rf"[1-9]\d{_G}\d{{3}}{_G}\d{{3}}{_G}\d{{3}}"),
        by(idnr),
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
        by(dni),
        _words("dni|nif|documento|identidad"),
        0.93,
    ),
    Identifier(
        "ES_NIF", ("es",), _form(r"\d{1,2}[.\s]?\d{3}[.\s]?\d{3}"), never, _words("dni|nif|documento|identidad"), 0.0
    ),
    Identifier(
        "ES_NIE",
        ("es",),
        _form(rf"[xyz]{_G}\d{{1}}[.\s]?\d{{3}}[.\s]?\d{{3}}{_G}[a-z]"),
        by(nie),
        _words("nie|extranjero|dni|tie"),
        0.93,
    ),
    Identifier(
        "FR_NIR",
        ("fr",),
        _form(rf"[12]{_G}\d\d{_G}(?:0[1-9]|1[0-2]|[2-9]\d){_G}(?:\d\d|2[ab]){_G}\d{{3}}{_G}\d{{3}}(?:{_G}\d\d)?"),
        by(nir),
        _words("securite sociale|secu|nir|numero de secu|insee|ss|carte vitale"),
        0.95,
    ),
    Identifier(
        "CREDIT_CARD",
        COUNTRIES,
        _form(r"\d(?:[\s.\-/_]{0,2}\d){12,18}"),
        card,
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


_valid_iban = by(iban)


def _recogniser(kind: Identifier) -> Recogniser:
    return Recogniser(kind.entity.lower(), (kind.entity,), DIGITS, partial(Identifier.find, kind), kind.countries)


RECOGNISERS = (*map(_recogniser, IDENTIFIERS), Recogniser("iban", ("IBAN",), DIGITS, _ibans))
