"""Scrubbing policies: what ships, what a repository adds, and errors with their place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from havenlake.config import load_project
from havenlake.config.policies import ENTITIES, SHIPPED, EntityRule, ScrubPolicy, load_policy, policy_names
from havenlake.errors import ConfigErrors, HavenlakeError

GOOD = (
    "format: 1\nentities:\n  PERSON: hash\n  AGE: {operator: mask, min_score: 0.7}\n  DATE: keep\nkeep: [Havenlake]\n"
)


def write(root: Path, text: str, name: str = "research") -> Path:
    (root / "policies").mkdir(exist_ok=True)
    file = root / "policies" / f"{name}.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policies_load_without_a_repository(name: str) -> None:
    assert load_policy(name).format == 1
    assert load_policy() == load_policy("default")
    assert load_policy("default").threshold("PERSON") == 0.5


def test_a_repository_s_policy(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    found = load_policy("research", tmp_path)
    assert found == load_policy("policies/research.yaml", tmp_path)
    assert found.rule("PERSON") == EntityRule(operator="hash")
    assert found.rule("AGE") == EntityRule(operator="mask", min_score=0.7)
    assert found.rule("IBAN") == EntityRule()
    assert (found.threshold("AGE"), found.threshold("IBAN")) == (0.7, 0.5)
    assert policy_names(tmp_path) == ["default", "research", "strict"]


def test_a_repository_may_replace_the_default(tmp_path: Path) -> None:
    write(tmp_path, "format: 1\nmin_score: 0.9\n", "default")
    assert load_policy(None, tmp_path).min_score == 0.9


def test_an_unknown_name_and_a_path_outside_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text(GOOD)
    with pytest.raises(HavenlakeError, match="did you mean 'strict'") as caught:
        load_policy("strikt", root)
    assert caught.value.code == "HL-CFG-011"
    with pytest.raises(HavenlakeError, match="HL-CFG-011"):
        load_policy("../outside.yaml", root)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("format: 2\n", "HL-CFG-017", 1),
        ("format: 1\nentities:\n  PERSN: keep\n", "HL-CFG-003", 3),
        ("format: 1\nentities:\n  PERSON: shred\n", "HL-CFG-004", 3),
        ("format: 1\nmin_score: 1.5\n", "HL-CFG-004", 2),
        ("format: 1\ncountries: [us, xx]\n", "HL-CFG-004", 2),
        ("format: 1\nlanguages: []\n", "HL-CFG-004", 2),
        ("format: 1\nengine: presidio\n", "HL-CFG-004", 2),
        ("format: 1\nunknown: mask\n", "HL-CFG-003", 2),
        ("min_score: 0.5\n", "HL-CFG-005", 1),
        ("- 1\n", "HL-CFG-004", 1),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigErrors) as caught:
        load_policy("research", tmp_path)
    places = [(e.code, str(e.where).rsplit(":", 1)[0]) for e in caught.value.errors]
    assert (code, f"policies/research.yaml:{line}") in places


def test_validation_reads_every_policy_and_every_job_s_choice(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    shutil.copytree(Path(__file__).parent / "base", root)
    write(root, "format: 1\nentities: {PERSN: keep}\n")
    with pytest.raises(ConfigErrors, match=r"policies/research.yaml:2:\d+: HL-CFG-003"):
        load_project(root)


def test_policies_are_frozen() -> None:
    policy = load_policy()
    with pytest.raises(ValidationError):
        policy.min_score = 0.1  # type: ignore[misc]
    assert hash(policy) == hash(ScrubPolicy.model_validate(policy.model_dump()))
    assert len(set(ENTITIES)) == len(ENTITIES)
