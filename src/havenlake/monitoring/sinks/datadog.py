"""Datadog, by its official client: metrics v2, logs v2, events, and a service check for every run.

Limits that Datadog documents, and that requests stay below: metrics 512,000 bytes, logs 5 MB and 1,000 entries a
request; points older than an hour or more than ten minutes ahead are not taken, so they are not sent.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from havenlake.errors import HavenlakeError
from havenlake.monitoring.signals import Event, EventKind, Point, Signal
from havenlake.monitoring.sinks.plain import event_fields
from havenlake.records import Clock
from havenlake.runtime.clock import SystemClock
from havenlake.runtime.logs import LOGGER

_log = logging.getLogger(f"{LOGGER}.monitoring")
T = TypeVar("T")
OLDEST, NEWEST = timedelta(hours=1), timedelta(minutes=10)
OLDEST_LOG = timedelta(hours=18)
METRIC_BYTES, LOG_BYTES, LOG_ENTRIES = 450_000, 4_500_000, 1_000
"""What a request holds at most, before it is compressed: with that the limits on compressed sizes hold too."""
SERVICE = "havenlake"
CHECK = "havenlake.job.ok"
_TOLD = (EventKind.TABLE_FAILED, EventKind.TABLE_STALE, EventKind.RESIDENCY_VIOLATION)
_CLEARED = (EventKind.TABLE_RECOVERED, EventKind.TABLE_FRESH)
TIMEOUT = 5.0
RETRIES = 3
LONGEST_WAIT = 30


class DatadogSink:
    """Sends points, events and logs to one site. `server` replaces the site's hosts, for a relay or a test."""

    def __init__(
        self, site: str, api_key: str, *, server: str | None = None, clock: Clock | None = None, backoff: float = 0.5
    ) -> None:
        self._clock = clock or SystemClock()
        self._client = _client(site, api_key, server, backoff)

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Send points and events; HL-MON-002 when the key is refused, HL-MON-001 for everything else."""
        try:
            self._metrics([s for s in signals if isinstance(s, Point)])
            self._events([s for s in signals if isinstance(s, Event)])
        except Exception as error:  # noqa: BLE001  whatever the client raises
            raise _coded(error) from None  # its text holds the response, and may hold the request

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _metrics(self, points: Sequence[Point]) -> None:
        from datadog_api_client.v2.api.metrics_api import MetricsApi
        from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
        from datadog_api_client.v2.model.metric_payload import MetricPayload

        now = self._clock.now()
        taken = [p for p in points if now - OLDEST < p.at < now + NEWEST]
        if len(taken) < len(points):
            _log.warning("%d points are too old for Datadog; they stand in the ledger", len(points) - len(taken))
        for part in chunks(_series(taken), METRIC_BYTES, len(taken) or 1, lambda s: s.to_dict()):
            MetricsApi(self._client).submit_metrics(
                content_encoding=MetricContentEncoding.GZIP, body=MetricPayload(series=part)
            )

    def _events(self, events: Sequence[Event]) -> None:
        self._logs([e for e in events if self._clock.now() - e.at < OLDEST_LOG])
        for event in events:
            if event.kind in (*_TOLD, *_CLEARED):
                self._event(event)
            elif event.kind is EventKind.RUN_FINISHED:
                self._check(event)

    def _logs(self, events: Sequence[Event]) -> None:
        from datadog_api_client.v2.api.logs_api import LogsApi
        from datadog_api_client.v2.model.content_encoding import ContentEncoding
        from datadog_api_client.v2.model.http_log import HTTPLog
        from datadog_api_client.v2.model.http_log_item import HTTPLogItem

        items = [
            HTTPLogItem(
                ddsource=SERVICE,
                ddtags=",".join(_tags(e)),
                service=SERVICE,
                message=f"{e.title}: {e.text}",
                status=e.level,
                **{k: v for k, v in event_fields(e).items() if k not in ("title", "text", "at", "status")},
                timestamp=str(int(e.at.timestamp() * 1000)),
                outcome=dict(e.fields).get("status", ""),
            )
            for e in events
        ]
        for part in chunks(items, LOG_BYTES, LOG_ENTRIES, lambda item: item.to_dict()):
            LogsApi(self._client).submit_log(content_encoding=ContentEncoding.GZIP, body=HTTPLog(part))

    def _event(self, event: Event) -> None:
        from datadog_api_client.v1.api.events_api import EventsApi
        from datadog_api_client.v1.model.event_alert_type import EventAlertType
        from datadog_api_client.v1.model.event_create_request import EventCreateRequest

        alert = EventAlertType.SUCCESS if event.kind in _CLEARED else EventAlertType.ERROR
        request = EventCreateRequest(
            title=event.title[:500],
            text=event.text[:4_000],
            aggregation_key=event.key[:100],
            alert_type=alert,
            date_happened=int(event.at.timestamp()),
            source_type_name=SERVICE,
            tags=_tags(event),
        )
        EventsApi(self._client).create_event(body=request)

    def _check(self, event: Event) -> None:
        from datadog_api_client.v1.api.service_checks_api import ServiceChecksApi
        from datadog_api_client.v1.model.service_check import ServiceCheck
        from datadog_api_client.v1.model.service_check_status import ServiceCheckStatus
        from datadog_api_client.v1.model.service_checks import ServiceChecks

        check = ServiceCheck(
            check=CHECK,
            host_name=dict(event.fields)["instance"],
            status=ServiceCheckStatus.OK if event.level == "info" else ServiceCheckStatus.CRITICAL,
            tags=[*_tags(event), f"job:{dict(event.fields)['job']}"],
            timestamp=int(event.at.timestamp()),
        )
        ServiceChecksApi(self._client).submit_service_check(body=ServiceChecks([check]))


def chunks(items: Sequence[T], most_bytes: int, most: int, form: Callable[[T], Any]) -> Iterator[list[T]]:
    """Items in requests that hold at most so many bytes of JSON and so many items."""
    part: list[T] = []
    size = 0
    for item in items:
        own = len(json.dumps(form(item), default=str).encode()) + 2
        if part and (size + own > most_bytes or len(part) >= most):
            yield part
            part, size = [], 0
        part.append(item)
        size += own
    if part:
        yield part


def _series(points: Sequence[Point]) -> list[Any]:
    from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
    from datadog_api_client.v2.model.metric_point import MetricPoint
    from datadog_api_client.v2.model.metric_series import MetricSeries

    kinds = {"count": MetricIntakeType.COUNT, "gauge": MetricIntakeType.GAUGE}
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], dict[int, Point]] = {}
    for p in points:  # a point that is there twice is one
        groups.setdefault((p.metric, p.tags), {})[int(p.at.timestamp())] = p
    return [
        MetricSeries(
            metric=metric,
            type=kinds[next(iter(found.values())).kind],
            unit=next(iter(found.values())).unit,
            points=[MetricPoint(timestamp=at, value=p.value) for at, p in sorted(found.items())],
            tags=[f"{name}:{value}" for name, value in tags],
        )
        for (metric, tags), found in groups.items()
    ]


def _tags(event: Event) -> list[str]:
    """Tags of events and logs: those of metrics, never a run id."""
    return [f"{name}:{value}" for name, value in event.fields if name in ("instance", "zone", "env", "layer", "table")]


def _client(site: str, api_key: str, server: str | None, backoff: float) -> Any:
    try:
        from datadog_api_client import ApiClient, Configuration
        from datadog_api_client.rest import ClientRetry
    except ImportError:
        hint = "pip install 'havenlake[datadog]'"
        raise HavenlakeError("HL-MON-002", "datadog-api-client is not installed", hint=hint) from None

    retry = type("Retry", (ClientRetry,), {"get_retry_after": _waiting_time})
    configuration = Configuration(
        server_index=1 if server else 2,
        request_timeout=TIMEOUT,
        retry_policy=retry(total=RETRIES, backoff_factor=backoff, backoff_max=LONGEST_WAIT),
    )
    # after the constructor, which would let DD_SITE and DD_API_KEY of the machine win over the configuration
    configuration.server_variables = {"protocol": "http", "name": server} if server else {"site": site}
    configuration.api_key["apiKeyAuth"] = api_key
    return ApiClient(configuration)


def _waiting_time(retry: Any, response: Any) -> float | None:
    """As long as Datadog's header says, or else the standard one, within reason."""
    given = response.headers.get("X-Ratelimit-Reset") or response.headers.get("Retry-After")
    return None if given is None else min(float(retry.parse_retry_after(given)), LONGEST_WAIT)


def _coded(error: Exception) -> HavenlakeError:
    status = getattr(error, "status", None)
    if status in (401, 403):
        hint = "the load is not affected; renew the secret that datadog_api_key_config names"
        return HavenlakeError("HL-MON-002", f"Datadog refuses the API key ({status})", hint=hint)
    told = f"HTTP {status}" if status else type(error).__name__
    hint = "the load is not affected; what was not delivered is sent by the next run"
    return HavenlakeError("HL-MON-001", f"Datadog did not take telemetry ({told})", hint=hint)
