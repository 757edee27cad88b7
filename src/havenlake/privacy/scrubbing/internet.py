"""E-mail and web addresses, addresses of computers, and names on social media."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from havenlake.privacy.scrubbing.candidates import Candidate, Recogniser, Trigger, View
from havenlake.privacy.scrubbing.lexicon import NEVER_ALONE
from havenlake.privacy.scrubbing.spelling import misspelt

_TOP = (
    "com|net|org|edu|gov|info|biz|io|co|uk|ie|de|es|fr|ca|us|eu|app|dev|me|tv|ly|gg|cat|at|ch|be|mx|ar|cl|nl|it|pt|gal|"
    "school|health|online|site|xyz|blog|link|social"
)
_MAILERS = (
    "gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|live|msn|proton|protonmail|gmx|web|me|mac|mail|comcast|"
    "verizon|att|sbcglobal|btinternet|sky|virginmedia|orange|free|wanadoo|laposte|sfr|t-online|posteo|freenet|"
    "telefonica|eircom|shaw|rogers|bell|sympatico|school|college|uni|work|company|example"
)
_DOT = r"(?:\s?(?:\.|\(dot\)|\[dot\])\s?|\s(?:dot|punto|point|punkt)\s)"
_AT = r"(?:\s?(?:\(at\)|\[at\]|\(a\)|\{at\})\s?|\s(?:at|arroba|arobase|chez|klammeraffe|et)\s)"
_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9._%+'-]{1,64}\s?@\s?[a-z0-9-]{1,63}(?:\s?\.\s?[a-z0-9-]{1,63}|\s(?:dot|punto|point|punkt)\s[a-z0-9-]{2,63}){1,4}"
)
_SPOKEN_PART = r"[a-z0-9_+-]{1,40}"
_SPOKEN = re.compile(
    rf"(?<![a-z0-9._+'-]){_SPOKEN_PART}(?:(?:{_DOT}|\s(?:underscore|dash|minus|guion|tiret|unterstrich)\s){_SPOKEN_PART}){{0,3}}"
    rf"{_AT}(?:(?:{_MAILERS})(?:{_DOT}(?:{_TOP})){{1,2}}|(?:gmail|hotmail|icloud|googlemail|protonmail)"
    rf"|[a-z0-9-]{{2,40}}(?:\s?(?:\(dot\)|\[dot\])\s?|\s(?:dot|punto|point|punkt)\s)(?:{_TOP}))(?![a-z0-9])"
)
_URL = re.compile(r"(?:https?\s?:\s?//\s?|www\s?\.\s?)[^\s<>\"]{1,2000}")
_DOMAIN = re.compile(
    rf"(?<![a-z0-9@._-])[a-z0-9](?:[a-z0-9-]{{0,62}}\.){{1,4}}(?:{_TOP})(?![a-z0-9-])(?:[/?#][^\s<>\"]{{0,2000}})?"
)
_SOFT_TOPS = (
    "me",
    "it",
    "at",
    "be",
    "es",
    "us",
    "de",
    "co",
    "app",
    "tv",
    "school",
    "health",
    "link",
    "online",
    "social",
)
_SPOKEN_DOMAIN = re.compile(
    r"(?<![a-z0-9])(?:www\s(?:dot|punto|point|punkt)\s)?[a-z0-9-]{2,40}\s(?:dot|punto|point|punkt)\s(?:com|net|org|co\s(?:dot|punto)\suk)(?![a-z0-9])"
)
_V4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)")
_V6 = re.compile(r"(?<![0-9a-z:.])[0-9a-f:]{2,40}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![0-9a-z:])")
_HANDLE = re.compile(r"(?<![\w@.])@\s?([a-z0-9_](?:[a-z0-9_.-]{0,29}[a-z0-9_])?)")
_SITES = (
    "snapchat|snap|instagram|insta|ig|tiktok|tik tok|twitter|discord|kik|telegram|facebook|fb|xbox|psn|"
    "steam|roblox|whatsapp|gamertag|gamer tag|reddit|tumblr|youtube|twitch|skype|bereal|threads|linkedin|vsco|signal|messenger"
)
_SAID = (
    r"(?:\s?(?:'s|s|is|are|its|it's|es|est|ist|c'est|cest|lautet|name|user|username|handle|account|acct|tag|id|"
    r"usuario|cuenta|compte|pseudo|nombre|nom|konto|benutzername|me|at|as|under|por|como|sous|unter|called|also|:|=|-|>|@)){0,5}"
)
_NAMED = re.compile(
    rf"(?<![a-z0-9_])(?:(?:my|mi|mon|mein|meine|ma|his|her|their|the|su|son|sein|ihr)\s)?"
    rf"(?:{_SITES}|user\s?name|usuario|pseudo|benutzername|handle|screen\s?name)(?![a-rt-z0-9]){_SAID}\s?[:=@>\s\"'-]{{1,4}}"
    r"([a-z0-9_](?:[a-z0-9_.#-]{1,29}[a-z0-9_]))(?![a-z0-9])"
)
_ADD = re.compile(
    rf"(?<![a-z0-9])(?:(?:add|follow|find|message|msg|dm|text|hit|look)\s(?:me|us|him|her|them)(?:\sup)?|agregame|anademe|buscame|sigueme|"
    rf"ajoute[\s-]moi|suis[\s-]moi|trouve[\s-]moi|adde\smich|add\smich|folg\smir|schreib\smir)"
    rf"(?:\s(?:on|at|in|en|por|sur|auf|bei|my|mi|mon|the|el))?(?:\s(?:{_SITES}))?{_SAID}\s?[:=@>\s\"'-]{{1,4}}"
    r"([a-z0-9_](?:[a-z0-9_.#-]{1,29}[a-z0-9_]))(?![a-z0-9])"
)
_DISCORD = re.compile(r"(?<![a-z0-9_.#])[a-z0-9_.]{2,32}#\d{4}(?!\d)")


def _emails(view: View) -> Iterator[Candidate]:
    for match in _EMAIL.finditer(view.text):
        yield Candidate(match.start(), match.end(), "EMAIL_ADDRESS", 1.0, "email")
    for match in _SPOKEN.finditer(view.text):
        local, _, host = match.group().partition(" at ")
        if host in _MAILERS.split("|") and (len(local) < 3 or view.common(local)):
            continue  # "i was at gmail"
        yield Candidate(match.start(), match.end(), "EMAIL_ADDRESS", 0.9, "email-spoken")


def _urls(view: View) -> Iterator[Candidate]:
    for match in _URL.finditer(view.text):
        yield Candidate(match.start(), _trimmed(view.text, match.start(), match.end()), "URL", 1.0, "url")
    for match in _DOMAIN.finditer(view.text):
        end = _trimmed(view.text, match.start(), match.end())
        name, _, rest = view.text[match.start() : end].partition("/")
        label, _, top = name.rpartition(".")
        if top in _SOFT_TOPS and not rest and (view.common(label) or label.count(".")):
            continue  # "tell.me", "school.it": a full stop without a space
        if top == "co" and not rest and not view.common(label) and label.isdigit():
            continue
        yield Candidate(match.start(), end, "URL", 0.8, "domain")
    for match in _SPOKEN_DOMAIN.finditer(view.text):
        yield Candidate(match.start(), match.end(), "URL", 0.7, "domain-spoken")


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of an address without the punctuation of its sentence."""
    while end > start and text[end - 1] in ".,;:!?)]}'\"*":
        if text[end - 1] == ")" and text.count("(", start, end) == text.count(")", start, end):
            break
        end -= 1
    return end


def _addresses(view: View) -> Iterator[Candidate]:
    for pattern in (_V4, _V6):
        for match in pattern.finditer(view.text):
            found = match.group()
            if (found.count(":") >= 2 or pattern is _V4) and _is_address(found):
                yield Candidate(match.start(), match.end(), "IP_ADDRESS", 0.95, "ip")


def _is_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).compressed != "::"
    except ValueError:
        return False


def _handles(view: View) -> Iterator[Candidate]:
    for match in _HANDLE.finditer(view.text):
        word = match.group(1)
        if not view.common(word) or word not in ("home", "work", "school", "the", "night", "all", "me", "my", "least"):
            yield Candidate(match.start(), match.end(1), "SOCIAL_HANDLE", 0.9, "handle")
    for pattern in (_NAMED, _ADD):
        for match in pattern.finditer(view.text):
            if _is_handle(view, match.group(1)):
                yield Candidate(match.start(1), match.end(1), "SOCIAL_HANDLE", 0.8, "handle-cue")
    for match in _DISCORD.finditer(view.text):
        yield Candidate(match.start(), match.end(), "SOCIAL_HANDLE", 0.9, "handle-discord")


def _is_handle(view: View, name: str) -> bool:
    """Whether a word after "my snap is" can be a name there; a plain word of the language cannot."""
    if name.isdigit() or name in _NO_HANDLES:
        return False
    if any(c.isdigit() or c in "_.#" for c in name):
        return not all(view.common(part) or not part or part.isdigit() for part in name.split("."))
    if view.lexicon.words.get(name, 0) & NEVER_ALONE or view.common(name):
        return False
    return len(name) > 3 and not misspelt(name, view.languages)


_NO_HANDLES = frozenset((_SITES + "|name|username|account|and|or").split("|"))
_DOTS = frozenset(("dot", "punto", "point", "punkt"))
_MAIL = Trigger(
    marks=("@",), words=_DOTS | {"gmail", "hotmail", "icloud", "googlemail", "protonmail", *_MAILERS.split("|")}
)
_SOCIAL = Trigger(
    marks=("@", "#", "c'est", "gamer tag", "tik tok"),
    words=frozenset(
        (
            *_SITES.split("|"),
            *"snaps instas username user usuario pseudo benutzername handle screenname screen add follow find message msg".split(),
            *"dm text hit look agregame anademe buscame sigueme ajoute suis trouve adde folg schreib".split(),
        )
    ),
)
RECOGNISERS = (
    Recogniser("email", ("EMAIL_ADDRESS",), _MAIL, _emails),
    Recogniser("url", ("URL",), Trigger(marks=(".", "://", "www"), words=_DOTS), _urls),
    Recogniser("ip", ("IP_ADDRESS",), Trigger(digits=True, marks=("::",)), _addresses),
    Recogniser("handle", ("SOCIAL_HANDLE",), _SOCIAL, _handles),
)
