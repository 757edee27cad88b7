"""PostgreSQL as a source: all tables of a run read from one exported snapshot, every type carried exactly or refused.

`PostgresSource` is the door. The driver holds the snapshot over psycopg and looks at the catalog there; rows travel
by Spark's JDBC reader, whose sessions import the same snapshot.
"""

from havenlake.sources.postgres.source import PostgresSource

__all__ = ["PostgresSource"]
