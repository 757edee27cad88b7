"""Results: as a table for people and documentation, and as JSON to compare runs by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.measuring import Timing

RESULTS = Path(__file__).parent / "results"
REFERENCE = RESULTS / "reference.json"
PAGE = Path(__file__).parent.parent / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- results: written by `python -m benchmarks --keep` -->", "<!-- end of results -->"
_HEAD = ("case", "loader", "median s", "all s", "to F", "to P")


@dataclass(frozen=True)
class Report:
    """One run of the benchmarks."""

    machine: Mapping[str, str]
    rows: int
    timings: Sequence[Timing] = field(default_factory=tuple)

    def markdown(self) -> str:
        """The machine in one line and a table with a line for each case and loader."""
        facts = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        lines = [_HEAD, *(self._line(timing) for timing in self.timings)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
        rule = tuple("-" * width for width in widths)
        table = (
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in (lines[0], rule, *lines[1:])
        )
        return f"{self.rows:,} messages; {facts}\n\n" + "\n".join(table)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        content = json.loads(text)
        timings = [Timing(t["case"], t["loader"], tuple(t["seconds"])) for t in content["timings"]]
        return cls(content["machine"], content["rows"], timings)

    def seconds(self, case: str, loader: str) -> float | None:
        """Median, None where the loader has no part in the case."""
        found = [t.seconds for t in self.timings if (t.case, t.loader) == (case, loader)]
        return median(found[0]) if found else None

    def _line(self, timing: Timing) -> tuple[str, ...]:
        own = median(timing.seconds)
        ratios = [self._ratio(own, self.seconds(timing.case, other)) for other in ("F", "P")]
        every = " ".join(f"{value:.2f}" for value in timing.seconds)
        return (timing.case, timing.loader, f"{own:.2f}", every, *ratios)

    @staticmethod
    def _ratio(own: float, other: float | None) -> str:
        return f"{own / other:.2f}" if other else ""


def save(report: Report, *, keep: bool) -> Path:
    """Write `results/<date>.json`; with `keep` also the reference result and the table of the documentation."""
    file = RESULTS / f"{report.machine['date']}.json"
    file.write_text(report.to_json(), encoding="utf-8")
    if keep:
        REFERENCE.write_text(report.to_json(), encoding="utf-8")
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), report), encoding="utf-8")
    return file


def with_table(page: str, report: Report) -> str:
    """The documentation page with its table replaced."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{report.markdown()}\n\n{END}{rest.partition(END)[2]}"
