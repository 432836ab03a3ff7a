"""The command `schema`: the JSON Schema of what the other commands write and read."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ...inference.reports import Content


class ResultKind(StrEnum):
    """Whose output the schema describes."""

    analyze = "analyze"
    classify = "classify"
    summarize = "summarize"
    metrics = "metrics"
    predictions = "predictions"


def schema_command(
    result: Annotated[ResultKind, typer.Option("--for", help="Whose output.")] = ResultKind.analyze,
) -> None:
    """Print the JSON Schema of one result of --format json or jsonl, or of what evaluate writes and reads."""
    if result is ResultKind.metrics:
        from ..metrics_schema import metrics_schema

        typer.echo(json.dumps(metrics_schema(), indent=2))
        return
    if result is ResultKind.predictions:
        from ..predictions import predictions_schema

        typer.echo(json.dumps(predictions_schema(), indent=2))
        return
    from ...inference.reports import json_schema

    content: dict[ResultKind, Content] = {
        ResultKind.analyze: "analysis",
        ResultKind.classify: "sentences",
        ResultKind.summarize: "abstract",
    }
    typer.echo(json.dumps(json_schema(content[result]), indent=2))
