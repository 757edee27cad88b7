"""Spark's JDBC reader over a pushed query: its options, the driver's properties, and the types that must arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from havenlake.errors import HavenlakeError
from havenlake.runtime.engine_errors import ENGINE_ERRORS
from havenlake.sources.errors import coded
from havenlake.sources.postgres import failures, query
from havenlake.sources.postgres.catalog import Relation
from havenlake.sources.postgres.server import APPLICATION, CONNECT_SECONDS, Failed, Server, patiently
from havenlake.sources.postgres.snapshot import Snapshot
from havenlake.sources.postgres.types import Carried

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SOCKET_SLACK = 60


def arriving(
    spark: SparkSession, snapshot: Snapshot, found: Relation, columns: tuple[Carried, ...], parts: list[str]
) -> DataFrame:
    """A lazy frame of what the pushed query gives, one partition for each of `parts`.

    One short connection looks at its schema; HL-SRC-007 when a type is not the one that was asked for.
    """
    url, options = _driver_url(snapshot.server), _options(snapshot, found)
    text = f"({query.pushed(found, columns)}) AS source"

    def attempt() -> DataFrame:
        try:
            return spark.read.jdbc(url, text, predicates=parts, properties=options)
        except ENGINE_ERRORS as error:
            failure = failures.reading(str(error), f"table '{found.name}'", ())
            if failure is None:
                raise coded(error) from None
            raise Failed(failure) from None

    frame = patiently(attempt)
    _check_schema(frame, columns, found)
    return frame


def _options(snapshot: Snapshot, found: Relation) -> dict[str, str]:
    """Options of Spark's reader. They hold user and password: they are never shown."""
    login = snapshot.server.login
    return {
        "driver": "org.postgresql.Driver",
        "user": login.user,
        "password": login.password,
        "fetchsize": str(query.fetch_rows(found)),
        "pushDownPredicate": "false",  # text is compared as Spark compares it, not by the server's collation
        "sessionInitStatement": "; ".join(snapshot.statements),
    }


def _driver_url(server: Server) -> str:
    """The URL with the driver's properties, in which Spark would lose upper and lower case."""
    properties = {
        "sslmode": server.url.sslmode,
        "gssEncMode": "disable",
        "ApplicationName": APPLICATION,
        "connectTimeout": CONNECT_SECONDS,
        "socketTimeout": server.statement_ms // 1000 + _SOCKET_SLACK,
        "tcpKeepAlive": "true",
        "prepareThreshold": 0,
        "logServerErrorDetail": "false",  # a detail quotes the row
        **({"sslrootcert": server.url.sslrootcert} if server.url.sslrootcert else {}),
    }
    return f"{server.url.jdbc}?{urlencode(properties)}"


def _check_schema(frame: DataFrame, columns: tuple[Carried, ...], found: Relation) -> None:
    """Every column must arrive in the type that was asked for."""
    arrived = {field.name: field.dataType for field in frame.schema.fields}
    for name, wanted in query.wire_schema(columns).items():
        if arrived.get(name) != wanted:
            column = found.columns[int(name[1:])]
            raise HavenlakeError(
                "HL-SRC-007",
                f"column '{column.name}' of type {column.written} arrives as {arrived.get(name)}, not {wanted}",
                where=f"table '{found.name}'",
                hint=f"carry it as text: `as_text: [{found.name}.{column.name}]`",
            )
