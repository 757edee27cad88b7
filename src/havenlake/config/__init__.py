"""Configuration: YAML files to frozen, typed, checked models. No Spark, no network."""

from havenlake.config.models import (
    Asset,
    AssetFile,
    Context,
    FullLoadInput,
    Job,
    JobInput,
    SecretRef,
    ToSilverInput,
    Workspace,
    Zone,
    Zones,
)
from havenlake.config.nodes import ConfigNode, Origin
from havenlake.config.project import Project, WorkspaceConfig, find_root, job_from_mapping, load_project

__all__ = [
    "Asset",
    "AssetFile",
    "ConfigNode",
    "Context",
    "FullLoadInput",
    "Job",
    "JobInput",
    "Origin",
    "Project",
    "SecretRef",
    "ToSilverInput",
    "Workspace",
    "WorkspaceConfig",
    "Zone",
    "Zones",
    "find_root",
    "job_from_mapping",
    "load_project",
]
