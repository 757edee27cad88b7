"""How an instance is deployed: which release it runs, where it stands, whom it calls, and what is switched on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from havenlake.config.base import ConfigModel, Names, Text

RELEASE_PATTERN = r"^[0-9]+\.[0-9]+\.[0-9]+(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?$"


class Features(ConfigModel):
    """Switches of one instance. Each is turned in a reviewed change of this file, instance by instance."""

    schedules: bool = True
    """Jobs start by their schedule; when off they are deployed paused."""
    monitors: bool = True
    """Monitors, objectives and downtimes are deployed."""
    governance: bool = False
    """Masks and row filters by tag are deployed; only after a first run has made the functions they call."""
    dashboards: bool = False
    """Dashboards are deployed."""
    model_serving: bool = False
    """Model-serving endpoints are deployed."""
    network_policy: bool = True
    """Serverless compute may reach the instance's own places only."""


class Notify(ConfigModel):
    """Whom a monitor calls beside the table's owner, by severity; Datadog handles without the `@`."""

    critical: Names = ()
    high: Names = ()
    medium: Names = ()
    low: Names = ()


class Deployment(ConfigModel):
    """What a workspace needs to exist in the cloud; one that has none is not deployed."""

    release: Annotated[str, Field(pattern=RELEASE_PATTERN)]
    """Released version of Havenlake that the instance runs; raised here, instance by instance."""
    host: Annotated[str, Field(pattern=r"^https://[a-z0-9][a-z0-9.-]+$")]
    """Address of the Databricks workspace."""
    workspace_id: Annotated[str, Field(pattern="^[0-9]{6,20}$")]
    """Number of the Databricks workspace, in quotes."""
    aws_account: Annotated[str, Field(pattern="^[0-9]{12}$")]
    """AWS account of the instance's zone, in quotes."""
    owner: Text
    """Who answers for the instance as a whole, and is called where no table is at fault; an e-mail address."""
    storage: Text
    """Place of the managed tables; declared in the zone with `holds: rows`."""
    runtime: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.x-scala2\.1[23]$")] = "17.3.x-scala2.13"
    """Databricks Runtime of job clusters."""
    serverless_environment: Annotated[str, Field(pattern="^[0-9]+$")] = "4"
    """Version of the environment of serverless tasks."""
    notify: Notify = Notify()
    features: Features = Features()
