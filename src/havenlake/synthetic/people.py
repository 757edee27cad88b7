"""Invented people and their particulars, each from one integer key.

Surnames and streets are made of syllables, e-mail and web addresses use example.org and example.com (RFC 2606),
telephone numbers come from ranges set aside for fiction: 555-01xx in North America, and the ranges that the Irish,
French and German regulators publish for film. Addresses of computers come from 2001:db8::/32 and the IPv4 blocks
for documentation (RFC 3849, RFC 5737).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from havenlake.synthetic.phrases import PhraseBook

_ONSETS = (
    "Var",
    "Orv",
    "Tel",
    "Brax",
    "Quil",
    "Mer",
    "Sol",
    "Dun",
    "Hal",
    "Ost",
    "Fen",
    "Lor",
    "Wys",
    "Cal",
    "Pem",
    "Zel",
)
_MIDDLES = ("an", "en", "il", "or", "um", "es", "av", "ith", "ond", "ar")
_ENDINGS = ("brook", "dale", "wick", "mere", "stow", "garth", "lund", "quist", "rell", "vane", "holt", "by")
_CANADIAN_AREAS = (
    204,
    226,
    236,
    250,
    289,
    306,
    343,
    365,
    403,
    416,
    418,
    431,
    437,
    438,
    450,
    506,
    514,
    519,
    548,
    579,
    581,
    587,
    604,
    613,
    639,
    647,
    672,
    705,
    709,
    778,
    780,
    782,
    807,
    819,
    825,
    867,
    873,
    902,
    905,
)
_US_AREAS = tuple(
    a for a in range(200, 990) if a % 100 // 10 != 9 and a % 100 != 11 and a not in _CANADIAN_AREAS and a != 555
)
_NORTH_AMERICAN_FORMS = ("({a}) 555-{n}", "{a}-555-{n}", "{a} 555 {n}", "+1 {a} 555 {n}", "{a}555{n}", "{a}.555.{n}")
_GERMAN_PREFIXES = ("30 23125", "40 66969", "221 4710", "89 99998", "69 90009")


def surname(key: int) -> str:
    """An invented surname, one of 1,920."""
    return _ONSETS[key % 16] + _MIDDLES[key // 16 % 10] + _ENDINGS[key // 160 % 12]


def ascii_slug(text: str) -> str:
    """Lower-case ASCII letters and digits of a text."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in plain if c.isascii() and c.isalnum())


@dataclass(frozen=True)
class Person:
    """An invented person, the same for the same key and phrase book."""

    key: int
    book: PhraseBook
    country: str

    @property
    def first_name(self) -> str:
        """A given name usual in the language."""
        return self.book.first_names[self.key % len(self.book.first_names)]

    @property
    def surname(self) -> str:
        """An invented surname."""
        return surname(self.key // 31)

    @property
    def name(self) -> str:
        """Given name and surname."""
        return f"{self.first_name} {self.surname}"

    @property
    def email(self) -> str:
        """An address in a domain reserved for examples."""
        domain = "example.org" if self.key % 2 else "example.com"
        return f"{ascii_slug(self.first_name)}.{self.surname.lower()}{self.key % 89_989}@{domain}"

    @property
    def handle(self) -> str:
        """A name on social media."""
        return f"@{ascii_slug(self.first_name)}_{self.surname.lower()}{self.key % 997}"

    @property
    def url(self) -> str:
        """A page in a domain reserved for examples."""
        return f"https://www.example.org/{self.surname.lower()}/post-{self.key % 899_981}"

    @property
    def street_address(self) -> str:
        """House number and an invented street."""
        form = self.book.streets[self.key // 7 % len(self.book.streets)]
        return form.format(n=1 + self.key // 3 % 1_899, name=surname(self.key // 11))

    @property
    def phone(self) -> str:
        """A fictional number as people write it."""
        return phone(self.key, self.country, _NORTH_AMERICAN_FORMS[self.key // 5 % 6])


def phone(key: int, country: str, north_american_form: str = "+1{a}555{n}") -> str:
    """A number from a range reserved for fiction; neighbouring keys differ as long as the range lasts."""
    if country in ("US", "CA"):
        areas = _US_AREAS if country == "US" else _CANADIAN_AREAS
        return north_american_form.format(a=areas[key // 100 % len(areas)], n=f"01{key % 100:02d}")
    if country == "DE":
        return f"+49 {_GERMAN_PREFIXES[key // 1000 % 5]}{key % 1000:03d}"
    if country == "FR":
        return f"+33 6 39 98 {key // 100 % 100:02d} {key % 100:02d}"
    return f"+353 20 91{key // 10_000 % 10} {key % 10_000:04d}"


KINDS: tuple[str, ...] = ("PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "STREET_ADDRESS", "SOCIAL_HANDLE", "URL")


def surface(kind: str, person: Person) -> str:
    """The text by which a person is identified, by entity kind.

    >>> from havenlake.synthetic.phrases_en import BOOK
    >>> surface("PHONE_NUMBER", Person(1234, BOOK, "US"))
    '(214) 555-0134'
    """
    by_kind = {
        "PERSON": "name",
        "PHONE_NUMBER": "phone",
        "EMAIL_ADDRESS": "email",
        "SOCIAL_HANDLE": "handle",
        "URL": "url",
    }
    return str(getattr(person, by_kind.get(kind, "street_address")))
