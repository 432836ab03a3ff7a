"""Speaking to the user, and what else every command needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ...errors import CommuniqueError

if TYPE_CHECKING:
    from ...models.taxonomy import LabelSchema


SECONDS_BETWEEN_LINES = 30
"""How often a long run says how far it is where there is no terminal."""


def say(message: str) -> None:
    """Say something to the user, on standard error."""
    typer.echo(message, err=True)


def open_console() -> Any:  # noqa: ANN401 - rich is imported when used
    """Make a console that is wide enough for sentences."""
    from rich.console import Console

    console = Console(highlight=False)
    # Without a terminal rich assumes 80 columns, too narrow for sentences.
    return console if console.is_terminal else Console(highlight=False, width=120)


def schema_from(labels: Path | None) -> LabelSchema:
    """Return the label set of a YAML file, or the nine commitment types."""
    from ...models.taxonomy import LabelSchema, commitment_schema

    return commitment_schema() if labels is None else LabelSchema.from_yaml(labels)


def make_folder(folder: Path) -> None:
    """Make the folder for results before what takes minutes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommuniqueError(f"{folder}: cannot be made a folder ({error.strerror})") from None
