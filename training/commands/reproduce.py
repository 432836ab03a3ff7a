"""The command `reproduce`: the shipped models, trained and judged anew."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ...inference.commands.options import QuietOption
from ...inference.commands.terminal import make_folder, say
from ...models.files import write_whole

TABLE = "reproduction.md"


class ScaleName(StrEnum):
    """How much is trained."""

    full = "full"
    tiny = "tiny"


def reproduce(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for models, evaluations and the table.")
    ] = Path("runs/reproduce"),
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Further held-out annotated documents to judge on.")
    ] = None,
    scale: Annotated[
        ScaleName, typer.Option(help="The shipped recipes, or tiny ones that show the workflow.")
    ] = ScaleName.full,
    quiet: QuietOption = False,
) -> None:
    """Train both models from their bases, evaluate them, and compare with the shipped figures.

    About two and a half hours on two cores; less with a GPU, which is used when there is one. After an
    interruption the same command goes on: with the next step, or at training's last checkpoint.
    """
    from ..reproduce import differing_data, plan_reproduction, reproduction_table
    from ..reproduce import reproduce as run

    make_folder(output)
    plan = plan_reproduction(output, scale.value, data or [])
    if scale is ScaleName.full:
        say("This takes about two and a half hours on two cores. If it is stopped, the same command goes on.")
    else:
        say("Tiny models learn nothing; their figures only show that every step works.")
    table = reproduction_table(run(plan, say, quiet=quiet), differing_data(plan))
    write_whole(output / TABLE, table + "\n")
    say(f"wrote {output / TABLE}")
    typer.echo(table)
