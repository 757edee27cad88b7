"""What becomes of a span: a tag, stars, or a keyed hash that is the same for the same surface."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from havenlake.config.policies import ENTITIES, ScrubPolicy
from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubber import Span
from havenlake.privacy.scrubbing.folding import fold

Operation = Callable[[Span, str], str]
_HASH_DIGITS = 8


def operations(policy: ScrubPolicy, key: bytes | None) -> dict[str, Operation]:
    """The operation of each entity. HL-SCR-001 when one hashes and there is no key."""
    hashing = [e for e in ENTITIES if policy.rule(e).operator == "hash"]
    if hashing and not key:
        raise HavenlakeError(
            "HL-SCR-001",
            f"the policy hashes {', '.join(hashing)}, and there is no key to hash with",
            hint="give Scrubber.load a hash_key of 32 random bytes, or choose another operator",
        )

    def hashed(span: Span, surface: str) -> str:
        text = " ".join(fold(surface).text.split())
        digest = hmac.digest(key or b"", f"{span.entity}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"<{span.entity}_{digest.hex()[:_HASH_DIGITS]}>"

    by_name: dict[str, Operation] = {"replace": _replaced, "mask": _masked, "hash": hashed}
    return {e: by_name[policy.rule(e).operator] for e in ENTITIES if policy.rule(e).operator != "keep"}


def apply(text: str, spans: Sequence[Span], operation: dict[str, Operation]) -> str:
    """The text with every span replaced; spans are in order and do not overlap."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        pieces += (text[at : span.start], operation[span.entity](span, text[span.start : span.end]))
        at = span.end
    return "".join((*pieces, text[at:]))


def _replaced(span: Span, _surface: str) -> str:
    return f"<{span.entity}>"


def _masked(_span: Span, surface: str) -> str:
    return "".join("*" if c.isalnum() else c for c in surface)
