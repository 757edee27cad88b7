"""The classes of what the engine raises, under classic Spark and Spark Connect.

Errors of Java that pyspark has no class for (Delta's, a database driver's) come from classic Spark as py4j's.
"""

from __future__ import annotations

from pyspark.errors import PySparkException

ENGINE_ERRORS: tuple[type[Exception], ...] = (PySparkException,)
try:
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
except ImportError:  # a Connect client needs no Java
    pass
else:
    ENGINE_ERRORS = (PySparkException, Py4JJavaError)
