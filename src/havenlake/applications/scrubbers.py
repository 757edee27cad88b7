"""The scrubber of a job: the policy that `scrub_policy` names, at work.

Without `scrub_policy`, scrubbing columns arrive in silver as NULL and every nulled value is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from havenlake.config.policies import KEYED, ScrubPolicy, load_policy
from havenlake.privacy import Scrubber

if TYPE_CHECKING:
    from collections.abc import Callable

    from havenlake.config import Job, WorkspaceConfig
    from havenlake.privacy import Keyring


def scrubber_of(job: Job, workspace: WorkspaceConfig, keyring: Callable[[], Keyring]) -> Scrubber | None:
    """The scrubber of a job; None where it names no policy. The keyring is opened for a policy that hashes only."""
    if job.effective_scrub_policy is None:
        return None
    policy = load_policy(job.effective_scrub_policy, workspace.root)
    return Scrubber.load(policy, hash_key=keyring().scrub_key() if _hashes(policy) else None)


def _hashes(policy: ScrubPolicy) -> bool:
    return any(rule.operator in KEYED for rule in (policy.otherwise, *policy.entities.values()))
