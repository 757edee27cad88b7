"""OpenLineage, by its official client: a START and a COMPLETE or FAIL for every table task."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from havenlake import __version__
from havenlake.errors import HavenlakeError
from havenlake.monitoring.lineage import LineageRun
from havenlake.monitoring.signals import Signal

PRODUCER = f"https://pypi.org/project/havenlake/{__version__}"


class OpenLineageSink:
    """Sends to a service or appends to a file."""

    def __init__(self, *, url: str | None = None, file: Path | None = None, api_key: str | None = None) -> None:
        try:
            from openlineage.client import OpenLineageClient
            from openlineage.client.transport.file import FileConfig, FileTransport
            from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
        except ImportError:
            hint = "pip install 'havenlake[openlineage]'"
            raise HavenlakeError("HL-MON-002", "openlineage-python is not installed", hint=hint) from None
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            transport: Any = FileTransport(FileConfig(log_file_path=str(file), append=True))
        else:
            config = HttpConfig(url=str(url), timeout=5.0)
            if api_key:
                config.auth = ApiKeyTokenProvider({"apiKey": api_key})
            transport = HttpTransport(config)
        self._client = OpenLineageClient(transport=transport)

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Send lineage; HL-MON-001 when it was not taken."""
        try:
            for run in (s for s in signals if isinstance(s, LineageRun)):
                for event in events(run):
                    self._client.emit(event)
        except Exception as error:  # noqa: BLE001  whatever the client raises
            hint = "the load is not affected; what was not delivered is sent by the next run"
            told = f"OpenLineage events were not taken ({type(error).__name__})"
            raise HavenlakeError("HL-MON-001", told, hint=hint) from None

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def events(run: LineageRun) -> Iterator[Any]:
    """The two events of a table task; its id follows from run, attempt and table, so that a repetition is known."""
    from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import error_message_run

    digest = hashlib.sha256(f"{run.run_id}/{run.attempt}/{run.target}".encode()).digest()
    run_id = str(uuid.UUID(bytes=digest[:16], version=4))
    job = Job(namespace=run.namespace, name=f"{run.job}.{run.target}")
    facets: dict[str, Any] = {}
    if run.error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(run.error, "python")
    inputs = [InputDataset(namespace=run.namespace, name=run.source)] if run.source else []
    ended = RunState.FAIL if run.error else RunState.COMPLETE
    yield RunEvent(
        eventType=RunState.START,
        eventTime=run.started_at.isoformat(),
        run=Run(runId=run_id),
        job=job,
        producer=PRODUCER,
        inputs=inputs,
    )
    yield RunEvent(
        eventType=ended,
        eventTime=run.ended_at.isoformat(),
        run=Run(runId=run_id, facets=facets),
        job=job,
        producer=PRODUCER,
        inputs=inputs,
        outputs=[_output(run)],
    )


def _output(run: LineageRun) -> Any:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import column_lineage_dataset, output_statistics_output_dataset, schema_dataset

    facets: dict[str, Any] = {}
    if run.columns:
        fields = [schema_dataset.SchemaDatasetFacetFields(name=c.name, type=c.type) for c in run.columns]
        facets["schema"] = schema_dataset.SchemaDatasetFacet(fields=fields)
    if run.columns and run.source:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                c.name: column_lineage_dataset.Fields(
                    inputFields=[
                        column_lineage_dataset.InputField(
                            namespace=run.namespace,
                            name=run.source,
                            field=c.source,
                            transformations=[
                                column_lineage_dataset.Transformation(
                                    type="DIRECT",
                                    subtype="TRANSFORMATION" if c.masking else "IDENTITY",
                                    description=c.how,
                                    masking=c.masking,
                                )
                            ],
                        )
                    ]
                )
                for c in run.columns
            }
        )
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=run.changed)
    return OutputDataset(
        namespace=run.namespace, name=run.target, facets=facets, outputFacets={"outputStatistics": statistics}
    )
