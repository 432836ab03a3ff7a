"""The command `types`: the label set."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ...models.taxonomy import LabelSchema

from .options import LabelsOption
from .terminal import open_console, schema_from


class TypesFormat(StrEnum):
    """Formats of the list of types."""

    table = "table"
    json = "json"
    markdown = "markdown"


def types(
    format: Annotated[
        TypesFormat, typer.Option("--format", "-f", help="How to print them.")
    ] = TypesFormat.table,
    labels: LabelsOption = None,
) -> None:
    """Print the commitment types: what each means, how to recognise it."""
    schema = schema_from(labels)
    if format is TypesFormat.json:
        typer.echo(json.dumps(schema.to_dict(), indent=2, ensure_ascii=False))
    elif format is TypesFormat.markdown:
        typer.echo(_types_markdown(schema))
    else:
        _print_types(schema)


def _print_types(schema: LabelSchema) -> None:
    from rich.table import Table

    table = Table(title=f"{schema.name}: strongest first", show_lines=True)
    for column in ("type", "kind", "the sentence records that", "signals", "not"):
        table.add_column(column)
    for label in schema.types:
        table.add_row(
            label.name, label.kind, label.definition, "; ".join(label.signals), "; ".join(label.excludes)
        )
    open_console().print(table)


def _types_markdown(schema: LabelSchema) -> str:
    lines = ["| type | kind | definition | signals | not |", "|---|---|---|---|---|"]
    lines += [
        f"| {label.name} | {label.kind} | {label.definition} | {'; '.join(label.signals)} "
        f"| {'; '.join(label.excludes)} |"
        for label in schema.types
    ]
    return "\n".join(lines)
