"""The commands `benchmark ...`: accuracy and speed on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    pass

from ...inference.commands.options import ClassifierOption, SummarizerOption
from ...inference.commands.terminal import make_folder, say
from ...models.files import write_whole

app = typer.Typer(help="Measure accuracy and speed on this machine.", no_args_is_help=True)


@app.command("classifier")
def benchmark_classifier_command(
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Held-out annotated documents; the corpus's test part if none is named."),
    ] = None,
    classifier: ClassifierOption = "classifier",
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Simpler classifiers and slower ways to run ours beside it.")
    ] = False,
    sentences: Annotated[int, typer.Option(min=1, help="Sentences to time.")] = 1000,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write JSON, Markdown and a picture into this folder."),
    ] = None,
) -> None:
    """Measure the classifier's accuracy, speed, latency and memory."""
    from ..benchmark import benchmark_classifier, benchmark_tables, write_benchmark
    from ..config import data_path

    files = data or [data_path("package:seeds/corpus/test.jsonl")]
    result = benchmark_classifier(classifier, files, baselines=baselines, sentences=sentences, report=say)
    if output is not None:
        for path in write_benchmark(result, output):
            say(f"wrote {path}")
    typer.echo(benchmark_tables(result))


@app.command("summarizer")
def benchmark_summarizer_command(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", help="Held-out annotated documents with abstracts; the corpus's test part if none."
        ),
    ] = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    baselines: Annotated[
        bool,
        typer.Option("--baselines", help="Lead 3, TextRank, LexRank and SmolLM2 without training beside it."),
    ] = False,
    engines: Annotated[
        bool, typer.Option("--engines", help="Compare what OpenVINO and torch write.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Judge so many documents, spread over all.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processor threads of each system.")] = 2,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write JSON, Markdown, a picture and the abstracts here."),
    ] = None,
) -> None:
    """Measure the quality of abstracts, their seconds and memory."""
    from ..abstract_writers import BASELINES, SYSTEMS
    from ..config import data_path
    from ..summarizer_benchmark import (
        benchmark_summarizer,
        summarizer_benchmark_tables,
        write_summarizer_benchmark,
    )

    if output is not None:
        make_folder(output)
    result = benchmark_summarizer(
        summarizer,
        data or [data_path("package:seeds/corpus/test.jsonl")],
        classifier=classifier,
        systems=(*SYSTEMS, *BASELINES) if baselines else SYSTEMS,
        engines=engines,
        limit=limit,
        threads=threads,
        report=say,
    )
    if output is not None:
        for path in write_summarizer_benchmark(result, output):
            say(f"wrote {path}")
    typer.echo(summarizer_benchmark_tables(result))


@app.command("batch")
def benchmark_batch_command(
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Texts, JSON Lines or Parquet; the corpus's test part if none is named."),
    ] = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    documents: Annotated[
        int,
        typer.Option(
            "--documents",
            "--repeat-to",
            min=1,
            help="Documents to work through; repeated if there are fewer.",
        ),
    ] = 5000,
    methods: Annotated[str, typer.Option(help="What to measure.")] = "types,extractive,abstractive",
    workers: Annotated[str, typer.Option(help="Numbers of workers to measure.")] = "1,2",
    baselines: Annotated[
        bool, typer.Option("--baselines", help="A loop, and datasets.map with a pipeline, beside it.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the figures here as JSON.")
    ] = None,
) -> None:
    """Measure documents and sentences a second of batch runs, and their memory over time."""
    from ..batch_benchmark import METHODS, batch_table, benchmark_batch
    from ..config import data_path

    chosen = methods.split(",")
    counts = workers.split(",")
    if unknown := [name for name in chosen if name not in METHODS]:
        raise typer.BadParameter(f"--methods {unknown[0]}: valid are {', '.join(METHODS)}")
    if wrong := [count for count in counts if not count.isdecimal() or int(count) < 1]:
        raise typer.BadParameter(f"--workers {wrong[0]}: whole numbers from 1 are needed, such as 1,2")
    result = benchmark_batch(
        data or [data_path("package:seeds/corpus/test.jsonl")],
        classifier=classifier,
        summarizer=summarizer,
        documents=documents,
        methods=chosen,
        workers=[int(count) for count in counts],
        baselines=baselines,
        report=say,
    )
    if output is not None:
        write_whole(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        say(f"wrote {output}")
    typer.echo(batch_table(result))


@app.command("support")
def benchmark_support_command(
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Annotated documents; the corpus's validation part if none is named."),
    ] = None,
    errors: Annotated[int, typer.Option(min=1, help="Planted errors of each kind.")] = 100,
    seed: Annotated[int, typer.Option(help="Equal seeds plant equal errors.")] = 0,
    examples: Annotated[bool, typer.Option("--examples", help="List every miss and false alarm.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write JSON into this file.")] = None,
) -> None:
    """Measure check_support on planted errors and on clean sentences."""
    from ..config import data_path
    from ..support_benchmark import benchmark_support, support_tables

    files = data or [data_path("package:seeds/corpus/validation.jsonl")]
    result = benchmark_support(files, errors=errors, seed=seed)
    if output is not None:
        output.write_text(json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        say(f"wrote {output}")
    typer.echo(support_tables(result, examples=examples))


@app.command("compare")
def benchmark_compare_command(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", help="Pairs of texts with their alignment; the shipped ones if none is named."
        ),
    ] = None,
    classifier: ClassifierOption = "classifier",
    tuning: Annotated[
        bool, typer.Option("--tuning", help="Judge on the pairs for tuning, not on the held-out ones.")
    ] = False,
    examples: Annotated[bool, typer.Option("--examples", help="List everything that was wrong.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write JSON into this file.")] = None,
) -> None:
    """Measure the comparison of two texts: alignment and verdicts, beside a plain baseline."""
    from ...inference.api import load
    from ..compare_benchmark import benchmark_comparison, comparison_benchmark_table
    from ..config import data_path

    files = data or [data_path("package:seeds/comparisons/pairs.jsonl")]
    result = benchmark_comparison(files, load(classifier), tuning=tuning)
    if output is not None:
        write_whole(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        say(f"wrote {output}")
    typer.echo(comparison_benchmark_table(result, examples=examples))


@app.command("suggest")
def benchmark_suggest_command(
    train: Annotated[
        list[Path] | None,
        typer.Option("--train", help="Annotated documents to label; the corpus's training part if none."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Annotated documents to judge by; the corpus's validation part if none."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions.")] = 5,
    batch: Annotated[int, typer.Option(min=1, help="Sentences labelled in each round.")] = 100,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of labelling.")] = 9,
    encoder: Annotated[
        bool, typer.Option("--encoder", help="Learn from the base encoder's embeddings, not from words.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write JSON, Markdown and a picture into this folder."),
    ] = None,
) -> None:
    """Measure how many labels `communique suggest` saves against labelling at random."""
    from ..config import data_path
    from ..suggestion_benchmark import (
        benchmark_suggestions,
        suggestion_tables,
        write_suggestion_benchmark,
    )

    result = benchmark_suggestions(
        train or [data_path("package:seeds/corpus/train.jsonl")],
        data or [data_path("package:seeds/corpus/validation.jsonl")],
        seeds=seeds,
        batch=batch,
        rounds=rounds,
        features="encoder" if encoder else "words",
        report=say,
    )
    if output is not None:
        for path in write_suggestion_benchmark(result, output):
            say(f"wrote {path}")
    typer.echo(suggestion_tables(result))
