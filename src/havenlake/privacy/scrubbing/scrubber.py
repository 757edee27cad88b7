"""`Scrubber`: the public door to the cascade. Plain data that travels by pickle; the engine is built where it works."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from havenlake.config.policies import ScrubPolicy, load_policy
from havenlake.privacy.scrubber import Codes, ScrubbedText
from havenlake.privacy.scrubbing.engine import Engine
from havenlake.privacy.scrubbing.model import shipped_tagger
from havenlake.privacy.scrubbing.operators import operations

_LOG = logging.getLogger(__name__)
_LIBRARIES = ("phonenumbers", "python-stdnum")


class Scrubber:
    """Scrubs texts by a policy.

    >>> Scrubber.load().scrub(["im jess, call 415 555 0100"], languages=["en"], countries=["us"])[0].text
    'im <PERSON>, call <PHONE_NUMBER>'
    """

    def __init__(self, policy: ScrubPolicy, hash_key: bytes | None = None) -> None:
        operations(policy, hash_key)
        shipped_tagger()
        self.policy = policy
        self._hash_key = hash_key
        self._fingerprint = _fingerprint(policy, hash_key)

    @classmethod
    def load(
        cls, policy: str | ScrubPolicy | None = None, *, root: Path | None = None, hash_key: bytes | None = None
    ) -> Scrubber:
        """A scrubber of a policy, or of its name or path under `root`; without one, of the default that ships.

        `hash_key` is needed by policies that hash. Raises HL-SCR-002 when the shipped model is damaged,
        HL-CFG-011 for an unknown name, HL-SCR-001 without a
        needed key, and `ConfigErrors` for a policy with errors.
        """
        return cls(policy if isinstance(policy, ScrubPolicy) else load_policy(policy, root), hash_key)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over policy, code, word lists and libraries: another one may scrub differently."""
        return self._fingerprint

    def scrub(
        self,
        texts: Sequence[str | None],
        languages: Sequence[Codes] | None = None,
        countries: Sequence[Codes] | None = None,
        conversations: Sequence[str | None] | None = None,
        known: Sequence[Sequence[str]] | None = None,
    ) -> list[ScrubbedText]:
        """One result per text, in order; each further argument, where given, has one item per text.

        Texts of the same conversation share names, so give a conversation whole. A text that cannot be scrubbed
        comes back as None with the kind of error; the log gets the number of such texts and nothing of them.
        """
        empty: list[None] = [None] * len(texts)
        engine = _engine(self.policy, self._hash_key)
        results = engine.scrub(
            texts, languages or empty, countries or empty, conversations or empty, known or [()] * len(texts)
        )
        failures = Counter(r.failure for r in results if r.failure)
        if failures:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(failures.items()))
            _LOG.warning(
                "%d of %d texts could not be scrubbed and became NULL (%s)", failures.total(), len(texts), kinds
            )
        return results

    def __repr__(self) -> str:
        return f"Scrubber({self._fingerprint!r})"


@lru_cache(maxsize=8)
def _engine(policy: ScrubPolicy, hash_key: bytes | None) -> Engine:
    return Engine(policy, hash_key)


def _fingerprint(policy: ScrubPolicy, hash_key: bytes | None) -> str:
    parts = [
        policy.model_dump_json(exclude={"description"}),
        _code(),
        *(f"{name}={version(name)}" for name in _LIBRARIES),
    ]
    if hash_key is not None:
        parts.append(hashlib.sha256(b"havenlake.scrub.key" + hash_key).hexdigest()[:16])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """Hash of the modules and lists of this package."""
    digest = hashlib.sha256()
    for item in sorted(_files(files("havenlake.privacy.scrubbing")), key=lambda pair: pair[0]):
        digest.update(item[0].encode() + b"\0" + hashlib.sha256(item[1]).digest())
    return digest.hexdigest()


def _files(folder: Any, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for item in folder.iterdir():
        if item.is_dir() and item.name != "__pycache__":
            found += _files(item, f"{prefix}{item.name}/")
        elif item.name.endswith((".py", ".gz", ".yaml", ".model", ".lock")):
            found.append((prefix + item.name, item.read_bytes()))
    return found
