"""Web pages, by trafilatura: the article without menus, banners and footers."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Document

from ...errors import InputError
from .page_layout import NOTE_MARK
from .text import ReadText, decoded, found_document

_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_DECLARATION_LENGTH = 2048
"""Bytes from the beginning in which a page may name its encoding, with room to spare."""
# The sign that trafilatura puts before the items of a list, not the line "- 30 -" that ends a report.
_LIST_SIGN = re.compile(r"^- (?!.*-$)")


def read_html(data: bytes, name: str, charset: str | None = None) -> ReadText:
    """Read a web page.

    Args:
        data: The page.
        name: What to call it in messages; its address, if it has one.
        charset: The encoding that its server names, if any.

    Returns:
        The article, a paragraph a line. Marks that refer to footnotes are left out. Title, date and publisher
        are those that the page gives for machines, else those of the article.

    Raises:
        InputError: If no article is found in the page.
    """
    head = data[:_DECLARATION_LENGTH]
    declared = _XML_DECLARED.match(head) or _DECLARED.search(head)
    source, warnings = decoded(data, name, charset or (declared and declared.group(1).decode("ascii")))
    tree = _tree(source, name)
    for mark in tree.xpath("//sup"):
        if NOTE_MARK.fullmatch("".join(mark.itertext()).strip()):
            mark.drop_tree()
    article = bare_extraction(
        tree, include_comments=False, include_tables=True, favor_recall=True, with_metadata=True
    )
    text = _paragraphs(article.text or "") if isinstance(article, Document) else ""
    if not text or not isinstance(article, Document):
        raise InputError(
            f"{name}: no article is found in this page, which may be a menu or need a browser's scripts; "
            "save its text as a .txt file"
        )
    return ReadText(found_document(text, name, article.title, article.date, article.sitename), warnings)


def _tree(source: str, name: str) -> Any:  # noqa: ANN401 - an lxml element
    # Without its declaration, because a str that declares its bytes' encoding is refused.
    plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", source)
    try:
        return html.document_fromstring(plain or " ")
    except (etree.ParserError, ValueError) as error:
        raise InputError(f"{name}: is no web page that can be read ({error})") from None


def _paragraphs(text: str) -> str:
    """Put an empty line between paragraphs; a line that a page broke by hand is joined to the one before it."""
    paragraphs: list[str] = []
    for line in text.splitlines():
        content = line.strip()
        if not content:
            continue
        if paragraphs and content[0].islower() and paragraphs[-1][-1] not in ".!?:;|":
            paragraphs[-1] += f" {content}"
        else:
            paragraphs.append(_LIST_SIGN.sub("", content, count=1))
    return "\n\n".join(paragraphs)
