"""The command `batch`: many documents."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..batch import BatchProgress

from .options import (
    ClassifierOption,
    EngineName,
    EngineOption,
    LengthName,
    LengthOption,
    MethodName,
    MethodOption,
    QuietOption,
    SummarizerOption,
)
from .terminal import SECONDS_BETWEEN_LINES, say


class BatchEngineName(StrEnum):
    """What runs the workers of a batch run."""

    local = "local"
    ray = "ray"


class ShardFormat(StrEnum):
    """Formats of the shards of a batch run."""

    jsonl = "jsonl"
    parquet = "parquet"


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
    length: LengthOption = LengthName.medium,
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
    from ..batch import run_batch

    try:
        with _batch_progress(quiet) as report:
            summary = run_batch(
                inputs,
                output,
                method=None if types_only else method.value,
                length=length.value,
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
        say("interrupted; finished shards are kept: run the same command again to go on")
        # Not waiting for the documents in progress: what is on the disk is whole at any moment.
        os._exit(130)
    say(f"{output}: {summary}")
    if summary.rejected:
        say(f"why each was rejected is in {output / 'rejected.jsonl'}")
    raise typer.Exit(1 if summary.rejected else 0)


@contextmanager
def _batch_progress(quiet: bool) -> Iterator[Callable[[BatchProgress], None]]:
    """Show how far a batch run is: a bar on a terminal, elsewhere a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        said = time.monotonic()

        def say_now_and_then(progress: BatchProgress) -> None:
            nonlocal said
            if not quiet and time.monotonic() - said >= SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                say(str(progress))

        yield say_now_and_then
        return
    with Progress(BarColumn(), TextColumn("{task.description}"), console=console) as bar:
        task = bar.add_task("loading", total=None)
        yield lambda progress: bar.update(
            task, description=str(progress), completed=progress.handled, total=progress.documents
        )
