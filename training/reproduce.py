"""Train both shipped models anew from their bases, judge them, and hold the figures against the shipped cards'.

What a step has made is kept in the output folder, so that a run that was stopped goes on where it was: a finished
model or evaluation is not made again, and an interrupted training is resumed from its last checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import TrainingError
from ..inference.api import CLASSIFIER, SUMMARIZER, load
from ..models.files import replacing
from ..models.folder import file_hash, find_model_folder, write_json
from .abstract_writers import OURS
from .base_models import find_checkpoint
from .cards import EVALUATIONS
from .classifier import train_classifier
from .config import ClassifierConfig, DataConfig, SummarizerConfig, data_path, load_config, to_yaml
from .evaluation import ABSTRACT_MEASURES, CLASSIFICATION_MEASURES, CONTRAST_MEASURES, evaluate_models
from .report import figure_cell
from .runs import CONFIG_OF_RUN
from .summarizer import train_summarizer

Scale = Literal["full", "tiny"]
HELD_OUT = {
    "authored-test": "package:seeds/corpus/test.jsonl",
    "contrast-test": "package:seeds/corpus/contrast-test.jsonl",
}
MINUTES = {"classifier": 80, "summarizer": 40}
"""About how long each trains on two cores of a processor that computes with bfloat16."""
SEED_SPREAD = 0.03
"""How far another seed alone moves a macro-F1; from the repeated runs in configs/README.md."""
SPREAD_MEASURES = ("primary_macro_f1", "sets_macro_f1")
# Each part of an evaluation is told by the card of one model.
PARTS = {
    "classification": (CLASSIFIER, CLASSIFICATION_MEASURES),
    "contrast": (CLASSIFIER, CONTRAST_MEASURES),
    "abstracts": (SUMMARIZER, tuple(name for name in ABSTRACT_MEASURES if name != "unsupported")),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train and what to judge it on."""

    classifier: ClassifierConfig
    summarizer: SummarizerConfig
    held_out: Mapping[str, Path]
    """Files of annotated documents that neither model learns from, by the names of their evaluations."""
    output: Path

    @property
    def models(self) -> dict[str, ClassifierConfig | SummarizerConfig]:
        """What to train, by the names of the shipped models."""
        return {CLASSIFIER: self.classifier, SUMMARIZER: self.summarizer}


@dataclass(frozen=True, slots=True)
class ReproducedFigure:
    """A figure of the models that were trained anew, beside the shipped one's."""

    data: str
    measure: str
    reproduced: Mapping[str, float]
    """`value`, `low` and `high`, as in `metrics.json`."""
    shipped: Mapping[str, float] | None
    """The same of the shipped card; None where the card has no evaluation of this very file."""

    @property
    def difference(self) -> float | None:
        """By how much the new figure exceeds the shipped one."""
        return self.reproduced["value"] - self.shipped["value"] if self.shipped is not None else None

    @property
    def spread(self) -> float | None:
        """How far the two may be apart by chance.

        For a macro-F1 what another seed does; for other measures, of which no seeds were compared, half the
        shipped figure's 95 % interval.
        """
        if self.shipped is None:
            return None
        if self.measure in SPREAD_MEASURES:
            return SEED_SPREAD
        return (self.shipped["high"] - self.shipped["low"]) / 2

    @property
    def verdict(self) -> str:
        """What the difference says."""
        if self.difference is None or self.spread is None:
            return "not in the card"
        if abs(self.difference) <= self.spread:
            return "as shipped"
        return "better" if self.difference > 0 else "worse"


def plan_reproduction(output: Path, scale: Scale = "full", held_out: Sequence[Path] = ()) -> Plan:
    """Plan to train the shipped recipes.

    Args:
        output: The folder for models and evaluations.
        scale: "full" for the shipped recipes, "tiny" for configs/tiny, which shows the workflow in a minute.
        held_out: Further files of annotated documents to judge the models on.

    Raises:
        TrainingError: If two files would have evaluations of one name.
    """
    folder = "" if scale == "full" else "configs/tiny/"
    files = {name: data_path(path) for name, path in HELD_OUT.items()}
    for path in held_out:
        if path.stem in files:
            raise TrainingError(
                f"{path}: there is an evaluation named '{path.stem}' already; rename the file"
            )
        files[path.stem] = path
    return Plan(
        load_config(ClassifierConfig, f"{folder}classifier.yaml", [f"output={output / CLASSIFIER}"]),
        load_config(SummarizerConfig, f"{folder}summarizer.yaml", [f"output={output / SUMMARIZER}"]),
        files,
        output,
    )


def reproduce(plan: Plan, report: Callable[[str], None], *, quiet: bool = False) -> list[ReproducedFigure]:
    """Train, judge and compare; what an earlier call has finished is kept.

    Args:
        plan: What to do.
        report: Told what comes next.
        quiet: Show no progress bar.

    Returns:
        The figures of the new models beside those of the shipped cards.

    Raises:
        CorpusError: If an annotated document is broken.
        TrainingError: If the output folder holds a model of another recipe or of other data, or a base is missing.
    """
    steps = 3 + len(plan.held_out)
    report(f"1 of {steps}: base checkpoints")
    for config in plan.models.values():
        find_checkpoint(config.model.base)
    evaluations = plan.output / EVALUATIONS
    for number, (name, config) in enumerate(plan.models.items(), start=2):
        if _is_finished(config):
            report(f"{number} of {steps}: {name}: {config.output} is there already")
            continue
        report(
            f"{number} of {steps}: {name}: training; the shipped recipe takes about {MINUTES[name]} minutes"
        )
        # They are of the model that is replaced.
        for path in evaluations.glob("*.json"):
            path.unlink()
        _train(config, quiet=quiet)
    results = {}
    for number, (name, file) in enumerate(plan.held_out.items(), start=4):
        path = evaluations / f"{name}.json"
        if _is_of(path, file):
            report(f"{number} of {steps}: {name}: {path} is there already")
        else:
            report(f"{number} of {steps}: {name}: evaluation")
            analyzer = load(plan.classifier.output, plan.summarizer.output)
            _write_whole(path, evaluate_models(analyzer, [file], texts=False))
        results[name] = json.loads(path.read_text(encoding="utf-8"))
    return compared(results)


def compared(results: Mapping[str, Mapping[str, Any]]) -> list[ReproducedFigure]:
    """Put the figures of evaluations beside those of the shipped cards on the same files.

    Args:
        results: What `evaluate_models` returned, by the name of the evaluation.
    """
    shipped = {model: _shipped_evaluations(model) for model in (CLASSIFIER, SUMMARIZER)}
    figures = []
    for name, result in results.items():
        for part, (model, measures) in PARTS.items():
            ours = result["systems"][OURS].get(part)
            if ours is None:
                continue
            # A file is the same when its content is, whatever it is called.
            same = [
                e for e in shipped[model] if sorted(e["data"].values()) == sorted(result["data"].values())
            ]
            theirs = same[0]["systems"][OURS].get(part, {}) if same else {}
            figures += [ReproducedFigure(name, key, ours[key], theirs.get(key)) for key in measures]
    return figures


def differing_data(plan: Plan) -> list[str]:
    """Say what each new model learned from that the shipped one did not, and the other way round."""
    notes = []
    for name, config in plan.models.items():
        ours, theirs = _run(Path(config.output)), _run(find_model_folder(name))
        differing = sorted(
            file
            for file in ours["data"] | theirs["data"]
            if ours["data"].get(file) != theirs["data"].get(file)
        )
        if differing:
            notes.append(f"{name}: the shipped one was trained with other contents of {', '.join(differing)}")
        notes += [f"{name}: {file} was not there, so it learned without it" for file in ours["absent_data"]]
    return notes


def reproduction_table(figures: Sequence[ReproducedFigure], notes: Sequence[str]) -> str:
    """Write the comparison as Markdown, what differs summed up below."""
    lines = [
        "| data | measure | shipped | reproduced | difference | spread | |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in figures:
        cells = ["-", figure_cell(figure.reproduced), "-", "-"]
        if figure.shipped is not None:
            cells[0] = figure_cell(figure.shipped)
            cells[2:] = [f"{figure.difference:+.3f}", f"{figure.spread:.3f}"]
        measure = figure.measure.replace("_", " ")
        lines.append(f"| {figure.data} | {measure} | {' | '.join(cells)} | {figure.verdict} |")
    differing = [figure for figure in figures if figure.verdict in ("better", "worse")]
    held = [figure for figure in figures if figure.shipped is not None]
    lines += [
        "",
        f"{len(differing)} of {len(held)} figures differ from the shipped ones by more than the spread "
        f"({SEED_SPREAD} for a macro-F1, as other seeds do; else half the shipped 95 % interval)"
        + (":" if differing else "."),
    ]
    lines += [
        f"- {figure.data}, {figure.measure.replace('_', ' ')}: {figure.verdict} by {abs(figure.difference or 0):.3f}"
        for figure in differing
    ]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _is_finished(config: ClassifierConfig | SummarizerConfig) -> bool:
    """Say whether the model is there; refuse one that was made in another way."""
    output = Path(config.output)
    if not output.exists():
        return False
    cure = "name another folder with --output, or remove it to train anew"
    try:
        same = (output / CONFIG_OF_RUN).read_text(encoding="utf-8") == to_yaml(config)
        learned_from = _run(output)["data"]
    except (OSError, ValueError, KeyError):
        raise TrainingError(f"{output}: is no trained model; {cure}") from None
    if not same:
        raise TrainingError(f"{output}: was trained with another configuration; {cure}")
    if learned_from != _hashes(config.data):
        raise TrainingError(f"{output}: was trained with other data than are there now; {cure}")
    return True


def _train(config: ClassifierConfig | SummarizerConfig, *, quiet: bool) -> None:
    output = Path(config.output)
    resume = (output.with_name(f"{output.name}.checkpoints") / CONFIG_OF_RUN).is_file()
    # Without its configuration an interrupted run holds nothing yet.
    if isinstance(config, ClassifierConfig):
        train_classifier(config, resume=resume, overwrite=not resume, quiet=quiet)
    else:
        train_summarizer(config, resume=resume, overwrite=not resume, quiet=quiet)


def _hashes(data: DataConfig) -> dict[str, str]:
    return {file.name: file_hash(file) for file in [*data.training_files(), *data.validation_files()]}


def _is_of(path: Path, file: Path) -> bool:
    """Say whether an evaluation is there and is of the file as it is now."""
    if not path.is_file():
        return False
    judged: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return list(judged.values()) == [file_hash(file)]


def _write_whole(path: Path, result: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        write_json(temporary, dict(result))


def _run(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return {"absent_data": [], **record}


def _shipped_evaluations(model: str) -> list[dict[str, Any]]:
    folder = find_model_folder(model)
    return [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{EVALUATIONS}/*.json"))
    ]
