"""Telephone numbers of the seven countries, national and international, and long numbers that nothing explains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.numbers import SPELLED, Run, runs, spelled
from havenlake.privacy.scrubbing.readable import readable_numbers

CUE = re.compile(
    r"\b(?:call|calls|called|phone|phones|cell|cellphone|mobile|mob|tel|telephone|number|numbers|num|no|nr|whatsapp|wa|fax|ring|reach|"
    r"text|txt|sms|contact|dial|landline|home|work|llama|llamame|llamar|telefono|movil|celular|numero|cel|tlf|tfno|"
    r"appelle|appeler|appelez|portable|telephone|joindre|fixe|handy|handynummer|nummer|telefon|telefonnummer|anrufen|"
    r"ruf|festnetz|erreichbar|erreichst|erreichen|mobil|mobilnummer)\b"
)
_NANP = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_NATIONAL = {
    "us": _NANP,
    "ca": _NANP,
    "gb": re.compile(r"0[1-357-9]\d{8,9}"),
    "ie": re.compile(r"0[1-9]\d{6,9}|1[58]\d{2}\d{6}"),
    "de": re.compile(r"0[1-9]\d{6,11}"),
    "es": re.compile(r"[6-9]\d{8}"),
    "fr": re.compile(r"0[1-9]\d{8}"),
}
_AREA_DROPPED = re.compile(r"[1-9]\d{6,10}")
_DATE_LIKE = re.compile(r"\d{1,2}[-./\s]\d{1,2}[-./\s](?:19|20)?\d\d|(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}")
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-/]\s?(?:19|20)?\d\d")
_MONEY = re.compile(r"[$£€¥]\s?$|\b(?:eur|usd|gbp|cad|rs|order|ref|code|pin|otp)\s?[:#.]?\s?$")


def _phones(view: View) -> Iterator[Candidate]:
    for run in (*runs(view), *spelled(view)):
        if run.digits in readable_numbers() or _DATE_LIKE.fullmatch(run.written) or _YEARS.fullmatch(run.written):
            continue
        score = _score(view, run)
        if score:
            yield Candidate(run.start, run.end, "PHONE_NUMBER", score, "phone")
        elif len(run.digits) >= 9:
            yield Candidate(run.start, run.end, "ID_NUMBER", 0.5, "long-number")


def _score(view: View, run: Run) -> float:
    """How surely this is a telephone number; 0 when it is none."""
    digits, before = run.digits, view.before(run.start)
    if _MONEY.search(before) or len(digits) > 16:
        return 0.0
    if run.written.startswith("+") or (digits.startswith("00") and len(digits) >= 10):
        return 0.95 if 7 <= len(digits.removeprefix("00")) <= 15 else 0.0
    cued = bool(CUE.search(before))
    if run.groups == (5, 4) and not cued:
        return 0.0
    for country in sorted(view.countries):
        if _NATIONAL[country].fullmatch(digits):
            return _national(run, country, cued=cued)
    if digits.startswith("011") and len(digits) >= 12:
        return 0.8
    return _loose(view, run, cued=cued)


def _national(run: Run, country: str, *, cued: bool) -> float:
    grouped = len(run.groups) > 1 or run.written == "spelled"
    if cued or (grouped and len(run.digits) >= 9):
        return 0.9
    if _valid(run.digits, country.upper()) or len(run.digits) >= 10:
        return 0.7
    return 0.45


def _loose(view: View, run: Run, *, cued: bool) -> float:
    """Numbers without their area, and of countries that this text is not expected from."""
    digits, groups = run.digits, run.groups
    if view.within("us", "ca") and groups == (3, 4) and (cued or "-" in run.written or "." in run.written):
        return 0.7
    if groups in ((3, 3, 4), (1, 3, 3, 4)):
        return 0.6
    if cued and (_AREA_DROPPED.fullmatch(digits) or 7 <= len(digits) <= 15):
        return 0.6
    if any(pattern.fullmatch(digits) for pattern in _NATIONAL.values()) and len(groups) > 1 and len(digits) >= 9:
        return 0.6
    return 0.55 if run.written == "spelled" else 0.0


@lru_cache(maxsize=4096)
def _valid(digits: str, region: str) -> bool:
    """Whether the number is one that the region's plan assigns."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False


RECOGNISERS = (
    Recogniser("phone", ("PHONE_NUMBER", "ID_NUMBER"), Trigger(digits=True, words=frozenset(SPELLED)), _phones),
)
