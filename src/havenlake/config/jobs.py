"""Jobs: configured applications (`jobs-configuration/<ws>/<ws>-jobs-configs.yaml`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SerializeAsAny

from havenlake.config.base import ConfigModel, Duration, FrozenDict, Names, Text, TimeZone
from havenlake.config.job_inputs import JobInput
from havenlake.config.nodes import ConfigNode
from havenlake.names import SchemaName

Stage = Literal["raw_to_landing", "bronze_to_silver", "maintenance", "monitoring"]
STAGES: tuple[Stage, ...] = ("raw_to_landing", "bronze_to_silver", "maintenance", "monitoring")
CRON_PATTERN = r"^\S+( \S+){4,6}$"


class JobOutput(ConfigModel):
    """Where a job writes: `catalog.schema`."""

    schema_: Annotated[str, Field(alias="schema", pattern="^[A-Za-z0-9_]+[.][A-Za-z0-9_]+$")]

    @property
    def name(self) -> SchemaName:
        """The parsed name."""
        return SchemaName.parse(self.schema_)


class OperationalMonitoring(ConfigModel):
    """Labels that travel with a job's telemetry."""

    labels: FrozenDict[str, str] = FrozenDict()


class Workflow(ConfigModel):
    """When and how a deployed job runs by itself."""

    schedule: Annotated[str, Field(pattern=CRON_PATTERN)] | None = None
    """Quartz or crontab expression of 5 to 7 fields."""
    timezone: TimeZone = "UTC"
    depends_on: Names = ()
    """Jobs of the same workspace that run before."""
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    timeout: Duration | None = None
    queue: bool = True
    """Wait for a running instance of the same job instead of skipping."""
    compute: Literal["job_cluster", "serverless"] = "job_cluster"
    """Where the job runs: a notebook on a cluster of its own, or the package's entry point on serverless compute."""
    policy: Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")] = "etl"
    """Cluster policy that the job's cluster stands under, by its name in this repository."""
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """Most workers of the job's cluster."""
    notebook: Text | None = None
    """Notebook of this repository that runs the job, such as `notebooks/full_load_job.py`; `run_job` when absent."""


class JobKeys(ConfigModel):
    """Keys of a job beside `job_input`, whose form depends on the application."""

    app_name: Text
    job_output: JobOutput
    operational_monitoring: OperationalMonitoring = OperationalMonitoring()
    workflow: Workflow | None = None
    scrub_policy: Text | None = None
    parallel_tables: Annotated[int, Field(ge=1, le=64)] = 4


class JobSpec(JobKeys):
    """A job as it is written."""

    job_input: dict[str, Any]


class Job(JobKeys):
    """A validated job that knows its name, stage and workspace, and the node it was read from."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    stage: Stage
    workspace: str
    job_input: SerializeAsAny[JobInput]
    origin: ConfigNode | None = Field(default=None, exclude=True, repr=False)

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables the job processes, in the order they are listed."""
        return self.job_input.tables_for_processing

    @property
    def effective_scrub_policy(self) -> str | None:
        """The policy named by the job's input, else by the job."""
        return self.job_input.scrub_policy or self.scrub_policy


class StageSpec(ConfigModel):
    """The jobs of one stage."""

    spark_jobs: dict[str, dict[str, Any]]


class JobsFile(ConfigModel):
    """A jobs file as it is written; `definitions` only holds anchors."""

    definitions: Any = None
    stages: dict[Stage, StageSpec]
