"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EngineName(StrEnum):
    """What computes."""

    auto = "auto"
    openvino = "openvino"
    torch = "torch"


class MethodName(StrEnum):
    """How an abstract is made."""

    abstractive = "abstractive"
    extractive = "extractive"


class LengthName(StrEnum):
    """How long an abstract is."""

    short = "short"
    medium = "medium"
    long = "long"


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
LengthOption = Annotated[
    LengthName, typer.Option(help="Length of an abstract: about 30, 60 to 90, or 120 to 150 words.")
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        min=0.01, help="Seconds for writing an abstract; when they are over it gets picked sentences."
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")]
DatabaseOption = Annotated[
    Path | None,
    typer.Option("--database", help="The file for documents and corrections; else in your data folder."),
]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="A YAML file with a label set of your own.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier output.")]
