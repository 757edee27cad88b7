"""Examples in docstrings of the deploy layer are true."""

import doctest
import importlib
import pkgutil

import havenlake.deploy


def test_examples_in_docstrings():
    names = [f"havenlake.deploy.{found.name}" for found in pkgutil.iter_modules(havenlake.deploy.__path__)]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(result.attempted for result in results) > 5
    assert sum(result.failed for result in results) == 0
