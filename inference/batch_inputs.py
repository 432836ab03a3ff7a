"""Which documents a batch run has: files found, hashed and counted once, then read one document after another.

A text file is one document. A JSON Lines file has a document in each line, an object with `text` and, if known,
`id`, `title` and `date`; a Parquet file has a document in each row, with the same columns. Only one document is held
at a time, so that neither their number nor the size of a JSON Lines file matters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import BatchError, InputError, MissingExtraError
from ..models.folder import file_hash
from ..models.text import Document
from .reading import read_document

JSON_LINES = (".jsonl", ".ndjson")
PARQUET = ".parquet"
FIELDS = ("id", "title", "date", "text")
ROWS_AT_ONCE = 64
"""Rows of a Parquet file that are held at a time."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file as it was when the run began."""

    path: str
    sha256: str | None
    """None where it could not be read."""
    documents: int
    """How many results or rejections it gives; at least one."""


@dataclass(frozen=True, slots=True)
class BatchDocument:
    """A document of a batch run."""

    number: int
    """Its place among all documents of the run, from 0."""
    source: str
    """Its file, with the line or row where the file holds several documents."""
    id: str | None
    """What its file calls it."""
    document: Document
    warnings: tuple[str, ...] = ()
    """What had to be assumed to read it."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A document that could not be read or analysed."""

    number: int
    source: str
    id: str | None
    reason: str


def find_files(inputs: Sequence[Path], excluded: Path) -> Iterator[Path]:
    """Yield the files among inputs and in the folders among them, each once, in an order that is always the same.

    Hidden files and folders (with a name that begins with a dot) are left out unless named themselves.

    Args:
        inputs: Files and folders.
        excluded: A folder that is not looked into: the run's output.

    Raises:
        InputError: If an input does not exist, or a folder cannot be listed.
    """
    for path in inputs:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
    resolved = [path.resolve() for path in inputs]
    folders = {path for path in resolved if path.is_dir()}
    seen: set[Path] = set()
    for given, path in zip(inputs, resolved, strict=True):
        if path in seen or any(_is_found_in(folder, path) for folder in folders.intersection(path.parents)):
            continue
        seen.add(path)
        if path.is_dir():
            yield from _files_in(given, excluded.resolve())
        else:
            yield given


def _is_found_in(folder: Path, path: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _files_in(folder: Path, excluded: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: the folder cannot be listed ({error.strerror})") from None
    for path in entries:
        if path.name.startswith(".") or path.resolve() == excluded:
            continue
        # A link to a folder is not followed, it might lead in a circle; as a file it is rejected by name.
        if path.is_dir() and not path.is_symlink():
            yield from _files_in(path, excluded)
        else:
            yield path


def describe(path: Path) -> InputFile:
    """Hash a file and count its documents.

    Raises:
        MissingExtraError: If it is a Parquet file and pyarrow is not installed.
    """
    sha256 = _hash(path)
    return InputFile(str(path), sha256, 1 if sha256 is None else max(1, _count(path)))


def _hash(path: Path) -> str | None:
    try:
        return file_hash(path) if path.is_file() else None
    except OSError:
        return None


def _count(path: Path) -> int:
    if path.suffix.lower() in JSON_LINES:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    if path.suffix.lower() == PARQUET:
        pyarrow = import_pyarrow()
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                return int(file.metadata.num_rows)
        except (OSError, pyarrow.ArrowException):
            return 1
    return 1


def read_documents(files: Iterable[InputFile], first: int = 0) -> Iterator[BatchDocument | Rejection]:
    """Read documents one after another; one that cannot be read is a rejection.

    Args:
        files: The files of the run, in order.
        first: The number of the document to begin with.

    Raises:
        BatchError: If a file is no longer what it was when the run began.
    """
    begin = 0
    for file in files:
        end = begin + file.documents
        if end > first:
            skipped = max(0, first - begin)
            found = islice(_read(Path(file.path)), skipped, file.documents)
            for number, document in enumerate(found, start=begin + skipped):
                yield _numbered(document, number)
            if _hash(Path(file.path)) != file.sha256:
                raise BatchError(
                    f"{file.path}: was changed after the run began; restore it, or begin anew in another output folder"
                )
        begin = end


@dataclass(frozen=True, slots=True)
class _Found:
    """A document before it has a number."""

    source: str
    content: Document | str
    """The document, or why there is none."""
    id: str | None = None
    warnings: tuple[str, ...] = ()


def _numbered(found: _Found, number: int) -> BatchDocument | Rejection:
    if isinstance(found.content, str):
        return Rejection(number, found.source, found.id, found.content)
    return BatchDocument(number, found.source, found.id, found.content, found.warnings)


def _read(path: Path) -> Iterator[_Found]:
    # A file's name may hold bytes that are no text.
    name = str(path).encode("utf-8", "replace").decode("utf-8")
    if path.suffix.lower() in JSON_LINES and path.is_file():
        return _json_lines(path, name)
    if path.suffix.lower() == PARQUET and path.is_file():
        return _parquet_rows(path, name)
    return iter([_text_file(path, name)])


def _text_file(path: Path, name: str) -> _Found:
    if path.is_dir():
        return _Found(name, "is a folder behind a link; name it as an input to read it")
    if path.exists() and not path.is_file():
        return _Found(name, "is no ordinary file")
    try:
        read = read_document(path)
    except InputError as error:
        return _Found(name, str(error).removeprefix(f"{path}: "))
    document = Document(read.document.text, read.document.title, read.document.date, name)
    return _Found(name, document, warnings=read.warnings)


def _json_lines(path: Path, name: str) -> Iterator[_Found]:
    empty = True
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    empty = False
                    yield _json_line(line, f"{name}:{number}")
    except OSError as error:
        yield _Found(name, f"cannot be read ({error.strerror})")
        return
    if empty:
        yield _Found(name, "holds no document")


def _json_line(line: bytes, place: str) -> _Found:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _Found(place, f"is not UTF-8 text (byte {error.start} of the line)")
    except json.JSONDecodeError as error:
        return _Found(place, f"is not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return _Found(place, f"is not JSON that can be read: {error}")
    if not isinstance(record, dict):
        return _Found(place, 'is no JSON object; a document is {"text": "..."}')
    return _document(record, place)


def _parquet_rows(path: Path, name: str) -> Iterator[_Found]:
    pyarrow = import_pyarrow()
    row = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = [field for field in FIELDS if field in names] if "text" in names else None
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=columns):
                for record in batch.to_pylist():
                    row += 1
                    yield _document(record, f"{name}:{row}")
        if row == 0:
            yield _Found(name, "holds no document")
    except (OSError, pyarrow.ArrowException) as error:
        # A damaged file gives a rejection for each document that it promised; the reader stops at that number.
        while True:
            row += 1
            yield _Found(f"{name}:{row}", f"cannot be read as Parquet: {' '.join(str(error).split())}")


def _document(record: dict[str, Any], place: str) -> _Found:
    identifier = _as_text(record.get("id"))
    text = record.get("text")
    if not isinstance(text, str):
        return _Found(place, f"has no 'text' that is a string; its fields are {sorted(record)}", identifier)
    if not text.strip():
        return _Found(place, "the text is empty", identifier)
    document = Document(text, _as_text(record.get("title")), _as_text(record.get("date")), place)
    for value in (identifier, document.title, document.date, text):
        try:
            (value or "").encode("utf-8")
        except UnicodeEncodeError as error:
            return _Found(place, f"holds half a character (a lone surrogate) at position {error.start}")
    return _Found(place, document, identifier)


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


def import_pyarrow() -> Any:  # noqa: ANN401 - an untyped module
    """Return pyarrow with its Parquet part.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None
    return pyarrow
