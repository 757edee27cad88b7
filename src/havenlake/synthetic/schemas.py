"""The tables of the synthetic platform database: columns, sizes, what is sensitive, and how each table changes."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

_TIME = pa.timestamp("us", "UTC")
_FIELDS: dict[str, dict[str, pa.DataType]] = {
    "texter": {
        "id": pa.int64(),
        "phone": pa.string(),
        "country_code": pa.string(),
        "language": pa.string(),
        "first_name": pa.string(),
        "birth_date": pa.date32(),
        "created_at": _TIME,
        "updated_at": _TIME,
        "notes": pa.string(),
    },
    "conversation": {
        "id": pa.int64(),
        "texter_id": pa.int64(),
        "responder_id": pa.int64(),
        "shift_id": pa.int64(),
        "status": pa.string(),
        "channel": pa.string(),
        "country_code": pa.string(),
        "language": pa.string(),
        "risk_score": pa.float64(),
        "started_at": _TIME,
        "ended_at": _TIME,
        "tags": pa.list_(pa.string()),
    },
    "message": {
        "id": pa.int64(),
        "conversation_id": pa.int64(),
        "actor_id": pa.int64(),
        "message": pa.string(),
        "status": pa.string(),
        "type": pa.string(),
        "timestamp": _TIME,
        "updated_at": _TIME,
    },
    "reporting_question": {
        "id": pa.int64(),
        "text": pa.string(),
        "language": pa.string(),
        "kind": pa.string(),
        "active": pa.bool_(),
    },
    "reporting_log": {
        "id": pa.int64(),
        "conversation_id": pa.int64(),
        "responder_id": pa.int64(),
        "submitted_at": _TIME,
        "score": pa.decimal128(5, 2),
    },
    "reporting_log_value": {
        "id": pa.int64(),
        "reporting_log_id": pa.int64(),
        "question_id": pa.int64(),
        "value": pa.string(),
        "group_number": pa.int32(),
    },
    "responder": {
        "id": pa.int64(),
        "email": pa.string(),
        "display_name": pa.string(),
        "country_code": pa.string(),
        "hired_on": pa.date32(),
        "active": pa.bool_(),
    },
    "shift": {
        "id": pa.int64(),
        "responder_id": pa.int64(),
        "starts_at": _TIME,
        "ends_at": _TIME,
        "hours": pa.decimal128(6, 2),
    },
    "content_resource": {
        "id": pa.int64(),
        "title": pa.string(),
        "url": pa.string(),
        "language": pa.string(),
        "body": pa.string(),
        "published": pa.bool_(),
    },
    "operational_event": {
        "id": pa.int64(),
        "kind": pa.string(),
        "payload": pa.string(),
        "source_ip": pa.string(),
        "occurred_at": _TIME,
    },
}

TABLES: tuple[str, ...] = tuple(_FIELDS)

SENSITIVE: dict[str, tuple[str, ...]] = {
    "texter": ("phone", "first_name", "birth_date", "notes"),
    "message": ("message",),
    "reporting_log_value": ("value",),
    "responder": ("email", "display_name"),
    "operational_event": ("payload", "source_ip"),
}
"""Columns that hold something about a person: what is planted stands in these and in no other column."""

FIRST_DRIFT_DAY = 3
DRIFT: dict[str, tuple[str, pa.DataType]] = {
    "message": ("sentiment", pa.string()),
    "conversation": ("wait_seconds", pa.int32()),
}
"""The column that appears in a table on the first day of drift."""


@dataclass(frozen=True)
class Policy:
    """Which kinds of change a table sees on a day of changes; `late` rows have keys below the newest."""

    inserts: bool = False
    edits: bool = False
    deletes: bool = False
    late: bool = False


STATIC = Policy()
POLICIES: dict[str, Policy] = {
    "texter": Policy(inserts=True, edits=True, deletes=True),
    "conversation": Policy(inserts=True, edits=True, deletes=True),
    "message": Policy(inserts=True, edits=True, deletes=True, late=True),
    "reporting_question": STATIC,
    "reporting_log": Policy(inserts=True, edits=True, deletes=True),
    "reporting_log_value": Policy(inserts=True, edits=True, deletes=True, late=True),
    "responder": STATIC,
    "shift": Policy(inserts=True, edits=True, deletes=True),
    "content_resource": STATIC,
    "operational_event": Policy(inserts=True, late=True),
}


def schema(table: str, day: int = 0) -> pa.Schema:
    """The Arrow schema of a table on a day."""
    fields = list(_FIELDS[table].items())
    if day >= FIRST_DRIFT_DAY and table in DRIFT:
        fields.append(DRIFT[table])
    return pa.schema(fields)


def row_counts(messages: int) -> dict[str, int]:
    """Rows of each table on day 0, from the number of messages."""
    return {
        "texter": max(1, messages // 40),
        "conversation": max(1, messages // 20),
        "message": messages,
        "reporting_question": 24,
        "reporting_log": max(1, messages // 40),
        "reporting_log_value": max(1, messages // 10),
        "responder": max(5, messages // 2000),
        "shift": max(5, messages // 400),
        "content_resource": 60,
        "operational_event": max(1, messages // 10),
    }
