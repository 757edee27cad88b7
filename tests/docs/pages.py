"""The documentation as data: pages, fenced blocks, tables and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted((*ROOT.glob("*.md"), *DOCS.rglob("*.md")))
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page and line, the language, the word after it, and the text."""

    page: Path
    line: int
    language: str
    kind: str
    text: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def text(page: str) -> str:
    """The text of a page below `docs/`."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Block]:
    """All fenced blocks in one of these languages."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    content = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(content):
        language, _, kind = found[1].strip().partition(" ")
        yield Block(page, content.count("\n", 0, found.start()) + 1, language, kind, found[2])


def without_blocks(page: Path) -> str:
    """A page's running text."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def first_cells(section: str) -> list[list[str]]:
    """The words in code form in the first cell of every row of a section's tables."""
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return [re.findall(r"`([^`]+)`", cell) for cell in rows if "`" in cell]


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    parts = re.split(r"^#+ (.+)$", text(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]
