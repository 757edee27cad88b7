"""The tools for infrastructure, found once; a test that needs one that is missing is skipped under its name."""

from __future__ import annotations

import pytest

from havenlake.errors import HavenlakeError
from tools.iac import toolchain


@pytest.fixture(scope="session")
def tools() -> toolchain.Toolchain:
    """Tools and providers of this machine."""
    try:
        return toolchain.find()
    except HavenlakeError as error:
        pytest.skip(f"no tools for infrastructure: {error}")
