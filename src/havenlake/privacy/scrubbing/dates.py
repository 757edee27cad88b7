"""Dates of birth and other absolute dates, and ages over 89. "today" and "next monday" stay readable."""

from __future__ import annotations

import re
from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import DIGITS, Candidate, Recogniser, Trigger, View

_MONTHS = (
    "january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sept|sep|october|oct|november|nov|december|dec|"
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre|"
    "janvier|janv|fevrier|fevr|mars|avril|mai|juin|juillet|juil|aout|septembre|octobre|novembre|decembre|"
    "januar|janner|februar|marz|maerz|mrz|juni|juli|oktober|okt|dezember|dez"
)
_SHORT = "mar|may|sep|dec|jan|jun|mai|mars|sept|oct|feb|apr|nov|aug|jul|marz"
_YEAR = r"(?:1[89]\d\d|20\d\d)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_NUMERIC = re.compile(
    rf"(?<![\d./-])(?:{_DAY}\s?(?P<s>[./-])\s?{_MONTH}\s?(?P=s)\s?(?:{_YEAR}|\d\d)|{_MONTH}\s?(?P<t>[./-])\s?{_DAY}\s?(?P=t)\s?(?:{_YEAR}|\d\d)"
    rf"|{_YEAR}\s?(?P<u>[./-])\s?{_MONTH}\s?(?P=u)\s?{_DAY})(?![\d/-]|\.\d)"
)
_SPACED = re.compile(rf"(?<![\d./-])(?:{_DAY}\s{_MONTH}|{_MONTH}\s{_DAY})\s(?:{_YEAR}|\d\d)(?![\d/-]|\.\d|\s?\d)")
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|o)?"
_WRITTEN = re.compile(
    rf"(?<![\w.])(?:{_DAY}{_ORDINAL}\s?(?:of\s|de\s|del\s|d')?\s?(?:{_MONTHS})\b\.?(?:\s?,?\s?(?:de\s|del\s|of\s)?(?:{_YEAR}|'\d\d)\b)?"
    rf"|(?:{_MONTHS})\.?\s?(?:the\s|el\s)?{_DAY}(?:st|nd|rd|th)?\b(?!\s?(?:%|:|am\b|pm\b|people|times|days|weeks|months|years|hours|min))(?:\s?,?\s?(?:{_YEAR}|'\d\d)\b)?"
    rf"|(?:{_MONTHS})\s?(?:,|of|de|del)?\s{_YEAR}\b)"
)
_BIRTH = re.compile(
    r"\b(?:born|birth|birthday|birthdate|bday|b-day|dob|d\.o\.b|nacido|nacida|naci|nacio|nacimiento|cumpleanos|fecha de nac|"
    r"ne le|nee le|ne en|nee en|naissance|anniversaire|geboren|geburtstag|geburtsdatum|geb)\b\W{0,3}(?:[^\W\d_]{1,9}\W{1,2}){0,3}$"
)
_BIRTH_YEAR = re.compile(rf"(?<!\d){_YEAR}(?!\d)")
_DAY_MONTH = re.compile(rf"(?<![\d./-])(?:{_DAY}[./-]{_MONTH}|{_MONTH}[./-]{_DAY})(?![\d/-]|\.\d)")
_CRISIS = frozenset(("24/7", "9/11"))
_OLD = r"(?:9\d|1[0-2]\d)"
_AGE = re.compile(
    rf"(?<![\w.,$£€-]){_OLD}[\s-]?(?:years?[\s-]old|yrs?[\s-]old|y/?o|yr olds?|year olds?|years of age|anos|ans|jahre|jahrige[rsn]?|jahren)(?![a-z])"
    rf"|(?<![\w])(?:aged?|edad|alter|age de)\s?(?:of|is|de|:|von)?\s?{_OLD}(?![\d%.,]|\s?%)"
    rf"|(?<![\w])(?:i'?m|i am|he'?s|she'?s|he is|she is|turned|turning|turns)\s{_OLD}(?=\s?(?:$|[.,!?;]|and\b|but\b|now\b|so\b))"
)
_NINETIES = re.compile(
    r"\b(?:ninety[\s-](?:one|two|three|four|five|six|seven|eight|nine)|ninety|a hundred|one hundred)(?:\s(?:and\s)?(?:one|two|three|four|five))?[\s-]years?[\s-]old\b"
)


def _dates(view: View) -> Iterator[Candidate]:
    for pattern, score in ((_NUMERIC, 0.8), (_WRITTEN, 0.7)):
        for match in pattern.finditer(view.text):
            if match.group() in _CRISIS or _only_words(match.group()):
                continue
            yield _dated(view, match, score)
    for pattern in (_SPACED, _DAY_MONTH, _BIRTH_YEAR):
        for match in pattern.finditer(view.text):
            if match.group() not in _CRISIS and _BIRTH.search(view.before(match.start())):
                yield Candidate(match.start(), match.end(), "DATE_OF_BIRTH", 0.85, "date-of-birth")


def _only_words(text: str) -> bool:
    """Whether no digit is in it."""
    return not any(c.isdigit() for c in text)


def _dated(view: View, match: re.Match[str], score: float) -> Candidate:
    if _BIRTH.search(view.before(match.start())):
        return Candidate(match.start(), match.end(), "DATE_OF_BIRTH", 0.95, "date-of-birth")
    return Candidate(match.start(), match.end(), "DATE", score, "date")


def _ages(view: View) -> Iterator[Candidate]:
    for pattern in (_AGE, _NINETIES):
        for match in pattern.finditer(view.text):
            yield Candidate(match.start(), match.end(), "AGE", 0.8, "age-over-89")


RECOGNISERS = (
    Recogniser("date", ("DATE", "DATE_OF_BIRTH"), DIGITS, _dates),
    Recogniser("age", ("AGE",), Trigger(digits=True, words=frozenset(("ninety", "hundred"))), _ages),
)
