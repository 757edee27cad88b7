"""Words that announce a name, in four languages: what a cue promises decides how much is asked of the word after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import IntEnum


class Cue(IntEnum):
    """How much a cue promises."""

    GREETING = 1
    """"hi": a known name only."""
    WEAK = 2
    """"im": a known name, one that is a word too, or an unknown word with a capital."""
    KIN = 3
    """"my friend": also an unknown word in lower case, unless it looks like a typing error."""
    TITLE = 4
    """"mr": also surnames that are words."""
    STRONG = 5
    """"my name is": anything but a common word that is no name."""


_PHRASES: dict[Cue, str] = {
    Cue.STRONG: """
        my name is|my name's|my names|my name|name is|name's|names|my full name is|my real name is|they call me|everyone calls me|people call me|i go by|
        goes by|named|name was|asked to be called|full name|first name|last name|surname|signed|
        me llamo|mi nombre es|mi nombre|se llama|se llamaba|me dicen|me llaman|mi apellido es|apellido|
        je m'appelle|je mappelle|m'appelle|mappelle|mon nom est|mon nom c'est|mon prenom est|mon prenom c'est|mon prenom|s'appelle|sappelle|s'appelait|on m'appelle|prenomme|
        prenommee|
        ich heisse|ich heise|heisse|heisst|mein name ist|mein name is|mein name|namens|vorname|nachname|name ist|genannt|nennen mich""",
    Cue.TITLE: """
        mr|mrs|ms|mister|missus|dr|doctor|doc|prof|professor|miss|sir|coach|pastor|father|officer|nurse|therapist|counselor|counsellor|principal|
        senor|senora|senorita|sr|sra|srta|don|dona|profe|doctora|monsieur|madame|mme|mlle|mademoiselle|docteur|maitre|
        herr|frau|fraulein|doktor|pfarrer|lehrer|lehrerin""",
    Cue.KIN: """
        my friend|best friend|my bestie|my bff|boyfriend|girlfriend|my bf|my gf|my ex|my husband|my wife|my brother|my sister|my bro|my sis|my son|my daughter|
        my cousin|my uncle|my aunt|my auntie|uncle|aunt|auntie|aunty|my teacher|my boss|my roommate|my partner|my stepdad|my stepmom|my nephew|my niece|my grandma|my grandpa|
        my mom|my dad|my mum|my neighbor|my neighbour|friend|brother|sister|daughter|son|cousin|husband|wife|bf|gf|stepdad|stepmom|roommate|guy named|girl named|
        mi amigo|mi amiga|mi novio|mi novia|mi hermano|mi hermana|mi primo|mi prima|mi hijo|mi hija|mi tio|mi tia|mi ex|mi marido|mi esposo|mi esposa|mi jefe|mi jefa|tio|tia|
        mon ami|mon amie|mon copain|ma copine|mon mari|ma femme|mon frere|ma soeur|mon cousin|ma cousine|mon fils|ma fille|mon ex|mon oncle|ma tante|tonton|tata|tante|oncle|
        mein freund|meine freundin|mein bruder|meine schwester|mein mann|meine frau|mein sohn|meine tochter|mein ex|mein cousin|meine cousine|onkel|mein chef|meine chefin|
        dating|married to|called|talk to|talked to|talking to|texted|told me|emergency contact is""",
    Cue.WEAK: """
        im|i'm|i am|it's|its|it is|this is|call me|soy|yo soy|aqui|habla|llamame|je suis|moi c'est|moi cest|c'est|cest|ici|appelez moi|appelle moi|
        ich bin|bin|ich bins|ich bin's|hier ist|hier spricht|ist die|ist der|nenn mich|with|and|und|et|y|con|avec|mit|by|from|for|para|pour|fur|von|de|sincerely|regards|love|xoxo""",
    Cue.GREETING: """
        hi|hey|hello|dear|hiya|yo|thanks|thank you|thx|ty|bye|goodnight|gn|hola|gracias|adios|querido|querida|bonjour|salut|coucou|merci|cher|chere|
        hallo|liebe|lieber|danke|tschuss|servus|moin|to|a|an|about|sobre|uber|ask|tell|told|ok|okay|yes|no|yeah|good morning|good night""",
}


def _table(phrases: dict[Cue, str]) -> dict[str, tuple[tuple[tuple[str, ...], Cue], ...]]:
    """Cues by their last word, longest first, as the words before it."""
    table: dict[str, list[tuple[tuple[str, ...], Cue]]] = defaultdict(list)
    for cue, text in phrases.items():
        for phrase in text.split("|"):
            *before, last = phrase.split()
            table[last].append((tuple(before), cue))
    return {last: tuple(sorted(found, key=lambda f: (-len(f[0]), -f[1]))) for last, found in table.items()}


CUES = _table(_PHRASES)
ANNOUNCING = frozenset(last for last, found in CUES.items() if any(cue >= Cue.KIN for _, cue in found))
"""Last words of the cues after which even an unknown word in lower case is a name."""


def cue_before(words: Iterable[str]) -> Cue | None:
    """The cue that ends at the last of these words, given in reading order; at most the four last count."""
    *before, last = words
    for expected, cue in CUES.get(last, ()):
        if not expected or tuple(before[-len(expected) :]) == expected:
            return cue
    return None
