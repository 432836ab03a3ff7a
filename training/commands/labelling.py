"""Options for labelling tools, and the command `suggest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...inference.commands.options import (
    ClassifierOption,
    EngineName,
    EngineOption,
    Files,
    PrivateOption,
    ThreadsOption,
)
from ...inference.commands.terminal import say
from ...models.files import write_whole
from ..labelling import Tool, Unit

UnitOption = Annotated[
    Unit, typer.Option(help="Show whole documents with labelled sentences in them, or single sentences.")
]
AnnotatorOption = Annotated[
    str | None,
    typer.Option(help="Where several labelled the same: whose labels count; a name, or 'majority'."),
]


def suggest(
    files: Files,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many sentences.")] = 100,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
    ] = None,
    to: Annotated[
        Tool | None,
        typer.Option("--to", help="Write for this labelling tool; JSON Lines with text and types if none."),
    ] = None,
    labelled: Annotated[
        list[Path] | None,
        typer.Option("--labelled", help="Annotated documents; leave out their sentences."),
    ] = None,
    classifier: ClassifierOption = "classifier",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Pick the sentences that are most worth labelling next: unsure ones, unlike each other."""
    from ...inference.api import load
    from ...inference.reading import ReadText, read_documents
    from ..labelling.tools import export_drafts
    from ..suggestions import suggest_sentences, suggestion_drafts, suggestion_lines

    if to is not None and output is None:
        raise typer.BadParameter("--to needs --output FILE")
    failures = 0
    documents = []
    for read in read_documents(files, allow_private=allow_private):
        if isinstance(read, ReadText):
            documents.append(read.document)
        else:
            say(f"error: {read}")
            failures += 1
    analyzer = load(classifier, engine=engine.value, threads=threads)
    suggestions = suggest_sentences(analyzer, documents, count, labelled or [])
    if len(suggestions) < count:
        say(f"there are only {len(suggestions)} different sentences to suggest")
    if to is not None and output is not None:
        drafts = suggestion_drafts(suggestions)
        instructions = export_drafts(drafts, to, Unit.sentence, analyzer.schema, output)
    else:
        instructions = []
        rendered = suggestion_lines(suggestions)
        if output is None:
            typer.echo(rendered, nl=False)
        else:
            write_whole(output, rendered)
    if output is not None:
        say(f"wrote {len(suggestions)} sentence(s) to {output}")
    for line in instructions:
        say(line)
    raise typer.Exit(1 if failures else 0)
