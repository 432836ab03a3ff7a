"""The command `compare`: what became of the commitments and calls of an earlier text in a later one."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ...models.files import write_whole
from .options import ClassifierOption, EngineName, EngineOption, OutputOption, PrivateOption, ThreadsOption
from .terminal import open_console, say

if TYPE_CHECKING:
    from ...models.text import Document


class ComparisonFormat(StrEnum):
    """Formats of a comparison."""

    text = "text"
    json = "json"
    markdown = "markdown"
    html = "html"


def compare(
    old: Annotated[
        str, typer.Argument(help="The earlier text: a file, an address, or - for standard input.")
    ],
    new: Annotated[str, typer.Argument(help="The later text.")],
    format: Annotated[
        ComparisonFormat, typer.Option("--format", "-f", help="How to write the comparison.")
    ] = ComparisonFormat.text,
    output: OutputOption = None,
    classifier: ClassifierOption = "classifier",
    engine: EngineOption = EngineName.auto,
    threads: ThreadsOption = None,
    allow_private: PrivateOption = False,
) -> None:
    """Compare two texts of one body: commitments and calls that are new, repeated, dropped, stronger or weaker."""
    from ..api import load
    from ..comparison_reports import print_comparison, render_comparison

    texts = [_read_one(name, allow_private) for name in (old, new)]
    comparison = load(classifier, engine=engine.value, threads=threads).compare(*texts)
    for warning in comparison.warnings:
        say(f"warning: {warning}")
    if output is None and format is ComparisonFormat.text:
        print_comparison(comparison, open_console())
        return
    rendered = render_comparison(comparison, format.value)
    if output is not None:
        write_whole(output, rendered)
    else:
        sys.stdout.write(rendered)


def _read_one(name: str, allow_private: bool) -> Document:
    """Read a file that holds one document."""
    from ...errors import InputError
    from ..reading import ReadText, read_documents

    found = list(read_documents([name], allow_private=allow_private))
    for read in found:
        if not isinstance(read, ReadText):
            raise read
        for warning in read.warnings:
            say(f"warning: {warning}")
    if len(found) != 1:
        raise InputError(
            f"{name}: holds {len(found)} documents; a comparison is of one with one, so name a file each"
        )
    assert isinstance(found[0], ReadText)
    return found[0].document
