"""The commands that label and summarize: `analyze`, `classify`, `summarize`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import InputError

if TYPE_CHECKING:
    from ...models.summarizer import Length
    from ..api import Analyzer
    from ..reports import Content
    from ..results import Analysis

from ...models.files import write_whole
from .options import (
    ClassifierOption,
    EngineName,
    EngineOption,
    Files,
    LengthName,
    LengthOption,
    MethodName,
    MethodOption,
    OutputOption,
    PrivateOption,
    SummarizerOption,
    ThreadsOption,
    TimeoutOption,
)
from .terminal import open_console, say


class OutputFormat(StrEnum):
    """Formats of results."""

    text = "text"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    markdown = "markdown"
    html = "html"
    xlsx = "xlsx"
    parquet = "parquet"


BINARY = (OutputFormat.xlsx, OutputFormat.parquet)
SHOWS_FACTS = (OutputFormat.html, OutputFormat.xlsx)
"""Formats of whole analyses that would be poor without facts."""


class Listing(StrEnum):
    """What `analyze` lists over all texts in place of the analyses."""

    deadlines = "deadlines"
    commitments = "commitments"


FormatOption = Annotated[OutputFormat, typer.Option("--format", "-f", help="How to write the results.")]


def analyze(
    files: Files,
    format: FormatOption = OutputFormat.text,
    output: OutputOption = None,
    method: MethodOption = MethodName.abstractive,
    length: LengthOption = LengthName.medium,
    timeout: TimeoutOption = None,
    facts: Annotated[
        bool, typer.Option("--facts", help="Find actors, addressees, dates, deadlines and amounts too.")
    ] = False,
    deadlines: Annotated[
        bool, typer.Option("--deadlines", help="List what is due when over all texts, and nothing else.")
    ] = False,
    commitments: Annotated[
        bool,
        typer.Option("--commitments", help="List who promised what over all texts, and nothing else."),
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
    listing = _listing(deadlines, commitments, format)
    _check_output(format, output)
    analyzer = _analyzer(classifier, summarizer, engine, threads)
    _run(
        analyzer,
        files,
        allow_private,
        None if listing else method.value,
        "analysis",
        format,
        output,
        facts=facts or listing is not None or format in SHOWS_FACTS,
        listing=listing,
        length=length.value,
        timeout=timeout,
        date=date.date().isoformat() if date else None,
    )


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
    _check_output(format, output)
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


def summarize(
    files: Files,
    format: FormatOption = OutputFormat.text,
    output: OutputOption = None,
    method: MethodOption = MethodName.abstractive,
    length: LengthOption = LengthName.medium,
    timeout: TimeoutOption = None,
    classifier: ClassifierOption = "classifier",
    summarizer: SummarizerOption = "summarizer",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Write an abstract of each text."""
    _check_output(format, output)
    analyzer = _analyzer(classifier, summarizer, engine, threads)
    _run(
        analyzer,
        files,
        allow_private,
        method.value,
        "abstract",
        format,
        output,
        length=length.value,
        timeout=timeout,
    )


def _listing(deadlines: bool, commitments: bool, format: OutputFormat) -> Listing | None:
    if deadlines and commitments:
        raise typer.BadParameter("--deadlines and --commitments are two lists; ask for one at a time")
    if not deadlines and not commitments:
        return None
    listing = Listing.deadlines if deadlines else Listing.commitments
    if format is OutputFormat.html:
        raise typer.BadParameter(
            f"html shows whole texts, --{listing} only a list; leave out one of them, or use xlsx or markdown"
        )
    return listing


def _check_output(format: OutputFormat, output: Path | None) -> None:
    """Refuse before the work what could not be written after it."""
    from ..tables import require

    if format in BINARY:
        if output is None or _is_terminal(output):
            raise typer.BadParameter(
                f"{format} is no text and is not written to a terminal or pipe; name a file with --output"
            )
        require(format)


def _is_terminal(path: Path) -> bool:
    if not path.is_char_device():
        return False
    with path.open("wb", buffering=0) as device:
        return device.isatty()


def _analyzer(classifier: str, summarizer: str, engine: EngineName, threads: int | None) -> Analyzer:
    from ..api import load

    return load(classifier, summarizer, engine=engine.value, threads=threads)


def _run(
    analyzer: Analyzer,
    files: Sequence[str],
    allow_private: bool,
    method: Any,  # noqa: ANN401 - a Method or None
    content: Content,
    format: OutputFormat,
    output: Path | None,
    length: Length = "medium",
    timeout: float | None = None,
    explain: bool = False,
    min_confidence: float = 0.0,
    facts: bool = False,
    listing: Listing | None = None,
    date: str | None = None,
) -> None:
    """Analyse documents one by one, so that what fails is named and the rest is written."""
    from ..api import abstain
    from ..reading import ReadText, read_documents
    from ..reports import print_text, render

    analyses: list[Analysis] = []
    failures = 0
    shows_at_once = format is OutputFormat.text and output is None and listing is None
    console = open_console() if shows_at_once else None
    for read in read_documents(files, allow_private=allow_private):
        if not isinstance(read, ReadText):
            say(f"error: {read}")
            failures += 1
            continue
        try:
            document = replace(read.document, date=date) if date else read.document
            with _watching() as (on_progress, on_token):
                analysis = analyzer.analyze(
                    document,
                    method=method,
                    length=length,
                    timeout=timeout,
                    facts=facts,
                    on_progress=on_progress,
                    on_token=on_token,
                )
        except InputError as error:
            say(f"error: {error}")
            failures += 1
            continue
        if explain:
            analysis = replace(analysis, sentences=tuple(analyzer.explain(analysis.sentences)))
        if min_confidence:
            analysis = replace(analysis, sentences=tuple(abstain(analysis.sentences, min_confidence)))
        for warning in (*read.warnings, *(f"{analysis.source}: {warning}" for warning in analysis.warnings)):
            say(f"warning: {warning}")
        if console is not None:
            if analyses:
                console.print()
            print_text(analysis, content, analyzer.schema, console)
        analyses.append(analysis)
    if not shows_at_once and analyses:
        rendered = (
            render(analyses, format.value, content, analyzer.schema)
            if listing is None
            else _render_listing(analyses, listing, format)
        )
        if output is not None:
            write_whole(output, rendered)
        else:
            assert isinstance(rendered, str)  # `_check_output` refused the other formats
            sys.stdout.write(rendered)
    raise typer.Exit(1 if failures else 0)


def _render_listing(analyses: Sequence[Analysis], listing: Listing, format: OutputFormat) -> str | bytes:
    from ..commitments import commitments, render_commitments
    from ..deadlines import deadlines, render_deadlines

    name: Any = format.value  # a format of both lists: `_listing` refused the page
    if listing is Listing.deadlines:
        return render_deadlines(deadlines(analyses), name)
    return render_commitments(commitments(analyses), name)


@contextmanager
def _watching() -> Iterator[tuple[Callable[[int, int], None] | None, Callable[[str], None] | None]]:
    """Show on a terminal how far a text is labelled, then the draft; both go when the result is there."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None, None
        return
    shown = Text(style="dim")
    with Live(shown, console=console, transient=True) as live:

        def progress(labelled: int, sentences: int) -> None:
            live.update(Text(f"{labelled} of {sentences} sentences labelled", style="dim"))

        def draft(piece: str) -> None:
            shown.append(piece)
            live.update(shown)

        yield progress, draft
