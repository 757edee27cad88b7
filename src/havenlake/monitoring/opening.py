"""Which sinks a run has, by its configuration. Each is made by its own thread: secrets and imports take time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from havenlake.config.base import SecretRef
from havenlake.config.jobs import Job
from havenlake.config.monitoring import Email, Lineage, Otlp, Webhook
from havenlake.config.repository import WorkspaceConfig
from havenlake.config.zones import LOCAL
from havenlake.monitoring.signals import Sink
from havenlake.records import SecretResolver
from havenlake.runtime.logs import protect

Make = Callable[[], Sink]
KEPT_HERE = ("file", "terminal")
"""Sinks on this machine: nothing is told again to them."""


def sinks_of(workspace: WorkspaceConfig, job: Job, secrets: SecretResolver) -> dict[str, Make]:
    """The sinks of a job's runs by name; an instance on a laptop has none that leave it."""
    found = dict(_sinks(workspace, job, secrets))
    if workspace.vars.zone == LOCAL:
        return {name: make for name, make in found.items() if name in KEPT_HERE}
    return found


def _sinks(workspace: WorkspaceConfig, job: Job, secrets: SecretResolver) -> Iterator[tuple[str, Make]]:
    monitoring = workspace.vars.monitoring
    if monitoring.file:
        folder = workspace.root / monitoring.file
        yield "file", lambda: _file(folder)
    if monitoring.terminal:
        yield "terminal", _terminal
    key = job.job_input.datadog_api_key_config
    if monitoring.datadog_site and key:
        site = monitoring.datadog_site
        yield "datadog", lambda: _datadog(site, _secret(secrets, key))
    if monitoring.otlp:
        otlp = monitoring.otlp
        yield "otlp", lambda: _otlp(otlp, secrets)
    if monitoring.lineage:
        lineage = monitoring.lineage
        yield "openlineage", lambda: _lineage(lineage, workspace.root, secrets)
    for number, webhook in enumerate(monitoring.notifications.webhooks, start=1):
        yield f"{webhook.kind}-{number}", _webhook_maker(webhook, secrets)
    if monitoring.notifications.email:
        email = monitoring.notifications.email
        yield "email", lambda: _email(email, secrets)


def _secret(secrets: SecretResolver, ref: SecretRef) -> str:
    """A secret that no log will repeat."""
    value = secrets.get(ref.scope, ref.key)
    protect(value)
    return value


def _file(folder: Path) -> Sink:
    from havenlake.monitoring.sinks.file import FileSink

    return FileSink(folder)


def _terminal() -> Sink:
    from havenlake.monitoring.sinks.terminal import TerminalSink

    return TerminalSink()


def _datadog(site: str, key: str) -> Sink:
    from havenlake.monitoring.sinks.datadog import DatadogSink

    return DatadogSink(site, key)


def _otlp(otlp: Otlp, secrets: SecretResolver) -> Sink:
    from havenlake.monitoring.sinks.otlp import OtlpSink

    return OtlpSink(otlp.endpoint, {otlp.header: _secret(secrets, otlp.token)} if otlp.token else None)


def _lineage(lineage: Lineage, root: Path, secrets: SecretResolver) -> Sink:
    from havenlake.monitoring.sinks.openlineage import OpenLineageSink

    key = _secret(secrets, lineage.api_key) if lineage.api_key else None
    return OpenLineageSink(url=lineage.url, file=root / lineage.file if lineage.file else None, api_key=key)


def _webhook_maker(webhook: Webhook, secrets: SecretResolver) -> Make:
    def make() -> Sink:
        from havenlake.monitoring.sinks.webhook import WebhookSink

        return WebhookSink(webhook.kind, _secret(secrets, webhook.url), webhook.host)

    return make


def _email(email: Email, secrets: SecretResolver) -> Sink:
    from havenlake.monitoring.sinks.email import EmailSink

    login = (_secret(secrets, email.user), _secret(secrets, email.password)) if email.user and email.password else None
    return EmailSink(email, login)
