"""Street addresses and postal codes of the seven countries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import DIGITS, Candidate, Recogniser, View
from havenlake.privacy.scrubbing.lexicon import LANGUAGE_BITS, PLACE

_EN_TYPES = (
    "street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|circle|cir|terrace|ter|way|"
    "highway|hwy|parkway|pkwy|crescent|cres|close|square|sq|gardens|gdns|grove|park|row|hill|mews|walk|trail|trl|route|"
    "loop|alley|plaza|green|heights|manor|view|quay|villas|estate|drv|str|parade|rise|broadway"
)
_UNIT = r"(?:,?\s(?:apt|apartment|unit|suite|ste|flat|floor|fl|room|rm|lot|bldg|#)\.?\s?#?[a-z0-9-]{1,6}\b|,?\s#\s?[a-z0-9-]{1,6}\b)"
_FLAT = r"(?:(?:flat|apt|apartment|unit|suite)\.?\s#?[a-z0-9]{1,4},?\s)?"
_EN = re.compile(
    rf"(?<![\w.$£€:/-]){_FLAT}\d{{1,6}}(?:[a-z]|-\d{{1,5}})?,?\s(?P<name>(?:(?:[nsew]|ne|nw|se|sw|north|south|east|west)\.?\s)?"
    rf"(?:[a-z0-9'.-]{{1,20}}\s){{1,4}}?)(?P<type>{_EN_TYPES})\b\.?(?:\s(?:[nsew]|ne|nw|se|sw|north|south|east|west)\b)?{_UNIT}?"
)
_FIRM = frozenset(
    "street st avenue ave road rd drive dr lane ln boulevard blvd crescent terrace parkway pkwy highway hwy".split()
)
_EN_STOP = frozenset(
    "minute minutes min mins hour hours hr hrs day days week weeks month months year years yr yrs time times people ppl "
    "of the a an my your his her our their this that from in on at to and or but is was are were i we you he she they it "
    "miles mile km blocks block steps pm am percent dollars pounds euros bucks kids boys girls friends more other than "
    "for with down up off over out away just not no so if when then before after about around all different every ne 1 2 go da dat u ur got inside".split()
)
_PO_BOX = re.compile(r"\b(?:p\.?\s?o\.?\s?box|postfach|apartado(?: de correos)?|boite postale|bp)\s#?\d{1,7}\b")
_FR = re.compile(
    r"(?<![\w.$£€:/-])\d{1,4}(?:\s?(?:bis|ter|quater)\b)?,?\s(?:rue|avenue|av|ave|boulevard|bd|blvd|place|pl|chemin|ch|allee|allees|impasse|imp|quai|"
    r"cours|route|rte|square|passage|sentier|villa|rang|montee|faubourg)\.?\s(?P<name>(?:(?:de|du|des|la|le|les|l'|d'|aux|au|en)\s?){0,3}"
    r"[^\W\d_]{2,25}(?:[\s-](?:[^\W\d_]{2,25}|de|du|la))?(?:[\s-][^\W\d_]{2,25})?)"
)
_ES = re.compile(
    r"(?<![\w])(?:calle|c/|c(?=\.)|avenida|avda|avd|av|plaza|pza|paseo|camino|carretera|ctra|ronda|travesia|rambla|glorieta|callejon|via|carrer|avinguda|rua)(?:\.\s?|\s|(?<=/))"
    r"(?P<name>(?:(?:de|del|la|las|los|el|san|santa|d'|dels)\s){0,3}[^\W\d_]{2,25}(?:\s[^\W\d_]{2,25}){0,4}?),?\s(?:n\.?\s?[ºo°]?\.?\s?|num\.?\s|numero\s)?\d{1,4}(?!\d)"
    r"(?:\s?bis)?(?:,?\s(?:piso\s|puerta\s|bajo|portal\s|escalera\s)?\d{0,2}\s?[ºoªa°]?\s?[a-z]?\b(?=[\s,.!?]|$))?"
)
_DE = re.compile(
    r"(?<![\w])(?P<name>(?:(?:am|an der|auf dem|auf der|in der|im|zum|zur|unter den|alte|alter|neue|neuer|kleine|grosse|obere|untere|ober|unter)\s)?"
    r"[^\W\d_]{2,30}(?:[\s-][^\W\d_]{2,30})?[\s-]?)(?:strasse|str\.?|weg|platz|allee|gasse|ring|damm|ufer|steig|chaussee|stieg|hof|berg|graben|markt)"
    r"\s?(?:nr\.?\s?)?\d{1,4}\s?[a-h]?(?![\w%€$])"
)
_DE_WORDS = frozenset(
    "der die das den dem des ein eine einen ist bin auf weg vom und oder ich du mein meine kein noch schon ganz den weit in an im am zu zum zur wohne".split()
)
_UK_POSTCODE = re.compile(
    r"(?<![a-z0-9])(?:[a-pr-uwyz][a-hk-y]?\d[a-z\d]?|gir)\s{0,2}\d[abd-hjlnp-uw-z]{2}(?![a-z0-9])"
)
_CA_POSTCODE = re.compile(
    r"(?<![a-z0-9])[abceghj-nprstvxy]\d[abceghj-nprstv-z][\s-]{0,2}\d[abceghj-nprstv-z]\d(?![a-z0-9])"
)
_EIRCODE = re.compile(r"(?<![a-z0-9])(?:[ac-fhknprtv-y]\d\d|d6w)\s{0,2}[0-9ac-fhknprtv-y]{4}(?![a-z0-9])")
_ZIP4 = re.compile(r"(?<![\d-])\d{5}-\d{4}(?![\d-])")
_FIVE = re.compile(
    r"(?<![\w.,$£€#:-])(?:(?:d|f|e|de|fr|es)-)?\d{5}(?![\w%]|[.,]\d|\s?(?:eur|dollars|pounds|people|steps|views|followers|times|miles|km|words|euros|dolares|personas))"
)
_POST_CUE = re.compile(
    r"\b(?:zip|zipcode|zip code|postal|postcode|post code|plz|postleitzahl|codigo postal|c\.?p|cp|code postal|area code|eircode|"
    r"a[kzr]|c[at]|fl|ga|i[la]|k[sy]|m[dnst]|n[cdehjmvy]|ri|s[cd]|t[nx]|ut|v[at]|w[aivy]|dc|(?<=, )(?:al|co|de|hi|i[dn]|la|m[aeio]|o[hkr]|pa)|"
    r"texas|california|florida|ohio|illinois|york|georgia|michigan|virginia|washington|arizona)\W{1,3}(?:code\W|is\W|es\W|ist\W|est\W){0,2}$"
)


def _streets(view: View) -> Iterator[Candidate]:
    text = view.text
    for match in _EN.finditer(text) if view.within("us", "ca", "gb", "ie") else ():
        words = match["name"].replace(".", " ").split()
        if not _EN_STOP.intersection(words) and (match["type"] in _FIRM or _own_name(view, words)):
            yield Candidate(match.start(), match.end(), "STREET_ADDRESS", 0.85, "street-en")
    for pattern, name, countries in ((_FR, "street-fr", ("fr", "ca")), (_ES, "street-es", ("es", "us"))):
        for match in pattern.finditer(text) if view.within(*countries) else ():
            if not _NO_STREET.isdisjoint(match["name"].split()):
                continue
            yield Candidate(match.start(), _kept(view, match, name), "STREET_ADDRESS", 0.85, name)
    for match in _DE.finditer(text) if view.within("de") else ():
        start = match.start() + _leading(match["name"])
        if start < match.end("name") and match["name"].split()[-1] not in _DE_WORDS and _german(view, match):
            yield Candidate(start, match.end(), "STREET_ADDRESS", 0.85, "street-de")
    for match in _PO_BOX.finditer(text):
        yield Candidate(match.start(), match.end(), "STREET_ADDRESS", 0.85, "po-box")


_NO_STREET = frozenset("par pour avec sur dans et qui que pas desde con por para hace y tras entre hasta sin".split())


def _own_name(view: View, words: list[str]) -> bool:
    """Whether a street's name has a word that is none of the language's, as "12 Varanbrook Way"."""
    bare = [word.removesuffix("'s") for word in words]
    return any(
        len(word) > 2 and word.isalpha() and (not view.common(word) or word != own)
        for word, own in zip(bare, words, strict=True)
    )


def _german(view: View, match: re.Match[str]) -> bool:
    """Whether the street is one word, or its name is not a common word of another language ("go str 2")."""
    name = match["name"].rstrip(" -")
    return match["name"] == name or not view.lexicon.words.get(name.split()[-1], 0) & ~LANGUAGE_BITS["de"]


def _kept(view: View, match: re.Match[str], name: str) -> int:
    """The end of a French address: the second and third word of a street only where they are no common words."""
    if name != "street-fr":
        return match.end()
    words = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[^\W\d_]+", match["name"])]
    small = {"de", "du", "des", "la", "le", "les", "l", "d", "aux", "au", "en"}
    end, real = match.end(), 0
    for start, stop, word in words:
        if real and view.common(word) and word not in small:
            return match.start("name") + max(start - 1, 0)
        real += word not in small
        end = match.start("name") + stop
    return end


def _leading(name: str) -> int:
    """Length of the words before a German street's name that belong to the sentence."""
    at = 0
    while " " in name[at:].rstrip() and name[at:].partition(" ")[0] in _DE_WORDS:
        at += len(name[at:].partition(" ")[0]) + 1
    return at


def _postcodes(view: View) -> Iterator[Candidate]:
    forms = (("gb", _UK_POSTCODE), ("ca", _CA_POSTCODE), ("ie", _EIRCODE), ("us", _ZIP4))
    for country, form in forms:
        if view.within(country):
            for match in form.finditer(view.text):
                if " " in match.group() or not match.group().isalpha():
                    yield Candidate(match.start(), match.end(), "POSTCODE", 0.85, f"postcode-{country}")
    if view.within("us", "de", "es", "fr"):
        for match in _FIVE.finditer(view.text):
            if _POST_CUE.search(view.before(match.start())) or "-" in match.group() or _before_place(view, match.end()):
                yield Candidate(match.start(), match.end(), "POSTCODE", 0.7, "postcode-five")


def _before_place(view: View, end: int) -> bool:
    """Whether a city follows, as in "10115 Berlin"."""
    match = re.match(r"\s([^\W\d_]{3,})", view.text[end : end + 30])
    return bool(match) and bool(view.lexicon.kinds(match[1], view.languages)[0] & PLACE) if match else False


RECOGNISERS = (
    Recogniser("street", ("STREET_ADDRESS",), DIGITS, _streets),
    Recogniser("postcode", ("POSTCODE",), DIGITS, _postcodes),
)
