"""`monitoring` of a workspace: where telemetry goes, who is told, and what is expected of tables that do not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from havenlake.config.base import ConfigModel, Duration, FrozenDict, SecretRef, Text, wrong
from havenlake.config.calendars import Calendar
from havenlake.config.nodes import KeyPath
from havenlake.config.objectives import ObjectiveDefaults

Host = Annotated[str, Field(pattern="^[A-Za-z0-9.-]+$")]
Address = Annotated[str, Field(pattern="^[^@\\s]+@[^@\\s]+$")]
Url = Annotated[str, Field(pattern="^https?://[^\\s?#@]+$")]


class Otlp(ConfigModel):
    """A collector that speaks OpenTelemetry's protocol over HTTP."""

    endpoint: Url
    """Its address without `/v1/metrics` and `/v1/logs`, which are added."""
    header: Text = "Authorization"
    """Header that carries the token."""
    token: SecretRef | None = None


def _only(key: str, other: str) -> dict[str, Any]:
    return {"required": [key], "properties": {key: {"type": "string"}, other: {"type": "null"}}}


class Lineage(ConfigModel):
    """Where OpenLineage events go: a service, or a file."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_only("url", "file"), _only("file", "url")]})

    url: Url | None = None
    file: Text | None = None
    api_key: SecretRef | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Lineage:
        if (self.url is None) == (self.file is None):
            raise wrong("needs exactly one of 'url' and 'file'")
        return self


class Webhook(ConfigModel):
    """An incoming webhook of a chat; its address is a secret, its host is not."""

    kind: Literal["slack", "teams"]
    host: Host
    """Host of the address; a secret that names another host is refused."""
    url: SecretRef


class Email(ConfigModel):
    """A mail server and whom to write to."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    recipients: Annotated[tuple[Address, ...], Field(min_length=1)]
    user: SecretRef | None = None
    password: SecretRef | None = None


class Notifications(ConfigModel):
    """Who is told when tables fail, go stale or recover: one message a run."""

    webhooks: tuple[Webhook, ...] = ()
    email: Email | None = None


class Monitoring(ConfigModel):
    """Where telemetry goes, and what is expected of tables; nothing is sent where no place is named."""

    datadog_site: Text | None = None
    otlp: Otlp | None = None
    lineage: Lineage | None = None
    file: Text | None = None
    """Folder of JSON lines, one file a day."""
    terminal: bool = False
    notifications: Notifications = Notifications()
    deadline: Annotated[Duration, Field(json_schema_extra={"default": "10s"})] = timedelta(seconds=10)
    """How long the end of a run waits for telemetry at most."""
    defaults: ObjectiveDefaults = ObjectiveDefaults()
    calendars: FrozenDict[Text, Calendar] = FrozenDict()

    def telemetry_places(self) -> Iterator[tuple[KeyPath, str]]:
        """Places that telemetry is sent to, and where each is written."""
        if self.datadog_site:
            yield ("datadog_site",), f"datadog:{self.datadog_site}"
        if self.otlp:
            yield ("otlp", "endpoint"), self.otlp.endpoint
        if self.lineage:
            key = "url" if self.lineage.url else "file"
            yield ("lineage", key), str(self.lineage.url or self.lineage.file)
        if self.file:
            yield ("file",), self.file
        for i, webhook in enumerate(self.notifications.webhooks):
            yield ("notifications", "webhooks", i, "host"), f"https://{webhook.host}"
        if self.notifications.email:
            yield ("notifications", "email", "host"), f"smtp://{self.notifications.email.host}"
