"""PDF files, by PDFium: the words of every page with their places, and what `page_layout` makes of them."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
from pypdfium2 import raw

from ...errors import InputError
from .page_layout import NOTE_MARK, Page, Word, running_text
from .text import ReadText, found_document

MAX_PAGES = 400
"""A longer file is refused: it is a book, and its parts are better read one by one."""

_BOLD = 600
"""Font weights from here on are bold; regular type has 400."""
_LONGEST_FONT_NAME = 128
_ATTACHED = 0.25
"""Of the type size: letters nearer than this belong to one word."""
_SUPERSCRIPT = 0.8
"""A mark that refers to a footnote is set in at most this share of the type size before it."""
_ILLEGIBLE = re.compile("[\ufffd\ue000-\uf8ff]")


def read_pdf(data: bytes, name: str) -> ReadText:
    """Read a PDF file.

    Args:
        data: The file.
        name: What to call it in messages.

    Returns:
        The text; its title is the one in the file's properties if the first page shows it, else what is set
        largest there.

    Raises:
        InputError: If the file is broken, locked by a password, has more than `MAX_PAGES` pages, or holds no
            text.
    """
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise InputError(f"{name}: is locked by a password; save it without one") from None
        raise InputError(
            f"{name}: is a broken PDF file ({error}); open it in a reader and save it anew, or get it again"
        ) from None
    if len(pdf) > MAX_PAGES:
        raise InputError(
            f"{name}: has {len(pdf)} pages, and at most {MAX_PAGES} are read; save the pages you need as a file"
        )
    pages, broken = [], []
    for index in range(len(pdf)):
        try:
            pages.append(_page(pdf[index]))
        except pypdfium2.PdfiumError:
            broken.append(index + 1)
    laid_out = running_text(pages)
    if not laid_out.text.strip():
        raise InputError(
            f"{name}: its {len(pdf)} page(s) hold no text, only pictures; recognise the text first (OCR)"
        )
    warnings = []
    if broken:
        warnings.append(f"{name}: page(s) {', '.join(map(str, broken))} are broken and were left out")
    if len(_ILLEGIBLE.findall(laid_out.text)) > 0.02 * len(laid_out.text):
        warnings.append(
            f"{name}: its fonts do not say what their characters mean, so the text may be garbled"
        )
    title = _title_of_properties(pdf, pages) or laid_out.title
    return ReadText(found_document(laid_out.text, name, title), tuple(warnings))


def _title_of_properties(pdf: Any, pages: list[Page]) -> str | None:  # noqa: ANN401 - a PdfDocument
    """The title in the file's properties, which is often a file's name or left over, if the first page shows it."""
    title = " ".join(pdf.get_metadata_dict().get("Title", "").split())
    shown = " ".join(word.text for word in pages[0].words) if pages else ""
    return title if title and title.casefold() in shown.casefold() else None


def _page(page: Any) -> Page:  # noqa: ANN401 - a PdfPage
    width, height = page.get_size()
    return Page(tuple(_without_note_marks(_words(page.get_textpage()))), width, height)


def _words(text_page: Any) -> Iterator[Word]:  # noqa: ANN401 - a PdfTextPage
    """Read the words in the order of the file: a blank, a change of size or of the baseline ends one."""
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    box = [ctypes.byref(value) for value in (left, right, bottom, top)]
    origin = [ctypes.byref(value) for value in (x, y)]
    matrix = raw.FS_MATRIX()
    letters: list[str] = []
    start = end = baseline = size = 0.0
    bold = attached = False

    def word() -> Word:
        return Word("".join(letters), start, end, baseline, size, bold, attached)

    for index in range(raw.FPDFText_CountChars(text_page)):
        code = raw.FPDFText_GetUnicode(text_page, index)
        letter = "-" if code in (0x02, 0xAD, 0xFFFE) else chr(code)
        if (code < 0x20 and code != 0x02) or letter.isspace():
            if letters:
                yield word()
            letters, attached = [], False
            continue
        raw.FPDFText_GetCharBox(text_page, index, *box)
        raw.FPDFText_GetCharOrigin(text_page, index, *origin)
        raw.FPDFText_GetMatrix(text_page, index, ctypes.byref(matrix))
        # Some writers set everything in size 1 and magnify it.
        letter_size = raw.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.b, matrix.d)
        moved = abs(y.value - baseline) > 0.15 * size or abs(letter_size - size) > 0.1 * size
        if letters and (moved or left.value - end > size or left.value < start - size):
            yield word()
            letters, attached = [], abs(left.value - end) < _ATTACHED * size
        if not letters:
            start, baseline, size = left.value, y.value, letter_size
            bold = _is_bold(text_page, index)
        letters.append(letter)
        end = right.value
    if letters:
        yield word()


def _is_bold(text_page: Any, index: int) -> bool:  # noqa: ANN401 - a PdfTextPage
    if raw.FPDFText_GetFontWeight(text_page, index) >= _BOLD:
        return True
    # The fonts that every reader has are often named and not described.
    name = ctypes.create_string_buffer(_LONGEST_FONT_NAME)
    length = raw.FPDFText_GetFontInfo(text_page, index, name, len(name), None)
    return length <= len(name) and b"bold" in name.value.lower()


def _without_note_marks(words: Iterator[Word]) -> Iterator[Word]:
    """Leave out the raised small numbers that refer to footnotes."""
    before: Word | None = None
    for word in words:
        if (
            before is not None
            and word.size <= _SUPERSCRIPT * before.size
            and 0.1 * before.size < word.y - before.y < before.size
            and NOTE_MARK.fullmatch(word.text)
        ):
            continue
        yield word
        before = word
