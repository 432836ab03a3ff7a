"""Plain text and Markdown in any usual encoding; what is no text is refused by name."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ...errors import InputError
from ...models.text import Document
from .front_matter import find_date, find_publisher

_BYTE_ORDER_MARKS = (
    # UTF-32 first: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x0b\x1a\x1b\x00")
_FRONT_MATTER = re.compile(r"---\s*\n(.*?)\n(?:---|\.\.\.)\s*(?:\n|$)", re.DOTALL)
_NOTE_REFERENCE = re.compile(r"\[\^[^\]\s]+\](?!:)")
_NOTE = re.compile(r"\[\^[^\]\s]+\]:\s*")


@dataclass(frozen=True, slots=True)
class ReadText:
    """A document as read, and what had to be assumed to read it."""

    document: Document
    warnings: tuple[str, ...] = ()


def read_text(data: bytes, name: str, charset: str | None = None) -> ReadText:
    """Read plain text.

    Args:
        data: The file.
        name: What to call it in messages.
        charset: Its encoding, where something says so; else as in `decoded`.

    Raises:
        InputError: If it is no text, or empty.
    """
    text, warnings = decoded(data, name, charset)
    return ReadText(found_document(text, name), warnings)


def read_markdown(data: bytes, name: str, charset: str | None = None) -> ReadText:
    """Read Markdown: its text without the signs, a paragraph a line, footnotes last.

    Title, date and publisher are those of the YAML block at its beginning where there is one (`title`, `date`,
    `publisher` or `source`); else the title is the first heading of the first level.

    Args:
        data: The file.
        name: What to call it in messages.
        charset: Its encoding, where something says so; else as in `decoded`.

    Raises:
        InputError: If it is no text, or empty.
    """
    from markdown_it import MarkdownIt

    source, warnings = decoded(data, name, charset)
    block = _FRONT_MATTER.match(source)
    properties = _front_matter(block.group(1)) if block else {}
    body = _NOTE_REFERENCE.sub("", source[block.end() :] if block else source)
    lines: list[str] = []
    notes: list[str] = []
    title = properties.get("title")
    marker, opened = "", ""
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.type.endswith("_open"):
            opened = token.tag
        if token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "tr_open":
            lines.append("")
        elif token.type in ("code_block", "fence"):
            lines.append(token.content.strip())
        elif token.type == "inline":
            content = "".join(
                {"softbreak": " ", "hardbreak": "\n", "html_inline": ""}.get(child.type, child.content)
                for child in token.children or ()
            )
            if opened == "h1" and title is None:
                title = content
            if opened in ("th", "td"):
                lines[-1] += f"\t{content}" if lines[-1] else content
            elif _NOTE.match(content):
                notes.append(_NOTE.sub("", content))
            else:
                lines.append(marker + content)
            marker = ""
    text = "\n\n".join(line for line in (*lines, *notes) if line.strip())
    date, publisher = properties.get("date"), properties.get("publisher", properties.get("source"))
    return ReadText(found_document(text, name, title, date, publisher), warnings)


def found_document(
    text: str, name: str, title: str | None = None, date: str | None = None, publisher: str | None = None
) -> Document:
    """Make the document of a text, looking in it for the date and the publisher that are not known.

    Raises:
        InputError: If the text is empty.
    """
    if not text.strip():
        raise InputError(f"{name}: the text is empty")
    return Document(text, title, date or find_date(text), name, publisher or find_publisher(text))


def decoded(data: bytes, name: str, charset: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Decode text.

    A byte order mark is followed, then what is said of the encoding, then UTF-8 is tried; anything else is
    read as Windows-1252, and a warning says so. NUL characters are read as blanks, so that offsets stay what
    they are.

    Args:
        data: The bytes.
        name: What to call them in messages.
        charset: The encoding that a server or the file itself names, if any.

    Returns:
        The text, and warnings.

    Raises:
        InputError: If the bytes are no text, or not in the encoding of their byte order mark.
    """
    text, warnings = _decoded(data, name, charset)
    if "\x00" in text:
        warnings.append(f"{name}: {text.count(chr(0))} NUL character(s) were read as spaces")
        text = text.replace("\x00", " ")
    return text, tuple(warnings)


def _decoded(data: bytes, name: str, charset: str | None) -> tuple[str, list[str]]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: is broken {encoding.upper()} text at byte {error.start}") from None
    sample = data[:65536]
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in sample)
    if controls > 0.02 * len(sample) or sample.count(0) > 0.1 * len(sample):
        raise InputError(f"{name}: is binary data, not a text")
    if charset:
        try:
            return data.decode(charset), []
        except (LookupError, UnicodeDecodeError):
            pass  # what is said of an encoding is often wrong
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return data.decode("cp1252", errors="replace"), [
            f"{name}: is not UTF-8 (byte {error.start}); it was read as Windows-1252, so accents may be wrong"
        ]


def _front_matter(block: str) -> dict[str, str]:
    """Read the simple values of a YAML block; one that is broken tells nothing."""
    import yaml

    try:
        values = yaml.safe_load(block)
    except yaml.YAMLError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {
        str(key).lower(): str(value) for key, value in values.items() if not isinstance(value, dict | list)
    }
