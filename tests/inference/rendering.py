"""The same article as a text file, a web page, a PDF file, a Word document and more, for the readers' tests."""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape

PAGE_WIDTH, PAGE_HEIGHT = 595.0, 842.0
MARGIN = 70.0
FURNITURE = ("Subscribe to our newsletter", "All rights reserved", "Minister opens a bakery", "Home")


@dataclass(frozen=True)
class Article:
    """A title and paragraphs, each a list of sentences."""

    title: str
    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def sentences(self) -> list[str]:
        return [sentence for paragraph in self.paragraphs for sentence in paragraph]


def article_of(record: dict) -> Article:
    """Make an article of a document of the corpus: a headline, then three sentences a paragraph."""
    sentences = [" ".join(record["text"][s["start"] : s["end"]].split()) for s in record["sentences"]]
    if sentences[0] == record["title"]:
        sentences = sentences[1:]
    groups: list[list[str]] = []
    for sentence in sentences:
        # What does not end like a sentence, such as a byline, stands alone.
        if groups and len(groups[-1]) < 3 and sentence[-1] in '.?!”"' and groups[-1][-1][-1] in '.?!”"':
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return Article(record["title"], tuple(map(tuple, groups)))


def as_text(article: Article) -> bytes:
    return "\n\n".join([article.title, *map(" ".join, article.paragraphs)]).encode()


def as_markdown(article: Article) -> bytes:
    import textwrap

    body = [
        textwrap.fill(" ".join(paragraph), 80, break_on_hyphens=False) for paragraph in article.paragraphs
    ]
    return "\n\n".join([f"# {article.title}", *body]).encode()


def as_html(article: Article) -> bytes:
    """A page with menu, banner, side column, references to notes and a footer around the article."""
    menu = "".join(
        f'<li><a href="/{i}">{name}</a></li>' for i, name in enumerate(("Home", "News", "About us"))
    )
    body = "".join(
        f'<p>{escape(" ".join(paragraph))}<sup><a href="#n{number}">{number}</a></sup></p>'
        for number, paragraph in enumerate(article.paragraphs, start=1)
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(article.title)} | The Ministry</title>
<meta property="og:site_name" content="The Ministry"><meta property="article:published_time" content="2021-03-04T09:00:00Z">
<script>var tracked = "yes";</script></head><body><header><nav><ul>{menu}</ul></nav></header>
<div class="banner">Subscribe to our newsletter</div>
<main><article><h1>{escape(article.title)}</h1>{body}</article></main>
<aside><h3>Related</h3><ul><li><a href="/x">Minister opens a bakery</a></li></ul></aside>
<footer><p>© The Ministry. All rights reserved.</p></footer></body></html>""".encode()


def as_docx(article: Article) -> bytes:
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "RUNNING HEAD"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.add_heading(article.title, level=0)
    for paragraph in article.paragraphs:
        added = document.add_paragraph()
        for sentence in paragraph:
            added.add_run(f"{sentence} ").bold = len(sentence) % 2 == 0
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def as_pdf(
    article: Article,
    *,
    columns: int = 1,
    divide_words: bool = False,
    notes: bool = False,
    heads: bool = True,
    indent: bool = False,
    size: float = 10.5,
    lines_a_page: int = 30,
) -> bytes:
    """Set an article in type.

    Args:
        article: The article.
        columns: How many columns there are below the title.
        divide_words: Divide long words at the ends of lines.
        notes: Put a raised number behind each paragraph and a footnote at the foot of the page.
        heads: Put a running head and the number on each page.
        indent: Indent the first line of a paragraph rather than leave a gap above it.
        size: The type size in points.
        lines_a_page: Lines of a column; few, so that short articles have several pages.
    """
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(PAGE_WIDTH, PAGE_HEIGHT))
    gap = 24.0
    width = (PAGE_WIDTH - 2 * MARGIN - gap * (columns - 1)) / columns
    page, column, used = 1, 0, 0.0
    top = PAGE_HEIGHT - 130
    pitch = size * 1.25
    page_notes: list[str] = []

    def finish_page() -> None:
        if heads:
            canvas.setFont("Times-Italic", 9)
            canvas.drawString(MARGIN, PAGE_HEIGHT - 50, f"The Gazette{'':8}No. {page}")
            canvas.drawCentredString(PAGE_WIDTH / 2, 40, f"- {page} -")
        canvas.setFont("Times-Roman", size * 0.8)
        for position, note in enumerate(page_notes):
            canvas.drawString(MARGIN, 120 - position * size, note)
        page_notes.clear()
        canvas.showPage()

    canvas.setFont("Times-Bold", 18)
    for position, line in enumerate(
        _wrapped(article.title, PAGE_WIDTH - 2 * MARGIN, "Times-Bold", 18, False)
    ):
        canvas.drawCentredString(PAGE_WIDTH / 2, PAGE_HEIGHT - 80 - 22 * position, line)
        top = PAGE_HEIGHT - 130 - 22 * position
    for number, paragraph in enumerate(article.paragraphs, start=1):
        lines = _wrapped(" ".join(paragraph), width, "Times-Roman", size, divide_words, size * 1.5 * indent)
        for position, line in enumerate(lines):
            if used >= lines_a_page * pitch:
                used, column = 0.0, column + 1
                if column == columns:
                    finish_page()
                    page, column, top = page + 1, 0, PAGE_HEIGHT - 90
            canvas.setFont("Times-Roman", size)
            left = MARGIN + column * (width + gap) + (size * 1.5 if indent and position == 0 else 0)
            canvas.drawString(left, top - used, line)
            if notes and position == len(lines) - 1:
                canvas.setFont("Times-Roman", size * 0.6)
                end = left + canvas.stringWidth(line, "Times-Roman", size)
                canvas.drawString(end, top - used + size * 0.35, str(number))
                page_notes.append(f"{number} See document {number} of the archive.")
            used += pitch
        used += 0 if indent else pitch * 0.6
    finish_page()
    canvas.save()
    return buffer.getvalue()


def _wrapped(
    text: str, width: float, font: str, size: float, divide_words: bool, indent: float = 0.0
) -> list[str]:
    """Break a text into lines; a long word that does not fit may be divided in its middle."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    lines: list[str] = []
    line = ""
    for word in text.split():
        room = width - (indent if not lines else 0)
        longer = f"{line} {word}" if line else word
        if stringWidth(longer, font, size) <= room:
            line = longer
            continue
        middle = len(word) // 2
        first = f"{line} {word[:middle]}-"
        if divide_words and len(word) > 7 and word.isalpha() and stringWidth(first, font, size) <= room:
            lines.append(first)
            line = word[middle:]
        else:
            lines.append(line)
            line = word
    return [*lines, line]
