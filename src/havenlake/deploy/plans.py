"""What a plan of Terraform would do, without its values: what may leave the machine that planned."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_QUIET = (["no-op"], ["read"])
_WORDS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}


@dataclass(frozen=True)
class Change:
    """One resource that would change."""

    unit: str
    address: str
    action: str


@dataclass(frozen=True)
class PlanSummary:
    """All changes of an instance, and a digest by which an approved plan is known again."""

    changes: tuple[Change, ...]
    digest: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.changes)

    @property
    def counts(self) -> Mapping[str, int]:
        """Changes by action."""
        return dict(sorted(Counter(change.action for change in self.changes).items()))

    def lines(self) -> tuple[str, ...]:
        """For people: counts, then each address. No value of an attribute is among them."""
        head = ", ".join(f"{count} to {action}" for action, count in self.counts.items()) or "nothing to change"
        return (head, *(f"{change.action:<8} {change.unit}: {change.address}" for change in self.changes))


def summary(plans: Mapping[str, Mapping[str, Any]]) -> PlanSummary:
    """The changes of an instance's plans, by unit, in the JSON form of Terraform.

    The digest is made of addresses, actions and the values to be, so that a plan which differs in anything from the one
    that was approved is not taken for it. No value can be read out of it.
    """
    changes, seen = [], []
    for unit, plan in sorted(plans.items()):
        for resource in sorted(plan.get("resource_changes", ()), key=lambda found: str(found["address"])):
            change = resource["change"]
            if change["actions"] in _QUIET:
                continue
            action = _WORDS.get(tuple(change["actions"]), "+".join(change["actions"]))
            changes.append(Change(unit, resource["address"], action))
            seen.append([unit, resource["address"], action, change.get("after"), change.get("after_unknown")])
    digest = hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
    return PlanSummary(tuple(changes), digest)
