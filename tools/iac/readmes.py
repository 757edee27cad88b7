"""Writes the tables of inputs and outputs into the README of each module: `python -m tools.iac.readmes`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- below: written by `python -m tools.iac.readmes` -->"
_DECLARED = re.compile(r'^(variable|output) "(\w+)" \{\n  description = "([^\n]*)"\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^  default +=", re.MULTILINE)


def readmes(root: Path = ROOT) -> list[Path]:
    """The README of every module."""
    return [file.parent / "README.md" for file in sorted((root / "terraform").glob("*/versions.tf"))]


def refreshed(readme: Path) -> str:
    """What a README should hold: its own words, then the tables."""
    own = readme.read_text(encoding="utf-8").partition(MARK)[0].rstrip() if readme.exists() else ""
    inputs = [
        f"| `{name}` | {'no' if _DEFAULT.search(body) else 'yes'} | {_cell(text)} |"
        for _, name, text, body in _declared(readme.parent / "variables.tf")
    ]
    outputs = [f"| `{name}` | {_cell(text)} |" for _, name, text, _ in _declared(readme.parent / "outputs.tf")]
    head = [own, "", MARK, "", "| input | required | meaning |", "|---|---|---|"]
    return "\n".join([*head, *inputs, "", "| output | meaning |", "|---|---|", *outputs, ""])


def _declared(file: Path) -> list[tuple[str, str, str, str]]:
    return _DECLARED.findall(file.read_text(encoding="utf-8"))


def _cell(text: str) -> str:
    return text.replace('\\"', '"').replace("|", "\\|")


if __name__ == "__main__":
    for path in readmes():
        path.write_text(refreshed(path), encoding="utf-8")
