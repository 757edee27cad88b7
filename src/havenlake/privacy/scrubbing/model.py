"""The trained model of names that ships with the package: read once per process, and only if it is the released one.

A model file is a line of JSON (format, buckets, scale) and one signed byte per bucket. `models.lock` beside it holds its
sha256; a file that is missing, cut or another one is HL-SCR-002, and nothing is scrubbed then.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

import yaml

from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubbing.features import BUCKETS
from havenlake.privacy.scrubbing.lexicon import data
from havenlake.privacy.scrubbing.tagger import Tagger

FILE = "names.model"
FORMAT = 1


def packed(weights: bytes, scale: float) -> bytes:
    """The bytes of a model file."""
    head = json.dumps({"format": FORMAT, "buckets": BUCKETS, "scale": scale})
    return head.encode() + b"\n" + weights


@cache
def shipped_tagger() -> Tagger:
    """The tagger of the shipped model; HL-SCR-002 when its file is not the one in the lock."""
    try:
        content = data(FILE)
        lock = yaml.safe_load(data("models.lock"))
    except (OSError, yaml.YAMLError) as error:
        raise _unusable(type(error).__name__) from None
    return tagger_of(content, lock)


def tagger_of(content: bytes, lock: Any) -> Tagger:
    """The tagger of a file's bytes, checked against a lock."""
    listed = lock.get("models", ()) if isinstance(lock, dict) else ()
    wanted = next((entry["sha256"] for entry in listed if entry.get("file") == FILE), None)
    if wanted is None or hashlib.sha256(content).hexdigest() != wanted:
        raise _unusable("another sha256 than in models.lock")
    head, _, weights = content.partition(b"\n")
    facts = json.loads(head)
    if facts["format"] != FORMAT or facts["buckets"] != BUCKETS or len(weights) != BUCKETS:
        raise _unusable("a format this release does not read")
    return Tagger(weights, float(facts["scale"]))


def _unusable(why: str) -> HavenlakeError:
    return HavenlakeError(
        "HL-SCR-002",
        f"the scrubber's model of names cannot be used ({why})",
        where=FILE,
        hint="install this release of havenlake again; nothing is scrubbed without its model",
    )
