"""Broken configurations kept as files: each error is the right one, at the right place, and no other is reported.

A folder of `broken/` holds only the files that differ from `base/`, and `expected.yaml`.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from havenlake.config import load_project
from havenlake.errors import CODES, ConfigErrors

HERE = Path(__file__).parent
BROKEN = sorted(p for p in (HERE / "broken").iterdir() if p.is_dir())
TODAY = date(2026, 11, 22)


def overlaid(case: Path, folder: Path) -> Path:
    root = folder / "project"
    shutil.copytree(HERE / "base", root)
    shutil.copytree(case, root, dirs_exist_ok=True)
    return root


def test_the_base_is_valid():
    assert list(load_project(HERE / "base", today=TODAY).workspaces) == ["acme"]


def test_there_are_at_least_forty_broken_configurations():
    assert len(BROKEN) >= 40


@pytest.mark.parametrize("case", BROKEN, ids=lambda p: p.name)
def test_each_error_is_the_right_one_at_the_right_place(case, tmp_path):
    expected = yaml.safe_load((case / "expected.yaml").read_text())
    with pytest.raises(ConfigErrors) as caught:
        load_project(overlaid(case, tmp_path), today=TODAY)
    errors = caught.value.errors
    assert [(e.code, str(e.where)) for e in errors] == [(e["code"], e["where"]) for e in expected], str(caught.value)
    for error, wanted in zip(errors, expected, strict=True):
        assert error.code in CODES
        assert wanted["hint"] is None or wanted["hint"] in (error.hint or ""), str(error)
