"""Speaking to the user and writing whole files, for every command."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file completely or not at all."""
    try:
        if path.exists() and not path.is_file():
            # A device or pipe cannot be replaced by renaming.
            _write(path, content)
            return
        with replacing(path) as temporary:
            _write(temporary, content)
    except OSError as error:
        raise CommuniqueError(f"{path}: cannot be written ({error.strerror})") from None


def _write(path: Path, content: str | bytes) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` that takes its place when the block ends without error."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


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
