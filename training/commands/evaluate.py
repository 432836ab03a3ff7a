"""The commands that judge: `evaluate`, `evaluate-facts`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    pass

from ...inference.commands.options import (
    ClassifierOption,
    EngineName,
    EngineOption,
    SummarizerOption,
    ThreadsOption,
)
from ...inference.commands.terminal import make_folder, say
from ...models.files import write_whole


def evaluate(
    data: Annotated[list[Path], typer.Option("--data", help="Held-out annotated documents (JSON Lines).")],
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Judge simple systems beside it.")] = False,
    abstracts: Annotated[bool, typer.Option(help="Judge abstracts too.")] = True,
    system: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Judge another system's predictions (JSON Lines) beside it."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="RUN_A RUN_B",
            help="Judge nothing; tell what changed from one run to another (output folders or prediction files).",
        ),
    ] = None,
    seen: Annotated[
        list[Path] | None,
        typer.Option(help="A file that the classifier learned from: tell unseen bodies and topics apart."),
    ] = None,
    learning_curve: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN",
            help="A classifier's folder to judge, too, as a point of a learning curve; repeat it.",
        ),
    ] = None,
    texts: Annotated[
        bool,
        typer.Option(help="Quote sentences and abstracts in what is written; not when texts must stay in."),
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write metrics.json, report.html, figures and predictions into this folder; "
            "a name that ends in .json gets the figures only.",
        ),
    ] = None,
) -> None:
    """Judge the models on held-out articles, with bootstrap intervals."""
    if compare is not None:
        _compare(compare, data, classifier, output)
        return
    from ...inference.api import load
    from ..evaluation import evaluate_models
    from ..report import PREDICTIONS, markdown_tables, write_evaluation

    systems = dict(_named_file(value) for value in system or [])
    folder = output if output is not None and output.suffix != ".json" else None
    if folder is not None:
        make_folder(folder)
    result = evaluate_models(
        load(classifier, summarizer, engine=engine.value, threads=threads),
        data,
        baselines=baselines,
        abstracts=abstracts,
        systems=systems,
        texts=texts,
        predictions_file=folder / PREDICTIONS if folder is not None else None,
        seen=seen or [],
        curve=learning_curve or [],
    )
    if folder is not None:
        for path in [folder / PREDICTIONS, *write_evaluation(result, folder)]:
            say(f"wrote {path}")
    elif output is not None:
        write_whole(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    typer.echo(markdown_tables(result))


def evaluate_facts_command(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", help="Documents annotated with facts; the shipped held-out ones if none is named."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the figures here as JSON.")
    ] = None,
) -> None:
    """Judge the actors, addressees, dates, deadlines and amounts that are found in texts."""
    from ..config import data_path
    from ..fact_evaluation import evaluate_facts, fact_table

    result = evaluate_facts(data or [data_path("package:seeds/facts/validation.jsonl")])
    if output is not None:
        write_whole(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    typer.echo(fact_table(result))


def _compare(runs: tuple[Path, Path], data: Sequence[Path], classifier: str, output: Path | None) -> None:
    from ...models.folder import open_model_folder
    from ..comparison import compare_runs, comparison_tables

    comparison = compare_runs(*runs, data, open_model_folder(classifier, "classifier").schema)
    if output is not None:
        write_whole(output, json.dumps(comparison, indent=2, ensure_ascii=False) + "\n")
    typer.echo(comparison_tables(comparison))


def _named_file(value: str) -> tuple[str, Path]:
    name, separator, path = value.partition("=")
    if not (name and separator and path):
        raise typer.BadParameter(f"--system '{value}': write NAME=FILE, such as rival=predictions.jsonl")
    return name, Path(path)
