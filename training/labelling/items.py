"""What a labelling tool is given to show, whichever tool it is: documents, or single sentences.

Every item carries a record of the document that it came from, which the tools hand back untouched; so nothing is
lost that a tool cannot show. An item is either a document, whose sentences are spans with types, or one sentence,
of which its types are chosen; then the record holds the document's text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ...errors import CorpusError
from ...inference.results import Analysis
from ...models.taxonomy import LabelSchema
from ..corpus import AnnotatedDocument, AnnotatedSentence, load_documents, numbered_lines
from . import Unit

RECORD = "communique"
"""The key under which an item keeps its record."""
CONTEXT_CHARACTERS = 600
"""How much of the text before a sentence is shown beside it, at most."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the classifier is of a sentence."""

    confidence: float
    """How likely the primary type is the right one."""
    salience: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that goes to a labelling tool."""

    document: AnnotatedDocument
    """With the sentences that are to be labelled or checked; one without a type got none."""
    predicted_by: str | None = None
    """The classifier that gave the types; None where people did."""
    certainty: tuple[Certainty, ...] = ()
    """Of each sentence, where a classifier gave the types."""


class Record(BaseModel):
    """What an item keeps of the document that it came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Unit
    document: dict[str, Any]
    """The fields of the `AnnotatedDocument` without `sentences`, and without `text` where the item shows it."""
    sentences: tuple[AnnotatedSentence, ...]
    """As they were exported."""
    sha256: str
    """Of the item's text in UTF-8, so that a changed text is noticed."""


@dataclass(frozen=True, slots=True)
class Item:
    """What a labelling tool shows at once."""

    text: str
    sentences: tuple[AnnotatedSentence, ...]
    """With offsets in `text`: a document's sentences, or the one sentence."""
    record: Record
    number: int
    """The number of a sentence in its draft, from 1; 0 of a document."""
    context: str
    """Of a sentence: the text before it."""
    predicted_by: str | None
    certainty: tuple[Certainty, ...]

    @property
    def identifier(self) -> str:
        """The document's id, of a sentence with its offset."""
        name = str(self.record.document["id"])
        return name if self.number == 0 else f"{name}@{self.record.sentences[0].start}"

    @property
    def title(self) -> str:
        """What to call the document."""
        return str(self.record.document.get("title") or self.record.document["id"])

    def plain_record(self) -> dict[str, Any]:
        """Return the record as plain data, ready for JSON."""
        return self.record.model_dump(mode="json") | {
            "sentences": [s.model_dump(mode="json", exclude_defaults=True) for s in self.record.sentences]
        }


def text_hash(text: str) -> str:
    """Return the sha256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def items_of(drafts: Iterable[Draft], unit: Unit) -> Iterator[Item]:
    """Make the items of documents: one for each, or one for each of their sentences."""
    for draft in drafts:
        document = draft.document
        fields = document.model_dump(mode="json", exclude={"sentences"}, exclude_defaults=True)
        if unit is Unit.document:
            text = fields.pop("text")
            record = Record(unit=unit, document=fields, sentences=document.sentences, sha256=text_hash(text))
            yield Item(text, document.sentences, record, 0, "", draft.predicted_by, draft.certainty)
            continue
        for index, sentence in enumerate(document.sentences):
            text = document.text[sentence.start : sentence.end]
            yield Item(
                text=text,
                sentences=(sentence.model_copy(update={"start": 0, "end": len(text)}),),
                record=Record(unit=unit, document=fields, sentences=(sentence,), sha256=text_hash(text)),
                number=index + 1,
                context=context_of(document.text[: sentence.start]),
                predicted_by=draft.predicted_by,
                certainty=draft.certainty[index : index + 1],
            )


def context_of(before: str) -> str:
    """Return the end of the text before a sentence, from the beginning of a word, as context to show."""
    before = before.strip()
    if len(before) <= CONTEXT_CHARACTERS:
        return before
    return "… " + before[-CONTEXT_CHARACTERS:].partition(" ")[2]


def read_drafts(paths: Sequence[Path], schema: LabelSchema) -> list[Draft]:
    """Read annotated documents, and results of `communique analyze|classify|batch --format jsonl`.

    A result holds sentences and no text. Its text is put together of them, with line breaks for the white space
    between, so that every offset stays as it is. Its abstract is left out, for nobody wrote it.

    Raises:
        CorpusError: Naming file and line of what is neither, or is broken, or of an id that occurs twice.
    """
    drafts: list[Draft] = []
    for path in paths:
        if _holds_results(path):
            drafts += _result_drafts(path, schema)
        else:
            drafts += [Draft(document) for document in load_documents([path], schema)]
    seen: set[str] = set()
    for draft in drafts:
        if draft.document.id in seen:
            raise CorpusError(
                f"{', '.join(map(str, paths))}: two documents have the id '{draft.document.id}'; rename one, for labels "
                "come back by it"
            )
        seen.add(draft.document.id)
    return drafts


def draft_of(
    analysis: Analysis,
    identifier: str,
    text: str | None = None,
    sentences: Iterable[int] | None = None,
) -> Draft:
    """Make a draft of a result.

    Args:
        analysis: The result.
        identifier: The id of the document.
        text: The text; None to put it together of the sentences.
        sentences: The indices of those that are to be labelled; None for all.
    """
    chosen = analysis.sentences if sentences is None else [analysis.sentences[i] for i in sorted(sentences)]
    document = AnnotatedDocument(
        id=identifier,
        title=analysis.title,
        source=analysis.publisher or "",
        date=analysis.date or "",
        text=_joined(analysis) if text is None else text,
        sentences=tuple(AnnotatedSentence(start=s.start, end=s.end, types=s.types) for s in chosen),
    )
    certainty = tuple(Certainty(sentence.confidence, sentence.salience) for sentence in chosen)
    return Draft(document, analysis.models.get("classifier", "communique"), certainty)


def _joined(analysis: Analysis) -> str:
    pieces: list[str] = []
    end = 0
    for sentence in analysis.sentences:
        pieces += ["\n" * (sentence.start - end), sentence.text]
        end = sentence.end
    return "".join(pieces)


def _holds_results(path: Path) -> bool:
    """Say whether a file's first line is a result rather than an annotated document."""
    for _, line in numbered_lines(path):
        try:
            first = json.loads(line)
        except json.JSONDecodeError:
            return False  # whoever reads it tells what is wrong with it
        return isinstance(first, dict) and "models" in first and "sentences" in first
    return False


_ANALYSIS = TypeAdapter(Analysis)


def _result_drafts(path: Path, schema: LabelSchema) -> Iterator[Draft]:
    for number, line in numbered_lines(path):
        try:
            row = json.loads(line)
            # A row of a batch run has its number and the document's id besides; `classify` writes no abstract.
            identifier = row.pop("id", None) or row.get("source") or f"{path.name}:{number}"
            row.pop("number", None)
            analysis = _ANALYSIS.validate_python({"abstract": None, **row}, strict=False)
            draft = draft_of(analysis, str(identifier))
        except (json.JSONDecodeError, ValidationError, AttributeError) as error:
            where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
            key = f" (key '{'.'.join(map(str, where))}')" if where else ""
            raise CorpusError(
                f"{path}:{number}: is no result{key}; `communique analyze --format jsonl` writes such lines"
            ) from None
        end = 0
        for index, sentence in enumerate(analysis.sentences):
            problem = schema.problem_with(sentence.types) if sentence.types else None
            if sentence.start < end or sentence.end - sentence.start != len(sentence.text):
                problem = "its offsets do not fit its text, or the sentence before it"
            if problem:
                raise CorpusError(f"{path}:{number}: sentence {index + 1}: {problem}")
            end = sentence.end
        yield draft
