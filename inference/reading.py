"""From a file to a `Document`: text files in any usual encoding; what is no text is refused by name."""

from __future__ import annotations

import codecs
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..models.text import Document

STDIN = "-"
_SIGNATURES = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a ZIP archive or office document",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
}
_BYTE_ORDER_MARKS = (
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x0b\x1a\x1b\x00")


@dataclass(frozen=True, slots=True)
class ReadText:
    """A document as read, and what had to be assumed to read it."""

    document: Document
    warnings: tuple[str, ...]


def read_document(path: str | Path) -> ReadText:
    """Read a text file, or standard input for "-".

    UTF-8 is expected; a byte order mark is followed; anything else is read as Windows-1252, and a
    warning says so. NUL characters are read as spaces, so that offsets stay what they are.

    Raises:
        InputError: If the file is missing, a folder, not readable, empty, or no text; the message names
            it and says why.
    """
    name = "standard input" if str(path) == STDIN else str(path)
    data = _bytes(path, name)
    _refuse_binary(data, name)
    text, warnings = _decoded(data, name)
    if "\x00" in text:
        warnings.append(f"{name}: {text.count(chr(0))} NUL character(s) were read as spaces")
        text = text.replace("\x00", " ")
    if not text.strip():
        raise InputError(f"{name}: the text is empty")
    return ReadText(Document(text, identifier=name), tuple(warnings))


def _bytes(path: str | Path, name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == STDIN else Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder; name the files in it, such as {name}/*.txt") from None
    except PermissionError:
        raise InputError(f"{name}: you have no permission to read it") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from None


def _refuse_binary(data: bytes, name: str) -> None:
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise InputError(f"{name}: is {what}, not a text; save its text as a .txt file")
    if data.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)):
        return
    sample = data[:65536]
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in sample)
    if controls > 0.02 * len(sample) or sample.count(0) > 0.1 * len(sample):
        raise InputError(f"{name}: is binary data, not a text")


def _decoded(data: bytes, name: str) -> tuple[str, list[str]]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: is broken {encoding.upper()} text at byte {error.start}") from None
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return data.decode("cp1252", errors="replace"), [
            f"{name}: is not UTF-8 (byte {error.start}); it was read as Windows-1252, so accents may be wrong"
        ]
