"""Checks that every relative link in the documentation leads to a file, and every #anchor to a heading."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def main() -> int:
    """Print each broken link with its file and line; 1 when there is one."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    broken = [problem for file in sorted(files) for problem in problems(file)]
    print(*broken, f"{len(files)} documents, {len(broken)} broken links", sep="\n")
    return int(bool(broken))


def problems(file: Path) -> list[str]:
    """The broken links of one document."""
    text = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), file.read_text(encoding="utf-8"))
    found = []
    for link in _LINK.finditer(text):
        if not leads_somewhere(file, link[1]):
            line = text.count("\n", 0, link.start()) + 1
            found.append(f"{file.relative_to(ROOT)}:{line}: {link[1]} leads nowhere")
    return found


def leads_somewhere(file: Path, link: str) -> bool:
    """Whether a link's file exists, and its anchor is a heading there."""
    if _EXTERNAL.match(link):
        return True
    place, _, anchor = unquote(link).partition("#")
    target = (file.parent / place).resolve() if place else file
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target)


@cache
def anchors(file: Path) -> frozenset[str]:
    """The anchors of a document's headings, as the usual renderers make them."""
    text = _FENCE.sub("", file.read_text(encoding="utf-8"))
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(text))


if __name__ == "__main__":
    sys.exit(main())
