"""Word documents (.docx): paragraphs, tables, lists, text boxes and footnotes, in the order of the file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn
from lxml import etree

from ...errors import InputError
from .text import ReadText, found_document

MAX_UNPACKED_BYTES = 200_000_000
"""A file that unpacks to more is refused: it may be made to fill the memory."""

_OTHER_KINDS = {
    "xl/workbook.xml": "an Excel workbook; save the sheet as CSV",
    "ppt/presentation.xml": "a PowerPoint presentation; save its text as a .docx or .txt file",
    "content.xml": "an OpenDocument file; save it as .docx",
    "META-INF/container.xml": "an e-book; save its text as a .txt file",
}
_MACROS = "word/vbaProject.bin"
# Deleted text, and the old twin of a drawing, are no part of what a reader sees.
_SKIPPED = frozenset(qn(f"w:{tag}") for tag in ("del", "moveFrom", "pPr", "rPr", "instrText")) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_NOTE_PARTS = re.compile(r"/word/(?:foot|end)notes\.xml")
_LONGEST_CELL = 60


def read_docx(data: bytes, name: str) -> ReadText:
    """Read a Word document.

    Args:
        data: The file.
        name: What to call it in messages.

    Returns:
        The text, a paragraph a line: tracked changes as accepted, headers and footers left out, footnotes last.
        The title is the paragraph of the style "Title", else the one in the file's properties.

    Raises:
        InputError: If it is no Word document, has macros, unpacks to more than `MAX_UNPACKED_BYTES`, or is
            broken or empty.
    """
    _check_archive(data, name)
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
        notes = [
            etree.fromstring(part.blob)
            for part in document.part.package.iter_parts()
            if _NOTE_PARTS.fullmatch(part.partname)
        ]
        paragraphs = [*_blocks(body), *(line for root in notes for line in _note_blocks(root))]
        titles = [p.text for p in document.paragraphs[:20] if p.style is not None and p.style.name == "Title"]
        title = " ".join(" ".join(titles).split()) or document.core_properties.title.strip() or None
    except (KeyError, ValueError, AttributeError, etree.LxmlError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(
            f"{name}: is a broken Word document ({error}); open it in an office program and save it anew"
        ) from None
    return ReadText(found_document("\n\n".join(paragraphs), name, title))


def _check_archive(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            locked = any(entry.flag_bits & 1 for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise InputError(f"{name}: is a broken archive or Word document ({error}); get it again") from None
    if locked:
        raise InputError(f"{name}: is locked by a password; save it without one")
    if sum(sizes.values()) > MAX_UNPACKED_BYTES:
        raise InputError(
            f"{name}: unpacks to {sum(sizes.values()) // 1_000_000} MB, and at most "
            f"{MAX_UNPACKED_BYTES // 1_000_000} MB are read; take out its pictures, or save its text as a .txt file"
        )
    if _MACROS in sizes:
        raise InputError(f"{name}: is a Word document with macros; save it as .docx, which has none")
    if "word/document.xml" not in sizes:
        kind = next((kind for path, kind in _OTHER_KINDS.items() if path in sizes), None)
        raise InputError(
            f"{name}: is {kind or 'a ZIP archive, not a text; unpack it and name the files in it'}"
        )


def _blocks(parent: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """Yield the paragraphs and the rows of tables below an element."""
    for element in parent:
        if element.tag == qn("w:p"):
            yield from _paragraph(element)
        elif element.tag == qn("w:tbl"):
            for row in element.iter(qn("w:tr")):
                yield from _row(row)
        elif element.tag not in _SKIPPED:
            # Content controls and the like hold paragraphs of their own.
            yield from _blocks(element)


def _row(row: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """Yield a row of short cells as one line, one of longer text a paragraph a line."""
    cells = [list(_blocks(cell)) for cell in row.iterchildren(qn("w:tc"))]
    if all(len(cell) <= 1 and len("".join(cell)) <= _LONGEST_CELL for cell in cells):
        line = "\t".join("".join(cell) for cell in cells)
        if line.strip():
            yield line
    else:
        yield from (line for cell in cells for line in cell)


def _note_blocks(root: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    for note in root:
        # The lines that part the notes from the text are kept as notes of a special type.
        if note.get(qn("w:type")) is None:
            yield from _blocks(note)


def _paragraph(paragraph: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """Yield the text of a paragraph, a line for each part that a line break ends, and the boxes anchored in it."""
    boxes: list[Any] = []
    for line in "".join(_pieces(paragraph, boxes)).split("\n"):
        if line.strip():
            yield line.strip()
    for box in boxes:
        yield from _blocks(box)


def _pieces(element: Any, boxes: list[Any]) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    for child in element:
        if child.tag == qn("w:t"):
            yield child.text or ""
        elif child.tag == qn("w:tab"):
            yield "\t"
        elif child.tag in (qn("w:br"), qn("w:cr")):
            yield "\n"
        elif child.tag == qn("w:noBreakHyphen"):
            yield "-"
        elif child.tag == qn("w:txbxContent"):
            boxes.append(child)
        elif child.tag not in _SKIPPED:
            yield from _pieces(child, boxes)
