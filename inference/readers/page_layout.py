"""From the words on printed pages to running text.

Running heads and page numbers are left out, columns are read one after the other, lines are put together into
paragraphs, words divided at a line's end are made whole, and footnotes go to the end of the text.

Lengths are in points; the origin is the lower left corner of a page, so a larger `y` is higher up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import Literal, NamedTuple

_SAME_ROW = 0.35
"""Words whose baselines differ by less than this, in type sizes, stand on one row."""
_GUTTER = 1.2
"""A gap of this many type sizes may part columns."""
_LEAST_GUTTER = 0.9
"""A gutter is free for this many type sizes in all its lines, however they end."""
_LINE_REACH = 1.7
"""The next line is at most this many type sizes away."""
_MARGIN = 0.14
"""Running heads and page numbers stand in this share of the page's height, at either end."""
_FEWEST_CHARACTERS = 18
"""Characters of the usual line of a column; what has fewer is a table."""
_NARROWEST_BLOCK = 0.6
"""Lines that are all shorter than this share of their column were not broken for want of room."""
_SMALL_TYPE = 0.92
"""Footnotes are set in at most this share of the body's type size."""
_TITLE_TYPE = 1.15
"""A title is set in at least this multiple of it."""
_PARAGRAPH_GAP = 1.3
"""Lines that are further apart than this multiple of the usual distance belong to different paragraphs."""

_PAGE_NUMBER = re.compile(
    r"(?:page|p\.)?\s*[-–—\[(|]*\s*(?:\d{1,4}|[ivxlc]{1,7})\s*(?:(?:of|/)\s*\d{1,4})?\s*[-–—\])|]*",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"(?:[-*•●▪◦‣·–—]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)]|\(?[ivxIVX]{1,5}[.)]|\[\d{1,3}\])\s")
NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§]{1,3})[\])]?")
"""What refers to a footnote."""
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’»)\]]*$")
# The words after a hyphen that stands for a word to come: short- and long-term.
_SUSPENDING = ("and ", "or ", "to ")
_DIVIDED = re.compile(r"([^\W\d_]+)[-\u00ad\u2010\x02]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
# Where a text never uses the word elsewhere: what comes before these hyphens stands alone as a rule.
_COMPOUNDING = frozenset(
    "all anti cross evidence ex follow full half high inter large long low market medium mid multi non people"
    " policy post pre pro result rule self semi short single small so third third-party vice well win world year".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A run of visible characters: where it stands and how it is set."""

    text: str
    left: float
    right: float
    y: float
    """Its baseline."""
    size: float
    """Its type size."""
    bold: bool = False
    attached: bool = False
    """Whether no blank parts it from the word before it, as when the type changes within a word."""


@dataclass(frozen=True, slots=True)
class Page:
    """The words of a page, in any order."""

    words: tuple[Word, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class LaidOutText:
    """The running text of a document."""

    text: str
    """A paragraph a line, with an empty line between two."""
    title: str | None
    """What is set largest on the first page, if it is larger than the body."""


@dataclass(frozen=True)
class _Line:
    """The words of a row within a column, from left to right."""

    words: tuple[Word, ...]
    page: int
    cells: tuple[int, ...] = ()
    """Numbers of the words with which the second and further cells of a table's row begin."""

    @cached_property
    def text(self) -> str:
        pieces: list[str] = []
        for number, word in enumerate(self.words):
            if number:
                pieces.append("\t" if number in self.cells else "" if word.attached else " ")
            pieces.append(word.text)
        return "".join(pieces)

    @cached_property
    def left(self) -> float:
        return self.words[0].left

    @cached_property
    def right(self) -> float:
        return self.words[-1].right

    @cached_property
    def y(self) -> float:
        return median(word.y for word in self.words)

    @cached_property
    def size(self) -> float:
        return median(word.size for word in self.words for _ in word.text)

    @cached_property
    def bold(self) -> bool:
        return all(word.bold for word in self.words)

    @property
    def width(self) -> float:
        return self.right - self.left


def running_text(pages: Sequence[Page]) -> LaidOutText:
    """Put the words of a document's pages into the order in which they are read.

    Args:
        pages: The pages in their order.

    Returns:
        The text, with all footnotes after it; empty where the pages hold no word.
    """
    rows = [_rows(page, number) for number, page in enumerate(pages)]
    kept = _without_furniture(rows, pages)
    lines = [line for page in kept for line in page]
    if not lines:
        return LaidOutText("", None)
    body_size = Counter(round(line.size * 2) / 2 for line in lines for _ in line.text).most_common(1)[0][0]
    parts = [_parted_page(lines, page, body_size) for lines, page in zip(kept, pages, strict=True)]
    gutters = [gutter for part in parts if (gutter := _gutter(part.body)) is not None]
    columns: list[list[_Line]] = []
    notes: list[list[_Line]] = []
    for part in parts:
        columns += [[line] for line in part.head] + _columns(part.body, gutters)
        notes += _columns(part.notes, gutters)
    vocabulary = frozenset(word.lower() for line in lines for word in _WORD.findall(line.text))
    paragraphs = [*_paragraphs(columns, vocabulary), *_paragraphs(notes, vocabulary)]
    return LaidOutText("\n\n".join(paragraphs), _title(kept[0], body_size))


# --- Rows and what is not text ---


def _rows(page: Page, number: int) -> list[_Line]:
    """Gather words into lines, which end at a gutter, from the top down."""
    rows: list[list[Word]] = []
    for word in sorted(page.words, key=lambda word: -word.y):
        if not rows or rows[-1][0].y - word.y > _SAME_ROW * max(word.size, rows[-1][0].size):
            rows.append([])
        rows[-1].append(word)
    for row in rows:
        row.sort(key=lambda word: word.left)
    lines: list[_Line] = []
    for index, row in enumerate(rows):
        cuts = [
            place
            for place, (word, following) in enumerate(pairwise(row), start=1)
            if following.left - word.right >= _GUTTER * min(word.size, following.size)
            and _is_gutter(word, following, _near(rows, index, -1), _near(rows, index, 1))
        ]
        for start, end in pairwise([0, *cuts, len(row)]):
            lines.append(_Line(tuple(row[start:end]), number))
    return lines


def _near(rows: list[list[Word]], index: int, step: Literal[-1, 1]) -> list[Word]:
    """The words of the lines right above (-1) or below (1) a row, in whatever column."""
    near: list[Word] = []
    reach = _LINE_REACH * max(word.size for word in rows[index])
    other = index + step
    while 0 <= other < len(rows) and abs(rows[other][0].y - rows[index][0].y) <= reach:
        near += rows[other]
        other += step
    return near


def _is_gutter(word: Word, following: Word, above: list[Word], below: list[Word]) -> bool:
    """Whether a wide gap goes on below; else it comes from spreading one line to the full width."""

    def goes_on(words: list[Word]) -> bool:
        """Whether the words leave a part of the gap free that is wider than the blanks between them."""
        reached = word.right
        widest = 0.0
        for other in sorted(words, key=lambda other: other.left):
            if other.right > word.right and other.left < following.left:
                widest = max(widest, other.left - reached)
                reached = max(reached, other.right)
        return max(widest, following.left - reached) >= _LEAST_GUTTER * word.size

    if not goes_on(below):
        return False
    on_both_sides = any(other.right <= following.left for other in below) and any(
        other.left >= word.right for other in below
    )
    # A headline may run across the gutter above the first lines of the columns.
    return on_both_sides or goes_on(above)


def _without_furniture(rows: list[list[_Line]], pages: Sequence[Page]) -> list[list[_Line]]:
    """Leave out page numbers, and what stands at the same place in the margin of several pages."""

    def place(line: _Line) -> tuple[str, int]:
        return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower()), round(line.y / 6)

    def in_margin(line: _Line) -> bool:
        return not _MARGIN <= line.y / pages[line.page].height <= 1 - _MARGIN

    seen = Counter(key for lines in rows for key in {place(line) for line in lines if in_margin(line)})
    return [
        [
            line
            for line in lines
            if not in_margin(line) or not (seen[place(line)] > 1 or _PAGE_NUMBER.fullmatch(line.text))
        ]
        for lines in rows
    ]


class _Parts(NamedTuple):
    """The lines of a page."""

    head: list[_Line]
    """Small type in the upper margin."""
    body: list[_Line]
    notes: list[_Line]
    """Small type with nothing but small type below it."""


def _parted_page(lines: list[_Line], page: Page, body_size: float) -> _Parts:
    large = [line for line in lines if line.size > _SMALL_TYPE * body_size]
    if not large:
        return _Parts([], lines, [])
    lowest = _lowest(large)
    head: list[_Line] = []
    body: list[_Line] = []
    notes: list[_Line] = []
    for line in lines:
        if line.size > _SMALL_TYPE * body_size:
            body.append(line)
        elif line.y > (1 - _MARGIN) * page.height:
            head.append(line)
        else:
            (notes if line.y <= lowest or _is_below_column(line, large) else body).append(line)
    return _Parts(head, body, notes)


def _is_below_column(line: _Line, large: list[_Line]) -> bool:
    """Whether a line of small type stands at the foot of a column of larger type."""
    column = [other for other in large if other.left < line.right and line.left < other.right]
    return bool(column) and all(other.y > line.y for other in column)


# --- Columns ---


def _columns(lines: list[_Line], gutters: Sequence[float]) -> list[list[_Line]]:
    """Part the lines of a page into columns, in the order in which they are read.

    What runs across the columns, such as a headline, ends them: below it they begin anew. Where a page has too
    few lines to show its columns, it has those of another page, whose `gutters` are known.
    """
    ordered = sorted(lines, key=lambda line: (-line.y, line.left))
    gutter = _gutter(ordered)
    if gutter is None:
        gutter = next((known for known in gutters if all(_sides(ordered, known))), None)
    if gutter is None:
        return [_joined_cells(ordered)] if ordered else []
    columns: list[list[_Line]] = []
    for spans, band in groupby(zip(ordered, _spanning(ordered, gutter), strict=True), key=itemgetter(1)):
        part = [line for line, _ in band]
        if spans:
            columns.append(_joined_cells(part))
            continue
        for side in _sides(part, gutter):
            columns += _columns(side, gutters)
    return columns


def _spanning(lines: list[_Line], gutter: float) -> list[bool]:
    """Tell which lines run across a gutter; the short last line of a headline that does is one of them."""
    usual = median(line.size for line in lines)
    spanning: list[bool] = []
    for line in lines:
        goes_on = bool(spanning) and spanning[-1] and line.size > _TITLE_TYPE * usual
        spanning.append(goes_on or line.left < gutter < line.right)
    return spanning


def _gutter(lines: list[_Line]) -> float | None:
    """Find where a column begins: few lines cross it, and there is prose side by side on both sides of it."""
    best: tuple[int, float] | None = None
    # Some way before the lines of the column, because a letter may stick out.
    for gutter in {round(line.left - 0.4 * line.size) for line in lines}:
        left, right = _sides(lines, gutter)
        crossing = len(lines) - len(left) - len(right)
        if crossing * 3 > len(lines) or not _is_prose(left) or not _is_prose(right):
            continue
        reach = _LINE_REACH * left[0].size
        top = min(_highest(left), _highest(right)) + reach
        bottom = max(_lowest(left), _lowest(right)) - reach
        side_by_side = [sum(bottom <= line.y <= top for line in side) for side in (left, right)]
        if min(side_by_side) >= 2 and (best is None or crossing < best[0]):
            best = crossing, gutter
    return best[1] if best else None


def _sides(lines: list[_Line], gutter: float) -> tuple[list[_Line], list[_Line]]:
    return [line for line in lines if line.right <= gutter], [line for line in lines if line.left >= gutter]


def _highest(lines: list[_Line]) -> float:
    return max(line.y for line in lines)


def _lowest(lines: list[_Line]) -> float:
    return min(line.y for line in lines)


def _is_prose(lines: list[_Line]) -> bool:
    return len(lines) >= 2 and median(len(line.text) for line in lines) >= _FEWEST_CHARACTERS


def _joined_cells(lines: list[_Line]) -> list[_Line]:
    """Put the cells of a table's row, which stand side by side, back on one line."""
    joined: list[_Line] = []
    for line in lines:
        if joined and abs(joined[-1].y - line.y) <= _SAME_ROW * line.size:
            row = joined[-1]
            joined[-1] = _Line((*row.words, *line.words), row.page, (*row.cells, len(row.words)))
        else:
            joined.append(line)
    return joined


# --- Paragraphs ---


def _paragraphs(columns: Iterable[list[_Line]], vocabulary: frozenset[str]) -> Iterator[str]:
    blocks = [(block, column) for column in columns for block in _blocks(column)]
    paragraph: list[str] = []
    last: _Line | None = None
    for block, column in blocks:
        left, right = _extent(block, column)
        for position, line in enumerate(block):
            if last is not None and (
                _begins_paragraph(last, line, left, right) if position else _begins_after_break(last, line)
            ):
                yield _joined_lines(paragraph, vocabulary)
                paragraph = []
            paragraph.append(line.text)
            last = line
    if paragraph:
        yield _joined_lines(paragraph, vocabulary)


def _extent(block: list[_Line], column: list[_Line]) -> tuple[float, float]:
    """How far the lines of a block may reach to the left and right."""
    left, right = min(line.left for line in block), max(line.right for line in block)
    size = block[0].size
    column_right = max(line.right for line in column if abs(line.size - size) < 0.08 * size)
    # Headings are short and not broken before the column ends; a quotation has a width of its own.
    is_short = right - left < _NARROWEST_BLOCK * (column_right - left)
    return left, column_right if is_short else right


def _blocks(column: list[_Line]) -> Iterator[list[_Line]]:
    """Part a column where the distance between lines, the type size or the weight changes."""
    steps = [above.y - line.y for above, line in pairwise(column) if _same_type(above, line)]
    usual = _usual_step(steps)
    block: list[_Line] = []
    for line in column:
        if block and (
            block[-1].y - line.y > _PARAGRAPH_GAP * max(usual, line.size) or not _same_type(block[-1], line)
        ):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _usual_step(steps: list[float]) -> float:
    """The distance of lines within a paragraph: the commonest one, the smallest of several."""
    if not steps:
        return 0.0
    counts = Counter(round(step * 2) / 2 for step in steps)
    most = max(counts.values())
    return min(step for step, count in counts.items() if count * 2 > most)


def _same_type(line: _Line, other: _Line) -> bool:
    if abs(line.size - other.size) > 0.08 * max(line.size, other.size):
        return False
    return line.bold == other.bold or other.text[0].islower()


def _begins_paragraph(above: _Line, line: _Line, left: float, right: float) -> bool:
    """Whether a line begins a paragraph, within a block that reaches from `left` to `right`."""
    if above.cells or line.cells:
        return True
    ended = _SENTENCE_END.search(above.text) is not None
    indent = line.left - left
    if _LIST_ITEM.match(line.text) and (ended or _had_room(above, line, left, right)):
        return True
    if ended and line.size * 0.8 < indent < line.size * 6 and above.left - left < indent - 1:
        return True
    return (ended or not line.text[0].islower()) and _had_room(above, line, left, right)


def _had_room(above: _Line, line: _Line, left: float, right: float) -> bool:
    """Whether the first word of a line would have fitted on the line above, had they been one paragraph."""
    room = right - above.right
    if abs(room - (above.left - left)) < 2:
        room *= 2  # a line in the middle has half of its room on either side
    first = line.words[0]
    return first.right - first.left + 0.3 * line.size < room


def _begins_after_break(above: _Line, line: _Line) -> bool:
    """Whether a line begins a paragraph after a gap or at the top of a column or page."""
    if _DIVIDED.search(above.text) and line.text[0].islower():
        return False
    if not _same_type(above, line) or _SENTENCE_END.search(above.text) or _LIST_ITEM.match(line.text):
        return True
    follows_in_column = above.page == line.page and above.y > line.y
    if follows_in_column:
        return not line.text[0].islower()
    # A sentence that runs on fills its last line, give or take the word that did not fit.
    return not line.text[0].islower() and above.width < line.width * 0.8


def _joined_lines(lines: list[str], vocabulary: frozenset[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        divided = _DIVIDED.search(text)
        if divided is None or line.startswith(_SUSPENDING):
            text += line if text.endswith("–") and line[0].isdigit() else f" {line}"
        elif line[0].islower() and not _is_compound(divided.group(1), line, vocabulary):
            text = text[:-1] + line
        else:
            text = f"{text[:-1]}-{line}"
    return text


def _is_compound(first: str, rest: str, vocabulary: frozenset[str]) -> bool:
    """Whether a word divided at a line's end has its hyphen in the middle of a line, too."""
    match = _WORD.match(rest)
    second = match.group().lower() if match else ""
    whole, hyphenated = first.lower() + second, f"{first.lower()}-{second}"
    if hyphenated in vocabulary or whole in vocabulary:
        return hyphenated in vocabulary
    return first.lower() in _COMPOUNDING or "-" in second


def _title(lines: list[_Line], body_size: float) -> str | None:
    """Read what is set largest on the first page."""
    largest = max((line.size for line in lines), default=0.0)
    if largest < _TITLE_TYPE * body_size:
        return None
    title = " ".join(line.text for line in lines if line.size > 0.97 * largest)
    return " ".join(title.split()) if len(title) <= 300 else None
