"""Schools and workplaces that a word beside them gives away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.lexicon import NEVER_ALONE
from havenlake.privacy.scrubbing.spelling import misspelt

_W = r"[^\W_][^\W_'.&-]{0,24}(?:['.&-][^\W_]{1,20}){0,2}"
_SCHOOL_TYPES = (
    "high school|high|middle school|elementary school|elementary|primary school|primary|secondary school|secondary|"
    "grammar school|junior high|prep school|prep|charter school|academy|university|college|community college|school|"
    "comprehensive|sixth form|institute|gymnasium|realschule|gesamtschule|hauptschule|grundschule|oberschule|schule"
)
_BEFORE = re.compile(rf"(?<![\w'])((?:{_W}\s){{1,3}}?)(?:{_SCHOOL_TYPES})(?![\w-])")
_AFTER = re.compile(
    r"(?<![\w])(?:(?:university|college|school)\s(?=of\s)|(?:universidad|instituto|colegio|ies|escuela|cole|lycee|college|ecole|universite|fac|"
    rf"gymnasium|realschule|gesamtschule|grundschule|universitat|hochschule)\s)(?P<of>(?:of|de|del|de la|du|des|d'|la|von|fur|in)\s)?({_W}(?:\s{_W}){{0,2}})"
)
_JOINED = re.compile(
    r"(?<![\w-])[^\W\d_]{3,25}(?:-[^\W\d_]{2,20}){0,3}-(?:gymnasium|schule|realschule|gesamtschule|grundschule|universitat|oberschule)(?![\w])"
)
_WORK = re.compile(
    r"(?<![\w])(?:work|works|worked|working|job|intern|shift|employed)\s(?:at|for|with)\s(?:the\s)?|(?<![\w])(?:trabajo|trabaja|trabajando|trabajaba)\s(?:en|para)\s(?:el\s|la\s)?"
    r"|(?<![\w])(?:travaille|bosse|travaillais|employee?)\s(?:chez|a|pour|au)\s(?:la\s|le\s)?|(?<![\w])(?:arbeite|arbeitet|jobbe|angestellt)\s(?:bei|beim|fur)\s(?:der\s|dem\s)?"
)
_NAME = re.compile(_W)
_CUED = re.compile(
    r"\b(?:go to|goes to|went to|going to|attend|attends|attended|student at|teacher at|teach at|at|from|study at|graduated from|i'm at|im at|freshman at|junior at|senior at|sophomore at)\s(?:the\s)?$"
)


def _schools(view: View) -> Iterator[Candidate]:
    for match in _BEFORE.finditer(view.text):
        start = _first_own_word(view, match.start(1), match.end(1))
        bare = match.group().endswith(
            (" school", " schule", " college", " university", " primary", " secondary", " high")
        )
        if start is not None and not (bare and view.common(view.text[start : match.end(1)].split()[-1])):
            yield Candidate(start, match.end(), "SCHOOL", 0.8, "school")
    for match in _AFTER.finditer(view.text):
        end = _last_own_word(view, match.start(2), match.end(2))
        if end is not None:
            yield Candidate(match.start(), end, "SCHOOL", 0.8, "school-after")
    for match in _JOINED.finditer(view.text):
        yield Candidate(match.start(), match.end(), "SCHOOL", 0.75, "school-joined")


def _own(view: View, word: str, start: int) -> bool:
    """Whether a word is a name rather than part of the sentence: uncommon, or written with a capital."""
    raised = view.folded.upper(start) and not view.shouted and start > 0
    word = word.partition("'")[0]
    known = view.lexicon.names.get(word, 0) & 7
    if len(word) < 2 or view.lexicon.words.get(word, 0) & NEVER_ALONE:
        return False
    if not view.common(word) and not (misspelt(word, view.languages) and not raised and not known):
        return True
    return bool(raised and (known or not _function(word)))


def _function(word: str) -> bool:
    return word in _FUNCTION


_FUNCTION = frozenset(
    "i my your his her our their the a an in at to from of and or but is was new old this that every first last next after before during "
    "public private catholic local same different whole high middle junior senior primary secondary law med medical grad art music night summer sunday "
    "mi tu su el la los las un una en de del al y o mon ma ton ta son sa notre le les une du des a au et ou mein meine dein die der das im in ein eine zur zum "
    "what which when whose how where did do does have has had this these those hate love like go goes going went started start finish left drop skip miss missed for with all no not back home online boarding driving nursing".split()
)


def _first_own_word(view: View, start: int, end: int) -> int | None:
    """Where the name before "high school" begins: its words in one row back from there."""
    words = [(m.group(), start + m.start()) for m in _NAME.finditer(view.text[start:end])]
    found: int | None = None
    cued = False
    for word, at in reversed(words):
        if word.rstrip(".") in _FUNCTION or not (
            _own(view, word, at) or (found is not None and word in ("st", "saint", "mount", "lake", "fort", "st."))
        ):
            break
        found = at
    if found is None and words and _CUED.search(view.before(words[-1][1])):
        word, at = words[-1]
        cued = (
            bool(view.lexicon.names.get(word, 0) & 7)
            and word not in _FUNCTION
            and not view.lexicon.words.get(word, 0) & 16
        )
        return at if cued else None
    return found


def _last_own_word(view: View, start: int, end: int) -> int | None:
    """Where the name after "universidad de" ends; None where only common words follow."""
    found: int | None = None
    for match in _NAME.finditer(view.text[start:end]):
        if match.group() in _FUNCTION or not _own(view, match.group(), start + match.start()):
            break
        found = start + match.end()
    return found


def _workplaces(view: View) -> Iterator[Candidate]:
    for cue in _WORK.finditer(view.text):
        end = _last_own_word(view, cue.end(), min(len(view.text), cue.end() + 80))
        first = _NAME.match(view.text, cue.end())
        if end is not None and first is not None:
            stop = first.end() if end < first.end() else _row(view, cue.end(), end)
            yield Candidate(cue.end(), stop, "WORKPLACE", 0.65, "workplace")


def _row(view: View, start: int, end: int) -> int:
    """At most three words without punctuation between them."""
    last = start
    for count, match in enumerate(_NAME.finditer(view.text[start:end])):
        if count == 3 or (count and view.text[last : start + match.start()].strip()):
            break
        last = start + match.end()
    return last


_SCHOOL_WORD = Trigger(
    words=frozenset(
        "school high academy university college elementary prep primary secondary comprehensive institute instituto colegio "
        "escuela ies universidad cole lycee ecole universite fac uni gymnasium realschule gesamtschule hauptschule grundschule "
        "oberschule schule universitat hochschule form".split()
    )
)
_WORK_WORD = Trigger(
    words=frozenset(
        "work works worked working job intern shift employed trabajo trabaja trabajando trabajaba travaille bosse travaillais "
        "employe employee arbeite arbeitet angestellt jobbe".split()
    )
)
RECOGNISERS = (
    Recogniser("school", ("SCHOOL",), _SCHOOL_WORD, _schools),
    Recogniser("workplace", ("WORKPLACE",), _WORK_WORD, _workplaces),
)
