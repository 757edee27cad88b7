"""Every recogniser against its file of examples: `[[…]]` marks what must be found, exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from havenlake.privacy import Scrubber

FILES = sorted((Path(__file__).parent / "recognisers").glob("*.yaml"))
MARK = re.compile(r"\[\[(.*?)\]\]")


def cases(kind: str) -> Iterator[object]:
    for file in FILES:
        listed = yaml.safe_load(file.read_text("utf-8"))
        for number, text in enumerate(listed[kind]):
            yield pytest.param(listed, text, id=f"{file.stem}-{number}")


def spans(listed: dict[str, list[str]], text: str) -> list[tuple[str, int, int]]:
    found = Scrubber.load().scrub([text], languages=[listed["languages"]], countries=[listed["countries"]])[0]
    return [(s.entity, s.start, s.end) for s in found.spans if s.entity == listed["entity"]]


@pytest.mark.parametrize(("listed", "text"), list(cases("positive")))
def test_found(listed: dict[str, list[str]], text: str) -> None:
    plain = MARK.sub(r"\1", text)
    marks = [m.start() - 4 * i for i, m in enumerate(MARK.finditer(text))]
    wanted = [(listed["entity"], at, at + len(m[1])) for at, m in zip(marks, MARK.finditer(text), strict=True)]
    assert spans(listed, plain) == wanted


@pytest.mark.parametrize(("listed", "text"), list(cases("negative")))
def test_left_alone(listed: dict[str, list[str]], text: str) -> None:
    assert spans(listed, text) == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_file_has_twenty_of_each(file: Path) -> None:
    listed = yaml.safe_load(file.read_text("utf-8"))
    assert len(set(listed["positive"])) >= 20
    assert len(set(listed["negative"])) >= 20
