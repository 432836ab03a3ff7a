"""The commands `corpus ...`: annotated documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import CorpusError
from ...inference.commands.options import LabelsOption, OverwriteOption
from ...inference.commands.terminal import say, schema_from
from ...models.files import write_whole
from ..labelling import Tool, Unit
from .labelling import AnnotatorOption, UnitOption

app = typer.Typer(
    help="Annotated documents: check them, count them, exchange them with labelling tools.",
    no_args_is_help=True,
)
CorpusFiles = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Files of annotated documents (JSON Lines).")
]


@app.command("check")
def corpus_check(files: CorpusFiles, labels: LabelsOption = None) -> None:
    """Find everything that is wrong in annotated documents; exit 1 if something is."""
    from ..corpus import check_files

    problems = check_files(files, schema_from(labels))
    for problem in problems:
        typer.echo(str(problem))
    say(
        f"{len(problems)} problem(s) in {len(files)} file(s)"
        if problems
        else f"{len(files)} file(s): no problem"
    )
    raise typer.Exit(1 if problems else 0)


@app.command("stats")
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

    from ..corpus import load_documents, statistics

    schema = schema_from(labels)
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
        from ..figures import corpus_figures

        for path in corpus_figures(documents, schema, figures):
            say(f"wrote {path}")
    if compare:
        from ..diversity import comparison

        typer.echo("")
        typer.echo(comparison(files, compare))


@app.command("agreement")
def corpus_agreement(files: CorpusFiles, labels: LabelsOption = None) -> None:
    """Measure how well the two passes of annotation agree, where documents were annotated twice."""
    from ..agreement import agreement
    from ..corpus import load_documents

    schema = schema_from(labels)
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


@app.command("suspects")
def corpus_suspects(
    files: CorpusFiles,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, a sentence a line; edit its 'types'.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="How many sentences at most.")] = 100,
    base: Annotated[str, typer.Option(help="The encoder, as in a configuration.")] = "minilm",
    labels: LabelsOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Find likely label errors: sentences whose types the other documents make improbable."""
    from ..suspects import find_suspects, suspects_text

    # Somebody may have edited it.
    _check_free(output, overwrite)
    suspects = find_suspects(files, schema_from(labels), base=base, limit=limit)
    write_whole(output, suspects_text(suspects))
    say(
        f"wrote {len(suspects)} sentence(s) to {output}; write the right types into 'types' where the given ones "
        "are wrong, then `communique corpus correct`"
    )


@app.command("correct")
def corpus_correct(
    file: Annotated[Path, typer.Argument(help="A file of annotated documents (JSON Lines).")],
    suspects: Annotated[
        Path, typer.Option("--suspects", help="What `corpus suspects` wrote, with 'types' edited.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The corrected file to write.")],
    labels: LabelsOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Merge edited suspects into annotated documents, after checking that their texts are unchanged."""
    from ..suspects import corrected

    _check_free(output, overwrite)
    result = corrected(file, suspects, schema_from(labels))
    write_whole(output, result.content)
    left = f"; {result.elsewhere} line(s) are of documents in other files" if result.elsewhere else ""
    say(
        f"wrote {output}: {result.changed} sentence(s) have other types, {result.kept} line(s) were not edited{left}"
    )


@app.command("standoff")
def corpus_standoff(
    files: CorpusFiles,
    output: Annotated[Path, typer.Option("--output", "-o", help="The stand-off file to write.")],
    labels: LabelsOption = None,
) -> None:
    """Keep the labels of annotated documents without their texts: each sentence becomes a hash."""
    from ..corpus import load_documents
    from ..standoff import to_standoff

    documents = [to_standoff(document) for document in load_documents(files, schema_from(labels))]
    lines = [
        json.dumps(d.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for d in documents
    ]
    write_whole(output, "\n".join(lines) + "\n")
    say(f"wrote {len(documents)} document(s) without their texts to {output}")


@app.command("restore")
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
    from ..standoff import (
        REAL_LABELS,
        download_texts,
        load_standoff,
        read_texts,
        restore_all,
        write_restored,
    )

    if not texts and download is None:
        raise typer.BadParameter("name the texts with --texts PATH, or fetch them with --download FOLDER")
    documents = load_standoff(standoff or REAL_LABELS, schema_from(labels))
    problems: dict[str, str] = {}
    if download is not None:
        problems = download_texts(documents, download, pause=pause, report=say)
    found = read_texts([*(texts or []), *([download] if download else [])], documents)
    results = list(restore_all(documents, found, problems))
    for result in results:
        if result.missing:
            say(str(result))
    restored = [result for result in results if result.document is not None]
    if not restored:
        raise CorpusError("not one sentence was found; nothing was written. Are these the right texts?")
    write_restored(restored, output)
    missing = sum(len(result.missing) for result in results)
    say(
        f"wrote {len(restored)} of {len(results)} document(s), {sum(r.found for r in results)} sentence(s), "
        f"to {output}; {missing} sentence(s) not found"
    )
    raise typer.Exit(1 if missing else 0)


def _check_free(output: Path, overwrite: bool) -> None:
    if output.exists() and not overwrite:
        raise CorpusError(f"{output}: is there already; name another file, or add --overwrite to replace it")


@app.command("export")
def corpus_export(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Annotated documents, or results of analyze, classify or batch in JSON Lines.",
        ),
    ],
    to: Annotated[Tool, typer.Option("--to", help="The labelling tool.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write for it.")],
    unit: UnitOption = Unit.document,
    labels: LabelsOption = None,
) -> None:
    """Write documents for a labelling tool: annotated ones, or results as pre-annotations with scores."""
    from ..labelling.items import read_drafts
    from ..labelling.tools import export_drafts

    schema = schema_from(labels)
    drafts = read_drafts(files, schema)
    instructions = export_drafts(drafts, to, unit, schema, output)
    say(
        f"wrote {len(drafts)} document(s), {sum(len(d.document.sentences) for d in drafts)} sentence(s), to {output}"
    )
    for line in instructions:
        say(line)


@app.command("import")
def corpus_import(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="What the labelling tool exported.")],
    from_: Annotated[Tool, typer.Option("--from", help="The labelling tool.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The annotated documents to write.")],
    annotator: AnnotatorOption = None,
    labels: LabelsOption = None,
) -> None:
    """Make annotated documents of what a labelling tool exported.

    Exit code 1 if something could not be taken over; it is named, and the rest is written all the same.
    """
    from ..corpus import write_documents
    from ..labelling.annotations import agreement_line
    from ..labelling.tools import import_annotations

    result = import_annotations(files, from_, schema_from(labels), annotator)
    for fault in result.faults:
        say(f"error: {fault}")
    for pair in result.agreements:
        say(f"agreement of {agreement_line(pair)}")
    counts = [f"{count} item(s) {reason}" for reason, count in result.left_out.items()]
    if result.without_type:
        counts.append(f"{result.without_type} sentence(s) came back without a type")
    if counts:
        say(f"left out: {', '.join(counts)}")
    if not result.documents:
        raise CorpusError("no labelled sentence was found; nothing was written")
    write_documents(result.documents, output)
    say(
        f"wrote {len(result.documents)} document(s), {sum(len(d.sentences) for d in result.documents)} sentence(s), "
        f"to {output}; {result.changed} sentence(s) have other types than were exported"
    )
    raise typer.Exit(1 if result.faults else 0)
