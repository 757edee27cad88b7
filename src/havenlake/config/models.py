"""All configuration models in one place to import from."""

from havenlake.config.assets import Asset, AssetFile, AssetKeys, Context
from havenlake.config.base import ConfigModel, FrozenDict, SecretRef
from havenlake.config.deployment import Deployment, Features, Notify
from havenlake.config.jdbc import JdbcInput
from havenlake.config.job_inputs import FullLoadInput, JobInput, ToSilverInput
from havenlake.config.jobs import STAGES, Job, JobOutput, JobsFile, OperationalMonitoring, Stage, Workflow
from havenlake.config.monitoring import Monitoring
from havenlake.config.objectives import Freshness, Volume
from havenlake.config.workspace import Catalogs, Workspace
from havenlake.config.zones import LOCAL, LOCAL_ZONE, Place, Zone, ZoneException, Zones

__all__ = [
    "LOCAL",
    "LOCAL_ZONE",
    "STAGES",
    "Asset",
    "AssetFile",
    "AssetKeys",
    "Catalogs",
    "ConfigModel",
    "Context",
    "Deployment",
    "Features",
    "Freshness",
    "FrozenDict",
    "FullLoadInput",
    "JdbcInput",
    "Job",
    "JobInput",
    "JobOutput",
    "JobsFile",
    "Monitoring",
    "Notify",
    "OperationalMonitoring",
    "Place",
    "SecretRef",
    "Stage",
    "ToSilverInput",
    "Volume",
    "Workflow",
    "Workspace",
    "Zone",
    "ZoneException",
    "Zones",
]
