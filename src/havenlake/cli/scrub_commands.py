"""`havenlake scrub`: try a policy on text lines, measure it on labelled text, train the tagger."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from havenlake.cli.exits import told
from havenlake.errors import HavenlakeError

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
    file: Annotated[Path | None, typer.Argument(help="File of lines; standard input when absent.")] = None,
    policy: Policy = None,
    language: Annotated[str | None, typer.Option(help="Language of the lines; all four when absent.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the lines; all seven when absent.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say which stage masked each span, and why.")] = False,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Scrub lines as one conversation; for invented text and for your own."""
    scrubber = _scrubber(policy, root)
    lines = _lines(file)
    results = scrubber.scrub(
        lines,
        languages=None if language is None else [language] * len(lines),
        countries=None if country is None else [country] * len(lines),
        conversations=["stdin"] * len(lines),
    )
    for result in results:
        typer.echo(json.dumps(asdict(result)) if as_json else _shown(result, explain=explain))


def _lines(file: Path | None) -> list[str]:
    try:
        text = sys.stdin.read() if file is None else file.read_text("utf-8", "surrogateescape")
    except OSError as error:
        hint = "give a file of text that can be read, or pipe the lines in"
        raise HavenlakeError(
            "HL-SRC-002", f"the lines cannot be read ({type(error).__name__})", where=str(file), hint=hint
        ) from None
    return text.splitlines()


def _shown(result: ScrubbedText, *, explain: bool) -> str:
    """A scrubbed line with its tags highlighted (on a terminal), and a line for each span."""
    from havenlake.privacy.scrubbing.explaining import reason
    from havenlake.privacy.scrubbing.operators import TAG

    if result.text is None:
        return f"(could not be scrubbed: {result.failure})"
    lines = [
        TAG.sub(lambda tag: typer.style(tag.group(), reverse=True), result.text.encode("utf-8", "replace").decode())
    ]
    for s in result.spans:
        why = " ({0.stage}: {0.why})".format(reason(s)) if explain else ""
        lines.append(f"  {s.start}-{s.end} {s.entity} {s.score:.2f} {s.recogniser}{why}")
    return "\n".join(lines)


@scrub_app.command("evaluate")
@told
def evaluate_(
    file: Annotated[Path, typer.Argument(help="Labelled text: CoNLL, or a JSON list of full_text and spans.")],
    policy: Policy = None,
    language: Annotated[str | None, typer.Option(help="Language of texts that name none; else all four.")] = None,
    review: Annotated[Path | None, typer.Option(help="Write a sheet for people to this file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Texts on the sheet.")] = 300,
    root: Root = Path(),
    as_json: Json = False,
) -> None:
    """Measure a policy on labelled text, as written and in lower case: what stays readable, what is masked in vain."""
    from havenlake.privacy.scrubbing.evaluation import by_language, evaluate, read_labelled
    from havenlake.privacy.scrubbing.review import write_sheet

    scrubber, texts = _scrubber(policy, root), read_labelled(file)
    found = [
        evaluate(scrubber, group, lower=lower, language=told_language)
        for told_language, group in by_language(texts, language).items()
        for lower in (False, True)
    ]
    if review is not None:
        languages = None if language is None else [language] * len(texts)
        results = scrubber.scrub([t.text for t in texts], languages)
        written = write_sheet(review, [r.text for r in results if r.text is not None], rows)
        typer.echo(f"{written} scrubbed texts to review in {review}", err=True)
    if as_json:
        typer.echo(json.dumps([asdict(evaluation) for evaluation in found]))
        return
    for evaluation in found:
        typer.echo(_table(evaluation))


@scrub_app.command("reviewed")
@told
def reviewed(
    file: Annotated[Path, typer.Argument(help="A sheet of `scrub evaluate --review`, marked by people.")],
    as_json: Json = False,
) -> None:
    """Count a review sheet's marks, and say how many texts may leak at most."""
    from havenlake.privacy.scrubbing.review import read_sheet

    found = read_sheet(file)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"{found.rows} texts read")
    typer.echo(f"  leak:           {found.leaks}, at most {found.leaks_at_most:.2%} of all at 95 %")
    typer.echo(f"  masked in vain: {found.in_vain}, at most {found.in_vain_at_most:.2%} of all at 95 %")


@scrub_app.command("train")
@told
def train_(
    out: Annotated[Path, typer.Argument(help="Folder for the model, its lock and its figures.")],
    labelled: Annotated[list[Path] | None, typer.Option(help="English CoNLL or JSON; repeatable.")] = None,
    ordinary: Annotated[Path | None, typer.Option(help="Lines of language, tab, text: nobody named.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each template is filled.")] = 25,
    as_json: Json = False,
) -> None:
    """Train the tagger of names on templates, name lists and labelled text; the same input gives the same model."""
    from havenlake.cli.training import train_to

    facts = train_to(out, labelled or [], ordinary, rounds)
    if as_json:
        typer.echo(json.dumps(facts))
        return
    for name, value in facts.items():
        typer.echo(f"{name:<10} {value}")


def _table(evaluation: Evaluation) -> str:
    title = f"{evaluation.case}, {evaluation.language}"
    lines = [f"{title:<24}{'labels':>8}{'full':>8}{'95 %':>16}{'touched':>9}"]
    for f in evaluation.figures:
        bounds = f"{f.full_low:.3f}-{f.full_high:.3f}"
        lines.append(f"  {f.kind:<22}{f.count:>8}{f.full:>8.3f}{bounds:>16}{f.touched:>9.3f}")
    lines.append(
        f"  recall {evaluation.recall:.3f}  precision {evaluation.precision:.3f}  F2 {evaluation.f2:.3f}  "
        f"other words masked {evaluation.overmasked:.4f}  texts failed {evaluation.failed}"
    )
    return "\n".join(lines)


def _scrubber(policy: str | None, root: Path) -> Scrubber:
    from havenlake.privacy import Scrubber

    return Scrubber.load(policy, root=root)
