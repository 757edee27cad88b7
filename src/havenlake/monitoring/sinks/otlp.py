"""OpenTelemetry over HTTP, by its official exporters: points as metrics, events as log records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from havenlake.errors import HavenlakeError
from havenlake.monitoring.signals import Event, Level, Point, Signal
from havenlake.monitoring.sinks.plain import event_fields

SERVICE = "havenlake"
TIMEOUT = 5.0
_SECOND = 1_000_000_000


class OtlpSink:
    """Sends to `<endpoint>/v1/metrics` and `<endpoint>/v1/logs`; counts are deltas."""

    def __init__(self, endpoint: str, headers: dict[str, str] | None = None) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.resources import Resource
        except ImportError:
            hint = "pip install 'havenlake[otel]'"
            raise HavenlakeError("HL-MON-002", "OpenTelemetry's exporters are not installed", hint=hint) from None
        base = endpoint.rstrip("/")
        self._metrics = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", headers=headers, timeout=TIMEOUT)
        self._logs = OTLPLogExporter(endpoint=f"{base}/v1/logs", headers=headers, timeout=TIMEOUT)
        self._resource = Resource({"service.name": SERVICE})

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Send points and events; HL-MON-001 when the collector does not take them."""
        points = [s for s in signals if isinstance(s, Point)]
        events = [s for s in signals if isinstance(s, Event)]
        results = [self._metrics.export(self._data(points)).name] if points else []
        results += [self._logs.export([self._record(e) for e in events]).name] if events else []
        if set(results) - {"SUCCESS"}:
            hint = "the load is not affected; what was not delivered is sent by the next run"
            raise HavenlakeError("HL-MON-001", "the OpenTelemetry collector did not take telemetry", hint=hint)

    def close(self) -> None:
        """Close connections."""
        self._metrics.shutdown()
        self._logs.shutdown()

    def _data(self, points: Sequence[Point]) -> Any:
        from opentelemetry.sdk.metrics.export import (
            AggregationTemporality,
            Gauge,
            Metric,
            MetricsData,
            NumberDataPoint,
            ResourceMetrics,
            ScopeMetrics,
            Sum,
        )
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        groups: dict[str, list[Point]] = {}
        for p in points:
            groups.setdefault(p.metric, []).append(p)
        metrics = []
        for name, found in groups.items():
            values = [
                NumberDataPoint(
                    attributes=p.labels,
                    start_time_unix_nano=_nano(p) - _SECOND,
                    time_unix_nano=_nano(p),
                    value=p.value,
                )
                for p in found
            ]
            data: Any = Gauge(values)
            if found[0].kind == "count":
                data = Sum(values, aggregation_temporality=AggregationTemporality.DELTA, is_monotonic=True)
            metrics.append(Metric(name=name, description="", unit=found[0].unit, data=data))
        scope = ScopeMetrics(scope=InstrumentationScope(SERVICE), metrics=metrics, schema_url="")
        return MetricsData([ResourceMetrics(resource=self._resource, scope_metrics=[scope], schema_url="")])

    def _record(self, event: Event) -> Any:
        from opentelemetry._logs import LogRecord, SeverityNumber
        from opentelemetry.sdk._logs import ReadableLogRecord
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        numbers: dict[Level, SeverityNumber] = {
            "info": SeverityNumber.INFO,
            "warning": SeverityNumber.WARN,
            "error": SeverityNumber.ERROR,
        }
        nano = int(event.at.timestamp() * _SECOND)
        record = LogRecord(
            timestamp=nano,
            observed_timestamp=nano,
            severity_text=event.level,
            severity_number=numbers[event.level],
            body=f"{event.title}: {event.text}",
            attributes={k: v for k, v in event_fields(event).items() if k not in ("title", "text", "at", "level")},
            event_name=str(event.kind),
        )
        return ReadableLogRecord(record, self._resource, InstrumentationScope(SERVICE))


def _nano(p: Point) -> int:
    return int(p.at.timestamp()) * _SECOND
