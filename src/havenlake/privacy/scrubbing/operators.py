"""What becomes of a span: a tag, a number, a keyed pseudonym, something coarser, or stars."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from havenlake.config.policies import ENTITIES, KEYED, ScrubPolicy
from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubber import Span
from havenlake.privacy.scrubbing.folding import fold

TAG = re.compile(rf"<(?:{'|'.join(ENTITIES)})(?:_(?:[0-9a-f]{{1,8}}|90_OR_MORE))?>")
"""What a detail was replaced by before; it is left alone, and so scrubbing twice changes nothing."""
_HASH_DIGITS = 8
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_OLD = "90_OR_MORE"


class Scope:
    """A conversation, or a text that stands alone: where numbers count and pseudonyms are the same."""

    def __init__(self, name: Hashable) -> None:
        self.name = name
        self._numbers: dict[str, dict[str, int]] = defaultdict(dict)

    def number(self, entity: str, surface: str) -> int:
        """1 for the first surface of its kind in the conversation, 2 for the next."""
        seen = self._numbers[entity]
        return seen.setdefault(surface, len(seen) + 1)


Operation = Callable[[Span, str, Scope], str]


def operations(policy: ScrubPolicy, key: bytes | None) -> dict[str, Operation]:
    """The operation of each entity. HL-SCR-001 when one hashes and there is no key."""
    keyed = [e for e in ENTITIES if policy.rule(e).operator in KEYED]
    if keyed and not key:
        raise HavenlakeError(
            "HL-SCR-001",
            f"the policy hashes {', '.join(keyed)}, and there is no key to hash with",
            hint="give Scrubber.load a hash_key of 32 random bytes, or choose another operator",
        )
    secret = key or b""

    def hashed(span: Span, surface: str, _scope: Scope) -> str:
        return _digest(secret, span, surface)

    def pseudonym(span: Span, surface: str, scope: Scope) -> str:
        own = hmac.digest(secret, f"conversation\0{scope.name}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return _digest(own, span, surface)

    by_name: dict[str, Operation] = {
        "replace": _replaced,
        "number": _numbered,
        "pseudonym": pseudonym,
        "generalise": _generalised,
        "mask": _masked,
        "hash": hashed,
    }
    return {e: by_name[policy.rule(e).operator] for e in ENTITIES if policy.rule(e).operator != "keep"}


def apply(text: str, spans: Sequence[Span], operation: dict[str, Operation], scope: Scope) -> str:
    """The text with every span replaced; spans are in order and do not overlap."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], operation[span.entity](span, text[span.start : span.end], scope))
        at = span.end
    return "".join((*pieces, text[at:]))


def _plain(surface: str) -> str:
    return " ".join(fold(surface).text.split())


def _digest(key: bytes, span: Span, surface: str) -> str:
    text = f"{span.entity}\0{_plain(surface)}".encode("utf-8", "surrogatepass")
    return f"<{span.entity}_{hmac.digest(key, text, hashlib.sha256).hex()[:_HASH_DIGITS]}>"


def _replaced(span: Span, _surface: str, _scope: Scope) -> str:
    return f"<{span.entity}>"


def _numbered(span: Span, surface: str, scope: Scope) -> str:
    return f"<{span.entity}_{scope.number(span.entity, _plain(surface))}>"


def _generalised(span: Span, surface: str, _scope: Scope) -> str:
    """A date's year where it is written in full, and ages as what they all are; anything else as its kind."""
    if span.entity == "AGE":
        return f"<AGE_{_OLD}>"
    year = _YEAR.search(_plain(surface)) if span.entity in ("DATE", "DATE_OF_BIRTH") else None
    return f"<{span.entity}_{year.group()}>" if year else f"<{span.entity}>"


def _masked(_span: Span, surface: str, _scope: Scope) -> str:
    return "".join("*" if c.isalnum() else c for c in surface)
