"""What is on where: the switches of every deployed instance side by side."""

from __future__ import annotations

from collections.abc import Mapping

from havenlake.config import Project
from havenlake.config.deployment import Features

RELEASE = "release"


def feature_table(project: Project) -> Mapping[str, Mapping[str, str | bool]]:
    """By instance: the release that it runs, and every switch."""
    return {
        name: {RELEASE: config.vars.deployment.release, **config.vars.deployment.features.model_dump()}
        for name, config in project.workspaces.items()
        if config.vars.deployment is not None
    }


def feature_rows() -> tuple[str, ...]:
    """Names of the rows, in the order of the model."""
    return (RELEASE, *Features.model_fields)
