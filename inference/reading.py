"""From files, folders, addresses and standard input to documents.

What is read is told by a file's content first and by its name's ending second. A file that cannot be read is an
error that names it, in its place among the documents, so that the others are read all the same.
"""

from __future__ import annotations

import errno
import glob
import io
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal

from ..errors import CommuniqueError, InputError, MissingExtraError
from .readers.tables import read_csv, read_json_lines
from .readers.text import ReadText, read_markdown, read_text
from .readers.web import fetch_document
from .readers.worker import ParsedKind, Worker

__all__ = ["ReadText", "read_data", "read_document", "read_documents"]

Kind = ParsedKind | Literal["text", "markdown", "jsonl", "csv"]
Outcome = ReadText | CommuniqueError
"""A document as read, or why there is none."""

STDIN = "-"
MAX_FILE_BYTES = 100_000_000
"""A larger file is refused, unless it is JSON Lines, which is read line by line."""

_SUFFIXES: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
_MEDIA_TYPES: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
_KIND_NAMES: dict[Kind, str] = {
    "text": "a text",
    "markdown": "a Markdown file",
    "html": "a web page",
    "pdf": "a PDF file",
    "docx": "a Word document",
    "jsonl": "JSON Lines",
    "csv": "a CSV file",
    "parquet": "a Parquet file",
}
_PARSERS: dict[Kind, str] = {"html": "trafilatura", "pdf": "pypdfium2", "docx": "docx", "parquet": "pyarrow"}
"""Modules of the extra `documents`."""
_BINARY: dict[Kind, bytes] = {"pdf": b"%PDF-", "docx": b"PK\x03\x04", "parquet": b"PAR1"}
_REFUSED = {
    b"\xd0\xcf\x11\xe0": "an old office document, or one locked by a password; save it as .docx without one",
    b"{\\rtf": "a Rich Text file; save it as .docx",
    b"\x89PNG": "a PNG picture, not a text; recognise its text first (OCR)",
    b"\xff\xd8\xff": "a JPEG picture, not a text; recognise its text first (OCR)",
    b"GIF8": "a GIF picture, not a text; recognise its text first (OCR)",
    b"\x1f\x8b": "a gzip archive, not a text; unpack it and name the files in it",
    b"\x7fELF": "a program, not a text",
}
_PDF_HEAD = 1024
"""A PDF file may have other bytes before its signature, but no more than these."""


def read_documents(sources: Iterable[str | Path], *, allow_private: bool = False) -> Iterator[Outcome]:
    """Read documents from files, folders, patterns, http(s) addresses and standard input.

    Texts, Markdown, web pages, PDF and Word files hold a document each; JSON Lines, CSV and Parquet files one
    a row, with the columns `text` and, if known, `title`, `date`, `publisher` (or `source`) and `id`. Pages,
    PDF, Word and Parquet files need the extra `documents`; they are parsed in a process of their own, within
    limits of time and memory.

    Args:
        sources: Paths; a folder stands for all files in it and below that can be read, a path with `*`, `?` or
            `[` that does not exist for the files that match it; "-" for standard input.
        allow_private: Whether addresses of this machine and of local networks may be fetched.

    Yields:
        In the order of the sources, each document as read, or an error that names what could not be read, why
        and what to do: an `InputError`, or a `MissingExtraError` where the extra `documents` is needed.
    """
    with Worker() as worker:
        for source in sources:
            try:
                if str(source).startswith(("http://", "https://")):
                    yield from _fetched(str(source), worker, allow_private)
                elif str(source) == STDIN:
                    yield from _read(sys.stdin.buffer, "standard input", None, worker)
                else:
                    yield from _files(Path(source), worker)
            except (InputError, MissingExtraError) as error:
                yield error


def read_document(source: str | Path, *, allow_private: bool = False) -> ReadText:
    """Read a source that holds one document; see `read_documents`.

    Raises:
        InputError: If it cannot be read, or holds several documents.
        MissingExtraError: If the extra `documents` is needed and not installed.
    """
    outcomes = list(islice(read_documents([source], allow_private=allow_private), 2))
    for outcome in outcomes:
        if isinstance(outcome, CommuniqueError):
            raise outcome
    if len(outcomes) != 1 or not isinstance(outcomes[0], ReadText):
        raise InputError(f"{source}: does not hold one document; read_documents reads several")
    return outcomes[0]


def read_data(data: bytes, name: str, worker: Worker) -> Iterator[Outcome]:
    """Read the documents of a file that is not on a disk, such as one sent to a server; see `read_documents`.

    Args:
        data: The file.
        name: Its name, whose ending tells its kind where its content does not.
        worker: Where heavy parsers run.

    Yields:
        Each document as read, or an error.
    """
    try:
        yield from _read(io.BytesIO(data), name, Path(name).suffix.lower(), worker)
    except (InputError, MissingExtraError) as error:
        yield error


def _files(path: Path, worker: Worker) -> Iterator[Outcome]:
    """Read a file, or the files of a folder or a pattern."""
    if path.is_dir():
        paths, skipped = _folder_files(path)
        if not paths:
            raise InputError(
                f"{path}: is a folder without a file that can be read{skipped}; "
                f"the endings of those are {', '.join(_SUFFIXES)}"
            )
        warnings = (f"{path}: files of other kinds were left out{skipped}",) if skipped else ()
    elif not os.path.lexists(path) and glob.has_magic(str(path)):
        paths = [Path(found) for found in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - the pattern may be absolute
        paths = [found for found in paths if found.is_file()]
        if not paths:
            raise InputError(f"{path}: no file matches this pattern")
        warnings = ()
    else:
        paths, warnings = [path], ()
    for found in paths:
        for outcome in _file(found, worker):
            if warnings and isinstance(outcome, ReadText):
                outcome = ReadText(outcome.document, (*warnings, *outcome.warnings))
                warnings = ()
            yield outcome


def _folder_files(folder: Path) -> tuple[list[Path], str]:
    """Find the files that can be read in a folder and below, and count the others by their endings.

    Links to folders are not followed, for they may lead back; hidden files are left out.
    """
    paths: list[Path] = []
    others: Counter[str] = Counter()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(parent, name)
            if path.suffix.lower() not in _SUFFIXES:
                others[path.suffix.lower() or "without an ending"] += 1
            elif path.is_file() or path.is_symlink():
                paths.append(path)  # a link that leads nowhere is named when it is read
    return paths, f" ({', '.join(f'{count} {suffix}' for suffix, count in others.items())})" if others else ""


def _file(path: Path, worker: Worker) -> Iterator[Outcome]:
    name = str(path)
    try:
        with path.open("rb") as file:
            yield from _read(file, name, path.suffix.lower(), worker)
    except (InputError, MissingExtraError) as error:
        yield error
    except FileNotFoundError:
        problem = "is a link that leads nowhere" if path.is_symlink() else "there is no such file"
        yield InputError(f"{name}: {problem}")
    except PermissionError:
        yield InputError(f"{name}: you have no permission to read it")
    except OSError as error:
        if error.errno == errno.ELOOP:
            yield InputError(f"{name}: is a link that leads back to itself; remove it")
        else:
            yield InputError(f"{name}: cannot be read ({error.strerror})")


def _fetched(url: str, worker: Worker, allow_private: bool) -> Iterator[Outcome]:
    answer = fetch_document(url, allow_private=allow_private)
    suffix = None
    if answer.media_type not in _MEDIA_TYPES:
        suffix = Path(answer.url.partition("?")[0]).suffix.lower()
    kind = _MEDIA_TYPES.get(answer.media_type)
    yield from _read(io.BytesIO(answer.data), url, suffix, worker, kind, answer.charset)


def _read(
    file: BinaryIO,
    name: str,
    suffix: str | None,
    worker: Worker,
    kind: Kind | None = None,
    charset: str | None = None,
) -> Iterator[Outcome]:
    """Read a file of any kind.

    Args:
        file: The file, open for reading bytes.
        name: What to call it in messages.
        suffix: The ending of its name, if it has a name.
        worker: Where heavy parsers run.
        kind: What its server says it is, if that is known.
        charset: The encoding that its server names, if any.
    """
    named = kind or _SUFFIXES.get(suffix or "")
    if named == "jsonl":
        yield from _or_empty(read_json_lines(file, name), name)
        return
    data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{name}: is larger than {MAX_FILE_BYTES // 1_000_000} MB; save it in parts")
    found = _kind(data, name, named)
    warnings: tuple[str, ...] = ()
    if named is not None and found != named:
        warnings = (
            f"{name}: its name or server says {_KIND_NAMES[named]}, but it was read as {_KIND_NAMES[found]}",
        )
    for outcome in _parsed(found, data, name, charset, worker):
        yield (
            ReadText(outcome.document, (*warnings, *outcome.warnings))
            if isinstance(outcome, ReadText)
            else outcome
        )


def _parsed(kind: Kind, data: bytes, name: str, charset: str | None, worker: Worker) -> Iterator[Outcome]:
    if kind == "text":
        yield read_text(data, name, charset)
    elif kind == "markdown":
        yield read_markdown(data, name, charset)
    elif kind == "jsonl":
        yield from _or_empty(read_json_lines(io.BytesIO(data), name), name)
    elif kind == "csv":
        yield from _or_empty(read_csv(io.BytesIO(data), name), name)
    elif find_spec(_PARSERS[kind]) is None:
        raise MissingExtraError(f"{name}: reading {_KIND_NAMES[kind]}", "documents")
    else:
        yield from _or_empty(worker.parse(kind, data, name, charset), name)


def _or_empty(outcomes: Iterator[ReadText | InputError], name: str) -> Iterator[Outcome]:
    """Pass on what a table holds, or an error if it holds nothing."""
    empty = True
    for outcome in outcomes:
        empty = False
        yield outcome
    if empty:
        yield InputError(f"{name}: holds no row with a text")


def _kind(data: bytes, name: str, named: Kind | None) -> Kind:
    """Tell a file's kind by its content, and by what it is said to be where the content leaves it open.

    Raises:
        InputError: If it is of a kind that is not read, or not of the binary kind that it is said to be.
    """
    for signature, what in _REFUSED.items():
        if data.startswith(signature):
            raise InputError(f"{name}: is {what}")
    for kind, signature in _BINARY.items():
        if data.startswith(signature) or (kind == "pdf" and signature in data[:_PDF_HEAD]):
            return kind
    if named in _BINARY:
        raise InputError(
            f"{name}: is not {_KIND_NAMES[named]}, whatever its name says; if it is a text, name it .txt, "
            "otherwise get it again"
        )
    if named in (None, "text") and data[:_PDF_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        return "html"
    return named or "text"
