"""Numbers that must stay readable: crisis lines and emergency services, from `readable_numbers.yaml`."""

from __future__ import annotations

from functools import cache

import yaml

from havenlake.privacy.scrubbing.lexicon import data


@cache
def readable_numbers() -> frozenset[str]:
    """Digits of all numbers that no recogniser may take, with and without the country's prefix."""
    listed = yaml.safe_load(data("readable_numbers.yaml"))["numbers"]
    found: set[str] = set()
    for entry in listed:
        digits = "".join(c for c in str(entry["number"]) if c.isdigit())
        found.add(digits)
        prefix = {"us": "1", "ca": "1", "gb": "44", "ie": "353", "de": "49", "es": "34", "fr": "33"}[entry["country"]]
        if len(digits) >= 6:
            found |= {prefix + digits.removeprefix("0"), "00" + prefix + digits.removeprefix("0")}
    return frozenset(found)
