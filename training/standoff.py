"""Labels of texts that the repository may not hold: sentences are kept as hashes and found again in the source.

A stand-off file has a document a line with, for each sentence, a hash of its normalized text, its length, its
types and its salience. Given the texts, saved pages or downloads, `restore` finds the sentences by length and
hash and writes annotated documents.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import CorpusError
from ..models.taxonomy import LabelSchema
from .config import PACKAGE_FOLDER
from .corpus import AnnotatedDocument, AnnotatedSentence, normalized_text, numbered_lines, write_documents
from .download import PAUSE_SECONDS, Page, download_pages

REAL_LABELS = PACKAGE_FOLDER / "seeds" / "real" / "labels.jsonl"
"""The shipped labels of public-domain texts."""
PAGE_SUFFIXES = (".html", ".htm", ".txt", ".md")
HASH_LENGTH = 32

# A sentence may begin or end beside any of these, not in the middle of a word.
_BOUNDARY = re.compile(r"(?<!\w)(?=\S)|(?<=\w)(?=[^\w\s])")
_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol option p pre section table td th title tr ul".split()
)
_INVISIBLE = frozenset(("script", "style", "noscript", "template"))


class StandoffSentence(BaseModel):
    """A labelled sentence without its text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(min_length=HASH_LENGTH, max_length=HASH_LENGTH)
    """Of the normalized sentence (Unicode NFKC, white space collapsed); the first 32 hexadecimal digits."""
    length: int = Field(ge=1)
    """Characters of the normalized sentence."""
    types: tuple[str, ...]
    salient: bool | None = None
    doubt: bool = False


class StandoffDocument(BaseModel):
    """A labelled document without its text, a line of a stand-off file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    title: str | None = None
    genre: str = ""
    source: str = ""
    licence: str = ""
    url: str | None = None
    date: str = ""
    excerpt: bool = False
    sentences: tuple[StandoffSentence, ...]
    abstract: str | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of one stand-off document."""

    document: AnnotatedDocument | None
    """None where no sentence was found."""
    id: str
    found: int
    missing: tuple[int, ...]
    """Numbers, from 1, of the sentences that the text does not hold."""
    problem: str = ""
    """Why there was no text to look in, where there was none."""

    def __str__(self) -> str:
        if self.document is None and self.problem:
            return f"{self.id}: {self.problem}"
        numbers = ", ".join(map(str, self.missing))
        return f"{self.id}: {len(self.missing)} of {self.found + len(self.missing)} sentences not found: {numbers}"


def to_standoff(document: AnnotatedDocument) -> StandoffDocument:
    """Take the text out of an annotated document."""
    sentences = []
    for sentence, text in zip(document.sentences, document.sentence_texts(), strict=True):
        normalized = normalized_text(text)
        sentences.append(
            StandoffSentence(
                sha256=_hash(normalized),
                length=len(normalized),
                types=sentence.types,
                salient=sentence.salient,
                doubt=sentence.doubt,
            )
        )
    kept = document.model_dump(
        include={"id", "title", "genre", "source", "licence", "url", "date", "excerpt", "abstract"}
    )
    return StandoffDocument(**kept, sentences=tuple(sentences))


def load_standoff(path: Path, schema: LabelSchema) -> list[StandoffDocument]:
    """Read a stand-off file.

    Raises:
        CorpusError: If it cannot be read, or a line is no stand-off document; the message names the line.
    """
    documents = []
    for number, line in numbered_lines(path):
        try:
            document = StandoffDocument.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise CorpusError(
                f"{path}:{number}: key '{key}': {first['msg']}; `communique corpus standoff` writes such files"
            ) from None
        for index, sentence in enumerate(document.sentences, start=1):
            problem = schema.problem_with(sentence.types)
            if problem:
                raise CorpusError(f"{path}:{number}: sentence {index}: {problem}")
        documents.append(document)
    if not documents:
        raise CorpusError(f"{path}: no stand-off document in it")
    return documents


def restore(labels: StandoffDocument, text: str) -> Restored:
    """Find the sentences of a stand-off document in its text.

    Every place where a sentence may begin is tried, with the lengths of the sentences still sought, so the
    text may hold any furniture around them and need not be segmented. Of a sentence that stands in several
    places, the first after the sentence before it is taken.

    Args:
        labels: The document without its text.
        text: The text, or a whole page's text.

    Returns:
        The annotated document, one sentence a line. It is an excerpt without abstract when a sentence is
        missing, because an abstract may tell what stands in it.
    """
    normalized = normalized_text(text)
    places = _places(labels.sentences, normalized)
    sentences: list[AnnotatedSentence] = []
    missing: list[int] = []
    pieces: list[str] = []
    length = 0
    after = 0
    for number, sentence in enumerate(labels.sentences, start=1):
        starts = places.get((sentence.length, sentence.sha256), [])
        start = next((place for place in starts if place >= after), starts[0] if starts else None)
        if start is None:
            missing.append(number)
            continue
        after = start + sentence.length
        piece = normalized[start:after]
        sentences.append(
            AnnotatedSentence(
                start=length,
                end=length + len(piece),
                types=sentence.types,
                salient=sentence.salient,
                doubt=sentence.doubt,
            )
        )
        pieces.append(piece)
        length += len(piece) + 1
    if not pieces:
        return Restored(None, labels.id, 0, tuple(missing))
    document = AnnotatedDocument(
        **labels.model_dump(exclude={"sentences", "excerpt", "abstract"}),
        excerpt=labels.excerpt or bool(missing),
        text="\n".join(pieces),
        sentences=tuple(sentences),
        abstract=None if missing else labels.abstract,
        split="train",
    )
    return Restored(document, labels.id, len(pieces), tuple(missing))


def restore_all(
    labels: Sequence[StandoffDocument], texts: Mapping[str, str], problems: Mapping[str, str] | None = None
) -> Iterator[Restored]:
    """Restore documents from texts by id; one without a text is reported, not skipped.

    Args:
        labels: The documents without their texts.
        texts: The texts by document id.
        problems: What is known of why a text is missing, by document id.
    """
    known = problems or {}
    for document in labels:
        if document.id in texts:
            yield restore(document, texts[document.id])
        else:
            everything = tuple(range(1, len(document.sentences) + 1))
            problem = known.get(
                document.id, f"no text was given for it (its page is '{page_name(document.id)}')"
            )
            yield Restored(None, document.id, 0, everything, problem)


def write_restored(results: Iterable[Restored], output: Path) -> None:
    """Write the restored documents as a corpus file, whole or not at all."""
    write_documents((result.document for result in results if result.document is not None), output)


def read_texts(paths: Sequence[Path], labels: Sequence[StandoffDocument]) -> dict[str, str]:
    """Collect the texts of stand-off documents.

    Args:
        paths: JSON Lines files with `id` and `text`, where the text of a whole page serves all its excerpts;
            folders of pages (.html, .htm) and text files (.txt, .md), each named by its document's
            `page_name`; or such files themselves.
        labels: The documents whose texts are wanted.

    Raises:
        CorpusError: If a file cannot be read, is of another kind, or a line lacks `id` or `text`.
    """
    by_name = defaultdict(list)
    for document in labels:
        by_name[page_name(document.id)].append(document.id)
    texts: dict[str, str] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in PAGE_SUFFIXES)
        elif path.suffix.lower() in (".jsonl", ".json"):
            of_lines = dict(_texts_of_lines(path))
            texts.update(of_lines)
            for document in labels:
                page = document.id.partition("#")[0]
                if page in of_lines:
                    texts.setdefault(document.id, of_lines[page])
            continue
        elif path.suffix.lower() in PAGE_SUFFIXES:
            files = [path]
        else:
            raise CorpusError(
                f"{path}: is no folder and no file of a known kind (.jsonl, {', '.join(PAGE_SUFFIXES)})"
            )
        for file in files:
            if file.stem in by_name:
                texts.update(dict.fromkeys(by_name[file.stem], _text_of_page(file)))
    return texts


def download_texts(
    labels: Sequence[StandoffDocument],
    folder: Path,
    *,
    pause: float = PAUSE_SECONDS,
    report: Callable[[str], None] = lambda message: None,
) -> dict[str, str]:
    """Fetch the pages of stand-off documents, each once; see `download_pages`.

    Returns:
        Why a page is missing, by document id.
    """
    pages = {page_name(document.id): document.url for document in labels}
    wanted = [Page(name, url) for name, url in pages.items() if url is not None]
    failures = download_pages(wanted, folder, pause=pause, report=report)
    failures |= {name: "it has no public address" for name, url in pages.items() if url is None}
    names = {document.id: page_name(document.id) for document in labels}
    return {identifier: failures[name] for identifier, name in names.items() if name in failures}


def page_name(identifier: str) -> str:
    """Return the name, without its ending, under which the page of a document is saved.

    What follows "#" numbers the excerpts of one page, which share it.
    """
    return re.sub(r"[^\w.-]+", "_", identifier.partition("#")[0])


def page_text(html: str) -> str:
    """Return the text of an HTML page, a line for each block; scripts and styles are left out."""
    parser = _PageText()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


class _PageText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._invisible = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _INVISIBLE:
            self._invisible += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _INVISIBLE:
            self._invisible = max(0, self._invisible - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._invisible:
            self.pieces.append(data)


def _places(sentences: Sequence[StandoffSentence], text: str) -> dict[tuple[int, str], list[int]]:
    """Find where each length and hash stands in a normalized text."""
    wanted: dict[int, set[str]] = defaultdict(set)
    for sentence in sentences:
        wanted[sentence.length].add(sentence.sha256)
    boundaries = {match.start() for match in _BOUNDARY.finditer(text)}
    ends = boundaries | {match.end() for match in re.finditer(r"\S(?=\s|$)|\w(?=\W|$)", text)}
    places: dict[tuple[int, str], list[int]] = defaultdict(list)
    for start in sorted(boundaries):
        for length, hashes in wanted.items():
            if start + length in ends:
                found = _hash(text[start : start + length])
                if found in hashes:
                    places[length, found].append(start)
    return places


def _hash(normalized: str) -> str:
    return hashlib.sha256(normalized.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]


def _texts_of_lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in numbered_lines(path):
        try:
            record = json.loads(line)
            yield str(record["id"]), str(record["text"])
        except (json.JSONDecodeError, KeyError, TypeError):
            raise CorpusError(f"{path}:{number}: is no JSON object with 'id' and 'text'") from None


def _text_of_page(path: Path) -> str:
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror})") from None
    return page_text(content) if path.suffix.lower() in (".html", ".htm") else content
