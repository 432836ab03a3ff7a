"""The command line: each command is a thin wrapper over one public function.

Results go to standard output, messages to standard error. Exit codes: 0 done, 1 some input failed or
something was found wrong, 2 wrong usage.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ._version import __version__
from .errors import CommuniqueError, CorpusError, InputError

if TYPE_CHECKING:
    from .inference.api import Analyzer
    from .inference.batch import BatchProgress
    from .inference.reports import Content
    from .inference.results import Analysis
    from .models.taxonomy import LabelSchema
    from .training.config import ClassifierConfig, SummarizerConfig

app = typer.Typer(
    help="Label the commitments in diplomatic communiqués and write grounded abstracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
train_app = typer.Typer(help="Fine-tune a model from a configuration.", no_args_is_help=True)
models_app = typer.Typer(help="Models: the shipped ones, base checkpoints, your own.", no_args_is_help=True)
benchmark_app = typer.Typer(help="Measure accuracy and speed on this machine.", no_args_is_help=True)
corpus_app = typer.Typer(help="Annotated documents: check them, count them.", no_args_is_help=True)
app.add_typer(train_app, name="train")
app.add_typer(models_app, name="models")
app.add_typer(corpus_app, name="corpus")
app.add_typer(benchmark_app, name="benchmark")


class OutputFormat(StrEnum):
    """Formats of results."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    markdown = "markdown"


class TypesFormat(StrEnum):
    """Formats of the list of types."""

    table = "table"
    json = "json"
    markdown = "markdown"


class EngineName(StrEnum):
    """What computes."""

    auto = "auto"
    openvino = "openvino"
    torch = "torch"


class MethodName(StrEnum):
    """How an abstract is made."""

    abstractive = "abstractive"
    extractive = "extractive"


class ResultKind(StrEnum):
    """Whose output the schema describes."""

    analyze = "analyze"
    classify = "classify"
    summarize = "summarize"
    metrics = "metrics"
    predictions = "predictions"


class BatchEngineName(StrEnum):
    """What runs the workers of a batch run."""

    local = "local"
    ray = "ray"


class ShardFormat(StrEnum):
    """Formats of the shards of a batch run."""

    jsonl = "jsonl"
    parquet = "parquet"


SECONDS_BETWEEN_LINES = 30
"""How often a long run says how far it is where there is no terminal."""

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Files (txt, md, html, pdf, docx, jsonl, csv, parquet), folders, addresses; - is standard input.",
    ),
]
PrivateOption = Annotated[
    bool, typer.Option("--allow-private", help="Fetch from this machine and local networks, too.")
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", "-f", help="How to write the results.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
]
EngineOption = Annotated[
    EngineName, typer.Option(help="What computes; auto is OpenVINO where a model has it.")
]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Processor threads.")]
ClassifierOption = Annotated[str, typer.Option(help="A shipped classifier's name, or a model folder.")]
SummarizerOption = Annotated[str, typer.Option(help="A shipped summarizer's name, or a model folder.")]
MethodOption = Annotated[MethodName, typer.Option(help="Written by the language model, or picked sentences.")]
ConfigArgument = Annotated[
    str, typer.Argument(help="A YAML file, yours or a shipped one such as classifier.yaml.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, such as training.epochs=2."),
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier output.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the resolved configuration and stop.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="A YAML file with a label set of your own.")
]
CorpusFiles = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Files of annotated documents (JSON Lines).")
]


def main() -> None:
    """Run the command line: a known error becomes one message, Ctrl-C leaves no half file."""
    try:
        app(prog_name="communique")
    except CommuniqueError as error:
        _say(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def analyze(
    files: Files,
    format: FormatOption = OutputFormat.text,
    output: OutputOption = None,
    method: MethodOption = MethodName.abstractive,
    facts: Annotated[
        bool, typer.Option("--facts", help="Find actors, addressees, dates, deadlines and amounts too.")
    ] = False,
    deadlines: Annotated[
        bool, typer.Option("--deadlines", help="List what is due when over all texts, and nothing else.")
    ] = False,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Count 'next year' from this day, not from each text's own date."
        ),
    ] = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Label every sentence and write an abstract of each text."""
    analyzer = _analyzer(classifier, summarizer, engine, threads)
    _run(
        analyzer,
        files,
        allow_private,
        None if deadlines else method.value,
        "analysis",
        format,
        output,
        facts=facts or deadlines,
        list_deadlines=deadlines,
        date=date.date().isoformat() if date else None,
    )


@app.command()
def classify(
    files: Files,
    format: FormatOption = OutputFormat.text,
    output: OutputOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Set off the words that carried each label (slower).")
    ] = False,
    min_confidence: Annotated[
        float,
        typer.Option(min=0, max=1, help="Give no type where the primary one is less likely to be right."),
    ] = 0.0,
    classifier: ClassifierOption = "classifier",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Label every sentence of each text."""
    analyzer = _analyzer(classifier, "", engine, threads)
    _run(
        analyzer,
        files,
        allow_private,
        None,
        "sentences",
        format,
        output,
        explain=explain,
        min_confidence=min_confidence,
    )


@app.command()
def summarize(
    files: Files,
    format: FormatOption = OutputFormat.text,
    output: OutputOption = None,
    method: MethodOption = MethodName.abstractive,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Write an abstract of each text."""
    analyzer = _analyzer(classifier, summarizer, engine, threads)
    _run(analyzer, files, allow_private, method.value, "abstract", format, output)


@app.command()
def batch(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...", help="Text files, JSON Lines or Parquet with a column text, folders of them."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for results; a run goes on where it stopped.")
    ],
    format: Annotated[
        ShardFormat, typer.Option("--format", "-f", help="The format of results.")
    ] = ShardFormat.jsonl,
    types_only: Annotated[
        bool, typer.Option("--types-only", help="Label sentences, write no abstracts.")
    ] = False,
    method: MethodOption = MethodName.abstractive,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that analyse, each with models of its own in memory.")
    ] = 1,
    shard_size: Annotated[
        int, typer.Option(min=1, help="Documents of a shard: what a crash costs at most.")
    ] = 128,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    model_engine: EngineOption = EngineName.auto,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Processor threads of each worker; all cores shared if not given."),
    ] = None,
    engine: Annotated[
        BatchEngineName, typer.Option(help="Workers on this machine, or on Ray.")
    ] = BatchEngineName.local,
    gpus: Annotated[float, typer.Option(min=0, help="GPUs of each worker, with Ray.")] = 0,
    ray_address: Annotated[
        str | None, typer.Option(help="A Ray cluster, such as auto; without it Ray is started here.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Analyse any number of documents into a folder, with nothing lost in a crash.

    Run the same command again to go on after one. Exit code 1 if some document was rejected.
    """
    from .inference.batch import run_batch

    try:
        with _batch_progress(quiet) as report:
            summary = run_batch(
                inputs,
                output,
                method=None if types_only else method.value,
                format=format.value,
                classifier=classifier,
                summarizer=summarizer,
                model_engine=model_engine.value,
                workers=workers,
                threads=threads,
                shard_size=shard_size,
                engine=engine.value,
                gpus=gpus,
                ray_address=ray_address,
                report=report,
            )
    except KeyboardInterrupt:
        _say("interrupted; finished shards are kept: run the same command again to go on")
        # Not waiting for the documents in progress: what is on the disk is whole at any moment.
        os._exit(130)
    _say(f"{output}: {summary}")
    if summary.rejected:
        _say(f"why each was rejected is in {output / 'rejected.jsonl'}")
    raise typer.Exit(1 if summary.rejected else 0)


@app.command()
def types(
    format: Annotated[
        TypesFormat, typer.Option("--format", "-f", help="How to print them.")
    ] = TypesFormat.table,
    labels: LabelsOption = None,
) -> None:
    """Print the commitment types: what each means, how to recognise it."""
    schema = _schema(labels)
    if format is TypesFormat.json:
        typer.echo(json.dumps(schema.to_dict(), indent=2, ensure_ascii=False))
    elif format is TypesFormat.markdown:
        typer.echo(_types_markdown(schema))
    else:
        _print_types(schema)


@app.command("schema")
def schema_command(
    result: Annotated[ResultKind, typer.Option("--for", help="Whose output.")] = ResultKind.analyze,
) -> None:
    """Print the JSON Schema of one result of --format json or jsonl, or of what evaluate writes and reads."""
    if result is ResultKind.metrics:
        from .training.metrics_schema import metrics_schema

        typer.echo(json.dumps(metrics_schema(), indent=2))
        return
    if result is ResultKind.predictions:
        from .training.predictions import predictions_schema

        typer.echo(json.dumps(predictions_schema(), indent=2))
        return
    from .inference.reports import json_schema

    content: dict[ResultKind, Content] = {
        ResultKind.analyze: "analysis",
        ResultKind.classify: "sentences",
        ResultKind.summarize: "abstract",
    }
    typer.echo(json.dumps(json_schema(content[result]), indent=2))


@app.command()
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
    from .inference.api import load
    from .training.evaluation import evaluate_models
    from .training.report import PREDICTIONS, markdown_tables, write_evaluation

    systems = dict(_named_file(value) for value in system or [])
    folder = output if output is not None and output.suffix != ".json" else None
    if folder is not None:
        _make_folder(folder)
    result = evaluate_models(
        load(classifier, summarizer, engine=engine.value, threads=threads),
        data,
        baselines=baselines,
        abstracts=abstracts,
        systems=systems,
        texts=texts,
        predictions_file=folder / PREDICTIONS if folder is not None else None,
    )
    if folder is not None:
        for path in [folder / PREDICTIONS, *write_evaluation(result, folder)]:
            _say(f"wrote {path}")
    elif output is not None:
        _write(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    typer.echo(markdown_tables(result))


@app.command("evaluate-facts")
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
    from .training.config import data_path
    from .training.fact_evaluation import evaluate_facts, fact_table

    result = evaluate_facts(data or [data_path("package:seeds/facts/validation.jsonl")])
    if output is not None:
        _write(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    typer.echo(fact_table(result))


def _compare(runs: tuple[Path, Path], data: Sequence[Path], classifier: str, output: Path | None) -> None:
    from .models.folder import open_model_folder
    from .training.comparison import compare_runs, comparison_tables

    comparison = compare_runs(*runs, data, open_model_folder(classifier, "classifier").schema)
    if output is not None:
        _write(output, json.dumps(comparison, indent=2, ensure_ascii=False) + "\n")
    typer.echo(comparison_tables(comparison))


def _named_file(value: str) -> tuple[str, Path]:
    name, separator, path = value.partition("=")
    if not (name and separator and path):
        raise typer.BadParameter(f"--system '{value}': write NAME=FILE, such as rival=predictions.jsonl")
    return name, Path(path)


def _make_folder(folder: Path) -> None:
    """Make the folder for results before what takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommuniqueError(f"{folder}: cannot be made a folder ({error.strerror})") from None


@train_app.command("classifier")
def train_classifier(
    config: ConfigArgument,
    set_: SetOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a sentence classifier."""
    from .training.config import ClassifierConfig, load_config

    resolved = load_config(ClassifierConfig, config, set_ or [])
    if not dry_run:
        from .training.classifier import train_classifier as train

        _say(f"wrote {train(resolved, resume=resume, overwrite=overwrite, quiet=quiet)}")
    else:
        _print_config(resolved)


@train_app.command("summarizer")
def train_summarizer(
    config: ConfigArgument,
    set_: SetOption = None,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a summarizer."""
    from .training.config import SummarizerConfig, load_config

    resolved = load_config(SummarizerConfig, config, set_ or [])
    if not dry_run:
        from .training.summarizer import train_summarizer as train

        _say(f"wrote {train(resolved, resume=resume, overwrite=overwrite, quiet=quiet)}")
    else:
        _print_config(resolved)


@benchmark_app.command("classifier")
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
    from .training.benchmark import benchmark_classifier, benchmark_tables, write_benchmark
    from .training.config import data_path

    files = data or [data_path("package:seeds/corpus/test.jsonl")]
    result = benchmark_classifier(classifier, files, baselines=baselines, sentences=sentences, report=_say)
    if output is not None:
        for path in write_benchmark(result, output):
            _say(f"wrote {path}")
    typer.echo(benchmark_tables(result))


@benchmark_app.command("batch")
def benchmark_batch_command(
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="Texts, JSON Lines or Parquet; the corpus's test part if none is named."),
    ] = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    documents: Annotated[
        int, typer.Option(min=1, help="Documents to work through; repeated if there are fewer.")
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
    from .training.batch_benchmark import METHODS, batch_table, benchmark_batch
    from .training.config import data_path

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
        report=_say,
    )
    if output is not None:
        _write(output, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        _say(f"wrote {output}")
    typer.echo(batch_table(result))


@benchmark_app.command("support")
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
    from .training.config import data_path
    from .training.support_benchmark import benchmark_support, support_tables

    files = data or [data_path("package:seeds/corpus/validation.jsonl")]
    result = benchmark_support(files, errors=errors, seed=seed)
    if output is not None:
        output.write_text(json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        _say(f"wrote {output}")
    typer.echo(support_tables(result, examples=examples))


@models_app.command("list")
def models_list() -> None:
    """List the shipped models and the base checkpoints that can be pulled."""
    from .models.folder import shipped_models
    from .training.base_models import BASE_MODELS, is_pulled

    typer.echo("Shipped models:")
    for name, folder in shipped_models().items():
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["kind"]
        typer.echo(f"  {name:<16} {kind}")
    typer.echo("Base checkpoints to train from:")
    for model in BASE_MODELS:
        state = "pulled" if is_pulled(model) else "not pulled"
        typer.echo(f"  {model.name:<16} {model.description}, {model.licence} ({state})")


@models_app.command("info")
def models_info(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or a model folder.")],
) -> None:
    """Print a model's card."""
    from .models.folder import find_model_folder

    typer.echo((find_model_folder(model) / "README.md").read_text(encoding="utf-8"))


@models_app.command("pull")
def models_pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Base checkpoints; all of them if none is named.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Pull again what is there.")] = False,
) -> None:
    """Bring base checkpoints into the cache folder, for training."""
    from .training.base_models import BASE_MODELS, known_base_model, pull

    chosen = [known_base_model(name) for name in names] if names else BASE_MODELS
    for model in chosen:
        typer.echo(f"{model.name}: {pull(model, force=force)}")


@models_app.command("export")
def models_export(
    model: Annotated[str, typer.Argument(help="A shipped model's name, or a model folder.")],
    engine: Annotated[EngineName, typer.Option(help="The engine to export for.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model folder to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Write a model folder that holds only what one engine needs, converting where necessary."""
    from .models.engines.export import export_model

    if engine is EngineName.auto:
        raise typer.BadParameter("name the engine: --engine openvino or --engine torch")
    name: Literal["openvino", "torch"] = "torch" if engine is EngineName.torch else "openvino"
    _say(f"wrote {export_model(model, name, output, overwrite=overwrite)}")


@models_app.command("calibrate")
def models_calibrate(
    model: Annotated[str, typer.Argument(help="A shipped classifier's name, or a model folder.")],
    data: Annotated[
        list[Path],
        typer.Option("--data", help="Annotated documents that the classifier has not learned from."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model folder to write.")],
    overwrite: OverwriteOption = False,
) -> None:
    """Fit probabilities, thresholds and confidence anew to texts of your own; the weights stay as they are."""
    from .training.classifier import calibrate_classifier

    metrics = calibrate_classifier(model, data, output, overwrite=overwrite)
    _say(f"wrote {output}; macro-F1 on these texts {metrics['primary_macro_f1']:.3f}")


@models_app.command("card")
def models_card(
    folder: Annotated[Path, typer.Argument(help="A model folder.")],
) -> None:
    """Write a model's card anew from its run record and its evaluations."""
    from .training.cards import write_card

    _say(f"wrote {write_card(folder)}")


@corpus_app.command("check")
def corpus_check(files: CorpusFiles, labels: LabelsOption = None) -> None:
    """Find everything that is wrong in annotated documents; exit 1 if something is."""
    from .training.corpus import check_files

    problems = check_files(files, _schema(labels))
    for problem in problems:
        typer.echo(str(problem))
    _say(
        f"{len(problems)} problem(s) in {len(files)} file(s)"
        if problems
        else f"{len(files)} file(s): no problem"
    )
    raise typer.Exit(1 if problems else 0)


@corpus_app.command("stats")
def corpus_stats(
    files: CorpusFiles,
    labels: LabelsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    compare: Annotated[
        list[Path] | None,
        typer.Option(help="Texts (JSON Lines with text) to compare with: how varied, how alike."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Draw types by genre and lengths as PNG files into this folder.")
    ] = None,
) -> None:
    """Count documents, sentences, types, genres, splits and lengths."""
    from dataclasses import asdict

    from .training.corpus import load_documents, statistics

    schema = _schema(labels)
    documents = load_documents(files, schema)
    counts = asdict(statistics(documents, schema))
    if as_json:
        typer.echo(json.dumps(counts, indent=2))
    else:
        for name, value in counts.items():
            if isinstance(value, dict):
                typer.echo(f"{name}:")
                for key, count in value.items():
                    typer.echo(f"  {key:<14} {count:>8}")
            else:
                typer.echo(f"{name:<16} {value:>8}")
    if figures is not None:
        from .training.figures import corpus_figures

        for path in corpus_figures(documents, schema, figures):
            _say(f"wrote {path}")
    if compare:
        from .training.diversity import comparison

        typer.echo("")
        typer.echo(comparison(files, compare))


@corpus_app.command("agreement")
def corpus_agreement(files: CorpusFiles, labels: LabelsOption = None) -> None:
    """Measure how well the two passes of annotation agree, where documents were annotated twice."""
    from .training.agreement import agreement
    from .training.corpus import load_documents

    schema = _schema(labels)
    result = agreement(load_documents(files, schema), schema)
    typer.echo(f"{result.documents} documents, {result.sentences} sentences annotated twice")
    for name in ("primary_kappa", "primary_accuracy", "sets_alpha", "sets_micro_f1", "commitment_f1"):
        typer.echo(f"{name:<17} {getattr(result, name):.3f}")
    typer.echo("F1 of each type:")
    for name, f1 in result.per_type_f1.items():
        typer.echo(f"  {name:<14} {f1:.3f}")
    typer.echo("confused primary types:")
    for one, other, count in result.confusions[:10]:
        typer.echo(f"  {one} / {other:<14} {count}")


@corpus_app.command("standoff")
def corpus_standoff(
    files: CorpusFiles,
    output: Annotated[Path, typer.Option("--output", "-o", help="The stand-off file to write.")],
    labels: LabelsOption = None,
) -> None:
    """Keep the labels of annotated documents without their texts: each sentence becomes a hash."""
    from .training.corpus import load_documents
    from .training.standoff import to_standoff

    documents = [to_standoff(document) for document in load_documents(files, _schema(labels))]
    lines = [
        json.dumps(d.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for d in documents
    ]
    _write(output, "\n".join(lines) + "\n")
    _say(f"wrote {len(documents)} document(s) without their texts to {output}")


@corpus_app.command("restore")
def corpus_restore(
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            "--texts",
            help="JSON Lines with id and text, a folder of saved pages or text files, or such a file.",
        ),
    ] = None,
    download: Annotated[
        Path | None,
        typer.Option("--download", help="Fetch the public pages into this folder; goes on where it stopped."),
    ] = None,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two requests of --download.")] = 1.0,
    standoff: Annotated[
        Path | None,
        typer.Option("--standoff", help="A stand-off file; the shipped real part if none is named."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The annotated documents to write.")] = Path(
        "runs/real-train.jsonl"
    ),
    labels: LabelsOption = None,
) -> None:
    """Find the sentences of labelled public texts again, and write them as annotated documents.

    Exit code 1 if some sentence was not found; those that were found are written all the same.
    """
    from .training.standoff import (
        REAL_LABELS,
        download_texts,
        load_standoff,
        read_texts,
        restore_all,
        write_restored,
    )

    if not texts and download is None:
        raise typer.BadParameter("name the texts with --texts PATH, or fetch them with --download FOLDER")
    documents = load_standoff(standoff or REAL_LABELS, _schema(labels))
    problems: dict[str, str] = {}
    if download is not None:
        problems = download_texts(documents, download, pause=pause, report=_say)
    found = read_texts([*(texts or []), *([download] if download else [])], documents)
    results = list(restore_all(documents, found, problems))
    for result in results:
        if result.missing:
            _say(str(result))
    restored = [result for result in results if result.document is not None]
    if not restored:
        raise CorpusError("not one sentence was found; nothing was written. Are these the right texts?")
    write_restored(restored, output)
    missing = sum(len(result.missing) for result in results)
    _say(
        f"wrote {len(restored)} of {len(results)} document(s), {sum(r.found for r in results)} sentence(s), "
        f"to {output}; {missing} sentence(s) not found"
    )
    raise typer.Exit(1 if missing else 0)


def train_classifier_main() -> None:
    """Run `communique train classifier` for `python -m communique.training.classifier`."""
    sys.argv[1:1] = ["train", "classifier"]
    main()


def train_summarizer_main() -> None:
    """Run `communique train summarizer` for `python -m communique.training.summarizer`."""
    sys.argv[1:1] = ["train", "summarizer"]
    main()


def _analyzer(classifier: str, summarizer: str, engine: EngineName, threads: int | None) -> Analyzer:
    from .inference.api import load

    return load(classifier, summarizer, engine=engine.value, threads=threads)


def _run(
    analyzer: Analyzer,
    files: Sequence[str],
    allow_private: bool,
    method: Any,  # noqa: ANN401 - a Method or None
    content: Content,
    format: OutputFormat,
    output: Path | None,
    explain: bool = False,
    min_confidence: float = 0.0,
    facts: bool = False,
    list_deadlines: bool = False,
    date: str | None = None,
) -> None:
    """Analyse documents one by one, so that what fails is named and the rest is written."""
    from .inference.api import abstain
    from .inference.deadlines import deadlines, render_deadlines
    from .inference.reading import ReadText, read_documents
    from .inference.reports import print_text, render

    analyses: list[Analysis] = []
    failures = 0
    shows_at_once = format is OutputFormat.text and output is None and not list_deadlines
    console = _console() if shows_at_once else None
    for read in read_documents(files, allow_private=allow_private):
        if not isinstance(read, ReadText):
            _say(f"error: {read}")
            failures += 1
            continue
        try:
            document = replace(read.document, date=date) if date else read.document
            analysis = analyzer.analyze(document, method=method, facts=facts)
        except InputError as error:
            _say(f"error: {error}")
            failures += 1
            continue
        if explain:
            analysis = replace(analysis, sentences=tuple(analyzer.explain(analysis.sentences)))
        if min_confidence:
            analysis = replace(analysis, sentences=tuple(abstain(analysis.sentences, min_confidence)))
        for warning in (*read.warnings, *(f"{analysis.source}: {warning}" for warning in analysis.warnings)):
            _say(f"warning: {warning}")
        if console is not None:
            if analyses:
                console.print()
            print_text(analysis, content, analyzer.schema, console)
        analyses.append(analysis)
    if not shows_at_once and analyses:
        rendered = (
            render_deadlines(deadlines(analyses), format.value)
            if list_deadlines
            else render(analyses, format.value, content, analyzer.schema)
        )
        if output is not None:
            _write(output, rendered)
        else:
            sys.stdout.write(rendered)
    raise typer.Exit(1 if failures else 0)


@contextmanager
def _batch_progress(quiet: bool) -> Iterator[Callable[[BatchProgress], None]]:
    """Show how far a batch run is: a bar on a terminal, elsewhere a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        said = time.monotonic()

        def say(progress: BatchProgress) -> None:
            nonlocal said
            if not quiet and time.monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                _say(str(progress))

        yield say
        return
    with Progress(BarColumn(), TextColumn("{task.description}"), console=console) as bar:
        task = bar.add_task("loading", total=None)
        yield lambda progress: bar.update(
            task, description=str(progress), completed=progress.handled, total=progress.documents
        )


def _write(path: Path, text: str) -> None:
    """Write a file completely or not at all."""
    try:
        if path.exists() and not path.is_file():
            # A device or pipe cannot be replaced by renaming.
            path.write_text(text, encoding="utf-8")
            return
        with _replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommuniqueError(f"{path}: cannot be written ({error.strerror})") from None


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` that takes its place when the block ends without error."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _schema(labels: Path | None) -> LabelSchema:
    from .models.taxonomy import LabelSchema, commitment_schema

    return commitment_schema() if labels is None else LabelSchema.from_yaml(labels)


def _print_types(schema: LabelSchema) -> None:
    from rich.table import Table

    table = Table(title=f"{schema.name}: strongest first", show_lines=True)
    for column in ("type", "kind", "the sentence records that", "signals", "not"):
        table.add_column(column)
    for label in schema.types:
        table.add_row(
            label.name, label.kind, label.definition, "; ".join(label.signals), "; ".join(label.excludes)
        )
    _console().print(table)


def _types_markdown(schema: LabelSchema) -> str:
    lines = ["| type | kind | definition | signals | not |", "|---|---|---|---|---|"]
    lines += [
        f"| {label.name} | {label.kind} | {label.definition} | {'; '.join(label.signals)} "
        f"| {'; '.join(label.excludes)} |"
        for label in schema.types
    ]
    return "\n".join(lines)


def _print_config(config: ClassifierConfig | SummarizerConfig) -> None:
    from .training.config import to_yaml

    typer.echo(to_yaml(config), nl=False)


def _console() -> Any:  # noqa: ANN401 - rich is imported when used
    from rich.console import Console

    console = Console(highlight=False)
    # Without a terminal rich assumes 80 columns, too narrow for sentences.
    return console if console.is_terminal else Console(highlight=False, width=120)


def _say(message: str) -> None:
    typer.echo(message, err=True)
