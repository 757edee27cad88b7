"""`havenlake scrub`: try a policy on text lines, and measure it on labelled text."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import told

if TYPE_CHECKING:
    from havenlake.privacy import ScrubbedText, Scrubber
    from havenlake.privacy.scrubbing.evaluation import Evaluation

scrub_app = typer.Typer(help="Scrub text by a policy.", no_args_is_help=True)
Policy = Annotated[str | None, typer.Option("--policy", help="Name or path of a policy; the shipped default.")]
Root = Annotated[Path, typer.Option("--root", help="Folder of the repository, for its policies.")]
Json = Annotated[bool, typer.Option("--json", help="Print the machine form.")]


@scrub_app.command("try")
@told
def try_(
    policy: Policy = None,
    language: Annotated[str | None, typer.Option(help="Language of the lines; all four when absent.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the lines; all seven when absent.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Scrub lines of standard input as one conversation; for invented text and for your own."""
    scrubber = _scrubber(policy, root)
    lines = [line.rstrip("\r\n") for line in sys.stdin]
    results = scrubber.scrub(
        lines,
        languages=None if language is None else [language] * len(lines),
        countries=None if country is None else [country] * len(lines),
        conversations=["stdin"] * len(lines),
    )
    for result in results:
        typer.echo(json.dumps(asdict(result)) if as_json else _shown(result))


def _shown(result: ScrubbedText) -> str:
    if result.text is None:
        return f"(could not be scrubbed: {result.failure})"
    spans = [f"  {s.start}-{s.end} {s.entity} {s.score:.2f} {s.recogniser}" for s in result.spans]
    return "\n".join((result.text.encode("utf-8", "replace").decode(), *spans))


@scrub_app.command("eval")
@told
def eval_(
    file: Annotated[Path, typer.Argument(help="Labelled text: CoNLL, or a JSON list of full_text and spans.")],
    policy: Policy = None,
    language: Annotated[str | None, typer.Option(help="Language of the texts; all four when absent.")] = None,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Measure a policy on labelled text, as written and in lower case: what stays readable, what is masked in vain."""
    from havenlake.privacy.scrubbing.evaluation import evaluate, read_labelled

    scrubber, texts = _scrubber(policy, root), read_labelled(file)
    found = [evaluate(scrubber, texts, lower=lower, language=language) for lower in (False, True)]
    if as_json:
        typer.echo(json.dumps([asdict(evaluation) for evaluation in found]))
        return
    for evaluation in found:
        typer.echo(_table(evaluation))


def _table(evaluation: Evaluation) -> str:
    lines = [f"{evaluation.case:<24}{'labels':>8}{'full':>8}{'touched':>9}"]
    lines += [f"  {f.kind:<22}{f.count:>8}{f.full:>8.3f}{f.touched:>9.3f}" for f in evaluation.figures]
    lines.append(
        f"  recall {evaluation.recall:.3f}  precision {evaluation.precision:.3f}  F2 {evaluation.f2:.3f}  "
        f"other words masked {evaluation.overmasked:.4f}  texts failed {evaluation.failed}"
    )
    return "\n".join(lines)


def _scrubber(policy: str | None, root: Path) -> Scrubber:
    from havenlake.privacy import Scrubber

    return Scrubber.load(policy, root=root)
