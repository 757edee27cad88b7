"""`havenlake scrub train`: write a model, its lock and its figures, and log the run where MLflow is installed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from havenlake.errors import HavenlakeError
from havenlake.privacy.scrubbing.model import FILE
from havenlake.privacy.scrubbing.training import Trained, train

Facts = dict[str, str | int]


def train_to(out: Path, labelled: Sequence[Path], ordinary: Path | None, rounds: int) -> Facts:
    """Train, write to a folder, and return what the model was made of."""
    trained = train(labelled, _ordinary(ordinary) if ordinary else (), rounds)
    facts = _facts(trained)
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).write_bytes(trained.content)
    lock = f"models:\n- name: havenlake-names\n  file: {FILE}\n  sha256: {trained.sha256}\n"
    (out / "models.lock").write_text(lock, "utf-8")
    (out / f"{FILE}.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    _log(out, facts, rounds)
    return facts


def _facts(trained: Trained) -> Facts:
    return {
        "sha256": trained.sha256,
        "data_hash": trained.data_hash,
        "texts": trained.texts,
        "words": trained.words,
        "names": trained.names,
        "bytes": len(trained.content),
    }


def _ordinary(file: Path) -> list[tuple[str, str]]:
    """Texts with their language; HL-SRC-002 for a line of another form."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        language, tab, text = line.partition("\t")
        if not tab or language not in ("en", "es", "fr", "de"):
            raise HavenlakeError(
                "HL-SRC-002",
                f"{file.name} has a line that does not begin with a language and a tab",
                where=f"{file}:{number}",
                hint="write lines of en, es, fr or de, a tab, and the text",
            )
        found.append((text, language))
    return found


def _log(out: Path, facts: Facts, rounds: int) -> None:
    if find_spec("mlflow") is None:
        return
    import mlflow

    with mlflow.start_run(run_name="havenlake-names"):
        mlflow.log_params({"rounds": rounds, "sha256": facts["sha256"], "data_hash": facts["data_hash"]})
        mlflow.log_metrics({name: float(facts[name]) for name in ("texts", "words", "names", "bytes")})
        mlflow.log_artifacts(str(out))
