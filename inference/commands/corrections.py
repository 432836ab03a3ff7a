"""The commands `corrections ...`: what people corrected on the page."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import CorrectionsError
from ...models.files import write_whole
from .options import DatabaseOption, LabelsOption, OutputOption
from .terminal import say, schema_from

if TYPE_CHECKING:
    from ..web.corrections import ReviewedDocument

app = typer.Typer(help="What people corrected on the page of `communique serve`.", no_args_is_help=True)


@app.command("export")
def corrections_export(
    output: OutputOption = None, database: DatabaseOption = None, labels: LabelsOption = None
) -> None:
    """Write the documents that have a correction as annotated documents (JSON Lines), to train on.

    Sentences that nobody corrected have the types that the model gave them. Documents with types of another label
    set are named and left out; exit code 1 if there is one.
    """
    from ..web.annotations import annotated_documents

    schema = schema_from(labels)
    fitting: list[ReviewedDocument] = []
    others = 0
    for document in _corrected_documents(database):
        if document.schema.names == schema.names:
            fitting.append(document)
        else:
            say(
                f"warning: document {document.id} ({document.analysis.title}) has the label set "
                f"'{document.schema.name}', not '{schema.name}', and is left out; name its file with --labels"
            )
            others += 1
    written = annotated_documents(fitting)
    if output is None:
        sys.stdout.write(written)
    else:
        write_whole(output, written)
        say(f"{output}: {len(fitting)} document(s)")
    raise typer.Exit(1 if others else 0)


@app.command("stats")
def corrections_stats(
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count corrections, and which types were put in the place of which."""
    counts = asdict(_statistics(_corrected_documents(database)))
    if as_json:
        typer.echo(json.dumps(counts, indent=2))
        return
    changes = counts.pop("changes")
    for name, value in counts.items():
        typer.echo(f"{name:<22} {value:>6}")
    if changes:
        typer.echo("changes of types:")
    for change, count in changes.items():
        typer.echo(f"  {change:<46} {count:>6}")


@dataclass(frozen=True, slots=True)
class CorrectionStatistics:
    """Counts of corrections."""

    documents: int
    """Documents with a correction that stands."""
    sentences: int
    """Their sentences."""
    corrected_sentences: int
    """Sentences whose types were corrected, or confirmed by choosing the same."""
    changed_sentences: int
    """Those of them whose types are other than the model's."""
    corrected_abstracts: int
    undone: int
    """Corrections that were undone."""
    changes: dict[str, int]
    """How often which types took the place of which, the most frequent first."""


def _statistics(documents: Iterator[ReviewedDocument]) -> CorrectionStatistics:
    counts: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    for document in documents:
        standing = document.standing()
        counts["documents"] += 1
        counts["sentences"] += len(document.analysis.sentences)
        counts["undone"] += sum(correction.undone is not None for correction in document.corrections)
        counts["abstracts"] += None in standing
        for index, correction in standing.items():
            if index is None:
                continue
            before, after = document.analysis.sentences[index].types, tuple(correction.value)
            counts["corrected"] += 1
            if before != after:
                changes[f"{' + '.join(before)} -> {' + '.join(after)}"] += 1
    return CorrectionStatistics(
        documents=counts["documents"],
        sentences=counts["sentences"],
        corrected_sentences=counts["corrected"],
        changed_sentences=changes.total(),
        corrected_abstracts=counts["abstracts"],
        undone=counts["undone"],
        changes=dict(changes.most_common()),
    )


def _corrected_documents(database: Path | None) -> Iterator[ReviewedDocument]:
    from ..web.corrections import CorrectionStore, default_database

    path = database or default_database()
    if not path.is_file():
        raise CorrectionsError(f"{path}: there is no such file; `communique serve` makes it")
    store = CorrectionStore(path)
    for entry in store.entries():
        if entry.corrections:
            yield store.document(entry.id)
    store.close()
