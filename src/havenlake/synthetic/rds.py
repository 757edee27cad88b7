"""Writes the layout in which AWS RDS and Aurora export a PostgreSQL snapshot to S3.

`<identifier>/<database>/<schema>.<table>/<batch>/part-<partition>-<uuid>.gz.parquet`, beside each batch's files an
empty `_SUCCESS`, and above the databases `export_info_<identifier>.json` and
`export_tables_info_<identifier>_from_1_to_<n>.json`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from havenlake.errors import HavenlakeError
from havenlake.synthetic.database import PlatformDatabase
from havenlake.synthetic.draws import Draws
from havenlake.synthetic.export import describe, key_ranges
from havenlake.synthetic.folders import mark, open_marked, replaced, write_json
from havenlake.synthetic.formats import write_parquet
from havenlake.synthetic.simulated_time import export_time

DATABASE, SCHEMA = "platform", "public"
_ACCOUNT = "000000000000"
_POSTGRES_TYPES = {
    "int64": ("bigint", "int64"),
    "int32": ("integer", "int32"),
    "double": ("double precision", "double"),
    "bool": ("boolean", "boolean"),
    "string": ("text", "binary (UTF8)"),
    "date32[day]": ("date", "binary (UTF8)"),
}


def write_rds_export(
    database: PlatformDatabase,
    folder: str | Path,
    identifier: str,
    day: int = 0,
    *,
    complete: bool = True,
    types: Literal["declared", "aws"] = "declared",
    files_per_table: int = 1,
) -> Path:
    """Write `folder/<identifier>` and give its path.

    An export that is not `complete` says IN_PROGRESS, and the last tables lack files. `types="aws"` turns instants,
    dates, decimals and lists into text, as AWS documents for PostgreSQL; `declared` keeps the tables' own types.
    """
    if not identifier or "/" in identifier or identifier.startswith("."):
        raise HavenlakeError("HL-CFG-004", "identifier must be a plain file name", where="RDS export")
    root = Path(folder)
    facts = {**describe(database, day), "layout": "rds", "export": identifier}
    open_marked(root, facts)
    tables = database.tables()
    finished = len(tables) if complete else len(tables) * 6 // 10
    with replaced(root / identifier) as new:
        for table in tables[:finished]:
            _write_table(database, table, day, new, types, files_per_table)
        info = _tables_info(database, day, finished)
        write_json(new / f"export_tables_info_{identifier}_from_1_to_{len(tables)}.json", info)
        write_json(new / f"export_info_{identifier}.json", _info(identifier, day, complete=complete))
        mark(new, {**facts, "complete": complete})
    mark(root, {**facts, "complete": complete})
    return root / identifier


def _write_table(database: PlatformDatabase, table: str, day: int, root: Path, types: str, files: int) -> None:
    batch_folder = root / DATABASE / f"{SCHEMA}.{table}" / "1"
    batch_folder.mkdir(parents=True)
    schema = database.schema(table, day)
    for part, keys in enumerate(key_ranges(database.last_key(table, day), files)):
        batches = database.iter_batches(table, day, keys=keys)
        name = f"part-{part:05d}-{_uuid(database, table, day, part)}.gz.parquet"
        if types == "aws":
            as_text = (_as_text(batch) for batch in batches)
            write_parquet(as_text, _text_schema(schema), batch_folder / name, compression="gzip")
        else:
            write_parquet(batches, schema, batch_folder / name, compression="gzip")
    (batch_folder / "_SUCCESS").touch()


def _uuid(database: PlatformDatabase, table: str, day: int, part: int) -> UUID:
    names = (table, str(day), str(part))
    high, low = (Draws.of(database.seed, "file", *names, half).key for half in ("high", "low"))
    return UUID(int=high << 64 | low, version=4)


def _text_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(f.name, pa.string() if _is_text_at_aws(f.type) else f.type) for f in schema])


def _is_text_at_aws(kind: pa.DataType) -> bool:
    types = pa.types
    return any(of(kind) for of in (types.is_timestamp, types.is_date, types.is_decimal, types.is_list))


def _as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [_text(values) if _is_text_at_aws(values.type) else values for values in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=_text_schema(batch.schema))


def _text(values: pa.Array) -> pa.Array:
    """Values in PostgreSQL's own notation."""
    if pa.types.is_timestamp(values.type):
        return pc.strftime(values, format="%Y-%m-%d %H:%M:%S+00")
    if pa.types.is_list(values.type):
        return pa.array([None if v is None else "{" + ",".join(v) + "}" for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def _info(identifier: str, day: int, *, complete: bool) -> dict[str, Any]:
    taken = export_time(day)
    return {
        "exportTaskIdentifier": identifier,
        "sourceArn": f"arn:aws:rds:us-east-1:{_ACCOUNT}:snapshot:synthetic-day-{day}",
        "exportOnly": [],
        "snapshotTime": _iso(taken),
        "taskStartTime": _iso(taken + timedelta(minutes=5)),
        "taskEndTime": _iso(taken + timedelta(minutes=35)) if complete else None,
        "s3Bucket": "synthetic-exports",
        "s3Prefix": "",
        "exportedFilesPath": identifier,
        "iamRoleArn": f"arn:aws:iam::{_ACCOUNT}:role/synthetic-export",
        "kmsKeyId": f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/synthetic",
        "status": "COMPLETE" if complete else "IN_PROGRESS",
        "percentProgress": 100 if complete else 60,
        "totalExportedDataInGB": 0.0,
    }


def _tables_info(database: PlatformDatabase, day: int, finished: int) -> dict[str, Any]:
    taken = export_time(day)
    tables = []
    for number, table in enumerate(database.tables()):
        done = number < finished
        statistics = {
            "extractionStartTime": _iso(taken + timedelta(minutes=10)),
            "extractionEndTime": _iso(taken + timedelta(minutes=30)) if done else None,
            "partitioningInfo": {"numberOfPartitions": 1, "numberOfCompletedPartitions": int(done)},
        }
        tables.append(
            {
                "tableStatistics": statistics,
                "schemaMetadata": {"originalTypeMappings": [_column(f) for f in database.schema(table, day)]},
                "status": "COMPLETE" if done else "IN_PROGRESS",
                "sizeGB": 0.0,
                "target": f"{DATABASE}.{SCHEMA}.{table}",
            }
        )
    return {"perTableStatus": tables}


def _column(field: pa.Field) -> dict[str, Any]:
    original, exported = _POSTGRES_TYPES.get(str(field.type), ("", "binary (UTF8)"))
    if pa.types.is_timestamp(field.type):
        original = "timestamp with time zone"
    elif pa.types.is_decimal(field.type):
        original = "numeric"
    elif pa.types.is_list(field.type):
        original = "ARRAY"
    return {
        "columnName": field.name,
        "originalType": original,
        "expectedExportedType": exported,
        "originalCharMaxLength": 0,
        "originalNumPrecision": field.type.precision if pa.types.is_decimal(field.type) else 0,
        "originalDateTimePrecision": 6 if pa.types.is_timestamp(field.type) else 0,
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
