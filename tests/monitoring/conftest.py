"""The `havenlake` logger as a library's: whoever set it up before, `caplog` hears it."""

import logging

import pytest


@pytest.fixture(autouse=True)
def heard():
    logger = logging.getLogger("havenlake")
    before = list(logger.handlers), logger.level, logger.propagate
    logger.handlers[:], logger.propagate = [], True
    logger.setLevel(logging.INFO)
    yield
    logger.handlers[:], logger.level, logger.propagate = before
