"""Writing files completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CommuniqueError


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
