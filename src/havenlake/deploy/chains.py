"""Jobs that run one after the other, as one Databricks job: what `workflow.depends_on` joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from havenlake.config.jobs import STAGES, Job, Workflow
from havenlake.errors import HavenlakeError

NO_WORKFLOW = Workflow()


@dataclass(frozen=True)
class Chain:
    """Jobs in the order they run; the first names the deployed job."""

    jobs: tuple[Job, ...]
    schedule: Workflow | None = None
    """The workflow whose schedule starts the chain; None for one that is started by hand."""

    @property
    def name(self) -> str:
        """Name of the job that begins it."""
        return self.jobs[0].name


def workflow_of(job: Job) -> Workflow:
    """A job's workflow, the default one when it has none."""
    return job.workflow or NO_WORKFLOW


def chains(jobs: Mapping[str, Job]) -> tuple[Chain, ...]:
    """Every job in exactly one chain that may have a schedule; and, to be started alone, every follower by itself.

    HL-DEP-001 when a job that follows another has a schedule of its own, or two schedules meet in one chain.
    """
    ordered = sorted(jobs.values(), key=lambda job: (STAGES.index(job.stage), tuple(jobs).index(job.name)))
    joined = [_chain(_in_order(group)) for group in _groups(ordered)]
    alone = [Chain((job,)) for chain in joined for job in chain.jobs[1:]]
    return tuple(sorted((*joined, *alone), key=lambda chain: chain.name))


def _groups(ordered: list[Job]) -> list[dict[str, Job]]:
    """Jobs that are joined by dependencies, directly or not."""
    groups: list[dict[str, Job]] = []
    for job in ordered:
        near = {job.name, *workflow_of(job).depends_on}
        touched = [g for g in groups if near & (set(g) | {n for j in g.values() for n in workflow_of(j).depends_on})]
        merged = {name: member for group in touched for name, member in group.items()} | {job.name: job}
        groups = [g for g in groups if g not in touched] + [merged]
    return groups


def _in_order(group: Mapping[str, Job]) -> list[Job]:
    """Every job after those it waits for; otherwise in the order of stages."""
    done: dict[str, Job] = {}
    left = dict(group)
    while left:  # configuration has no circles: loading it would have failed
        ready = next(j for j in left.values() if all(n in done or n not in group for n in workflow_of(j).depends_on))
        done[ready.name] = left.pop(ready.name)
    return list(done.values())


def _chain(jobs: list[Job]) -> Chain:
    scheduled = [job for job in jobs if workflow_of(job).schedule]
    for job in scheduled:
        if workflow_of(job).depends_on:
            raise _refused(job, "follows another job and has a schedule too", "remove one of the two")
    times = {(workflow_of(job).schedule, workflow_of(job).timezone) for job in scheduled}
    if len(times) > 1:
        names = " and ".join(job.name for job in scheduled)
        raise _refused(jobs[-1], f"waits for jobs of different schedules ({names})", "give them one schedule")
    ordered = sorted(jobs, key=lambda job: job not in scheduled[:1])  # the scheduled one begins; it waits for none
    return Chain(tuple(ordered), next(map(workflow_of, scheduled), None))


def _refused(job: Job, why: str, hint: str) -> HavenlakeError:
    where = job.origin.origin.position if job.origin is not None else None
    return HavenlakeError("HL-DEP-001", f"{job.workspace}: job '{job.name}' {why}", where=where, hint=hint)
