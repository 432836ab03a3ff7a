"""Predictions of any system for annotated documents, as JSON Lines: one document a line.

    {"id": "summit-7", "sentences": [{"types": ["pledge"], "confidence": 0.9}, …], "abstract": "The ministers …"}

`id` is the annotated document's. `sentences` stand in the order of the annotated ones; or each has `start` and
`end`, offsets of characters in the text, where the system cut the text for itself. `PredictedDocument` names all
fields. `communique evaluate --output FOLDER` writes such a file for the models that it judged.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import CorpusError, PredictionsError
from ..models.taxonomy import LabelSchema
from ..models.text import segment
from ..models.validation import nearest
from .alignment import Alignment, align
from .corpus import AnnotatedDocument, numbered_lines
from .metrics import Types
from .significance import Floats

SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 40

_WANTED = {
    "model_type": "object with fields",
    "model_attributes_type": "object with fields",
    "tuple_type": "list",
    "string_type": "text in quotation marks",
}
"""What was expected, by pydantic's name of the error, in the words of JSON."""


class PredictedSentence(BaseModel):
    """What a system says of one sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    types: tuple[str, ...]
    """Its types, in any order, at least one."""
    start: int | None = Field(default=None, ge=0)
    """Offset of its first character in the text, where the system cut the text for itself."""
    end: int | None = Field(default=None, ge=0)
    """Offset after its last character."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """How likely the primary type is the right one."""
    salience: float | None = Field(default=None, allow_inf_nan=False)
    """How much an abstract should tell it; only the order counts."""

    @model_validator(mode="after")
    def _offsets_come_in_pairs(self) -> PredictedSentence:
        if (self.start is None) != (self.end is None):
            raise ValueError("'start' and 'end' belong together; give both or neither")
        return self


class PredictedAbstractSentence(BaseModel):
    """One sentence of an abstract."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    text: str = Field(min_length=1)
    sources: tuple[int, ...] | None = None
    """Indices, from 0, of the annotated sentences that support it; without them they are looked for."""


class PredictedDocument(BaseModel):
    """What a system says of one annotated document, a line of a file of predictions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    id: str = Field(min_length=1)
    sentences: tuple[PredictedSentence, ...] | None = None
    """None where the system labels no sentences."""
    abstract: tuple[PredictedAbstractSentence, ...] | None = None
    """A text, or a list of sentences; None where the system writes none."""

    @field_validator(
        "abstract",
        mode="before",
        json_schema_input_type=str | tuple[PredictedAbstractSentence, ...] | None,
    )
    @classmethod
    def _text_is_cut_into_sentences(cls, value: object) -> object:
        return [{"text": sentence.text} for sentence in segment(value)] if isinstance(value, str) else value

    @property
    def has_offsets(self) -> bool:
        """Whether the system cut the text for itself."""
        return any(sentence.start is not None for sentence in self.sentences or ())


@dataclass(frozen=True, slots=True)
class Predictions:
    """What one system says of annotated documents, brought to their sentences."""

    types: list[Types] | None
    """The types of each annotated sentence; none where the system has no sentence with its boundaries."""
    extra: list[Types]
    """The types of the system's sentences that are no annotated ones, for each document."""
    confidence: list[Floats] | None
    """For each annotated sentence; not a number where the system does not have it."""
    salience: list[list[float]] | None
    """For each annotated sentence."""
    abstracts: list[tuple[PredictedAbstractSentence, ...] | None]


def load_predictions(
    path: Path, documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> list[PredictedDocument]:
    """Read a system's predictions for annotated documents.

    Args:
        path: A file of JSON Lines.
        documents: The documents that it must hold, all of them and no others.
        schema: The labels.

    Returns:
        The predictions, in the order of the documents.

    Raises:
        PredictionsError: Listing what is wrong with file, line and field: a line that is no prediction, an
            unknown type or document, a document that is missing or there twice, sentences that do not fit it.
    """
    repeated = [name for name, count in Counter(document.id for document in documents).items() if count > 1]
    if repeated:
        raise PredictionsError(
            f"the data hold {len(repeated)} id(s) twice, such as '{repeated[0]}'; predictions are found by their "
            "id, so give every document its own"
        )
    wanted = {document.id: document for document in documents}
    lines: dict[str, int] = {}
    found: dict[str, PredictedDocument] = {}
    problems: list[str] = []
    for line, prediction, messages in _read(path):
        problems += [f"{path}:{line}: {message}" for message in messages]
        if prediction is None:
            continue
        if prediction.id not in wanted:
            hint = nearest(prediction.id, list(wanted)) if len(wanted) <= 10 else ""
            problems.append(f"{path}:{line}: field 'id': the data hold no document '{prediction.id}'{hint}")
        elif prediction.id in lines:
            problems.append(
                f"{path}:{line}: field 'id': '{prediction.id}' stands in line {lines[prediction.id]} already; "
                "keep one"
            )
        else:
            lines[prediction.id] = line
            found[prediction.id] = prediction
            fitting = _document_problems(prediction, wanted[prediction.id], schema)
            problems += [f"{path}:{line}: {message}" for message in fitting]
    missing = [name for name in wanted if name not in found]
    # A line that is broken may be the one that is missed.
    if missing and not problems:
        problems.append(
            f"{path}: field 'id': {len(missing)} of {len(wanted)} documents have no prediction, such as "
            f"'{missing[0]}'; every document needs a line"
        )
    problems += _partial_fields(path, found, lines, wanted)
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        raise PredictionsError(
            "\n".join(problems[:SHOWN_PROBLEMS]) + (f"\n… and {more} more" if more > 0 else "")
        )
    return [found[document.id] for document in documents]


def on_annotated_sentences(
    predictions: Sequence[PredictedDocument], documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> Predictions:
    """Bring predictions, as `load_predictions` checked them, to the annotated sentences.

    Where a system cut the text for itself, an annotated sentence that it does not have gets no type.
    """
    abstracts = [prediction.abstract for prediction in predictions]
    groups = [prediction.sentences for prediction in predictions if prediction.sentences is not None]
    if not groups:
        return Predictions(None, [[] for _ in documents], None, None, abstracts)
    alignments = [
        _alignment(prediction, document) for prediction, document in zip(predictions, documents, strict=True)
    ]
    pairs = list(zip(groups, alignments, strict=True))

    def ordered(sentence: PredictedSentence) -> tuple[str, ...]:
        return schema.ordered(sentence.types)

    every = [sentence for group in groups for sentence in group]
    confidence = salience = None
    if all(sentence.confidence is not None for sentence in every):
        confidence = [
            np.array([np.nan if i is None else group[i].confidence for i in alignment.matched], dtype=float)
            for group, alignment in pairs
        ]
    if all(sentence.salience is not None for sentence in every):
        # What a system does not have, it would not tell.
        lowest = min((sentence.salience or 0.0 for sentence in every), default=0.0) - 1
        salience = [
            [lowest if i is None else float(group[i].salience or 0.0) for i in alignment.matched]
            for group, alignment in pairs
        ]
    return Predictions(
        types=[[() if i is None else ordered(group[i]) for i in a.matched] for group, a in pairs],
        extra=[[ordered(group[i]) for i in a.extra] for group, a in pairs],
        confidence=confidence,
        salience=salience,
        abstracts=abstracts,
    )


def write_predictions(predictions: Sequence[PredictedDocument], path: Path) -> None:
    """Write predictions in the form that `load_predictions` reads.

    Raises:
        PredictionsError: If the file cannot be written.
    """
    lines = [
        json.dumps(prediction.model_dump(mode="json", exclude_none=True), ensure_ascii=False) + "\n"
        for prediction in predictions
    ]
    try:
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise PredictionsError(f"{path}: cannot be written ({error.strerror})") from None


def predictions_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of a file of predictions."""
    schema = PredictedDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _alignment(prediction: PredictedDocument, document: AnnotatedDocument) -> Alignment:
    if not prediction.has_offsets:
        return Alignment(tuple(range(len(document.sentences))), ())
    given = [(s.start or 0, s.end or 0) for s in prediction.sentences or ()]
    return align([(s.start, s.end) for s in document.sentences], given, document.text)


def _read(path: Path) -> Iterator[tuple[int, PredictedDocument | None, list[str]]]:
    try:
        for line, content in numbered_lines(path):
            try:
                yield line, PredictedDocument.model_validate(json.loads(content)), []
            except json.JSONDecodeError as error:
                yield line, None, [_json_message(content, error)]
            except ValidationError as error:
                yield line, None, [_validation_message(problem) for problem in error.errors()]
    except CorpusError as error:
        raise PredictionsError(str(error)) from None


def _json_message(content: str, error: json.JSONDecodeError) -> str:
    if content.strip() == "[":
        return "begins a list; a file of predictions is no list, but one document a line"
    if error.msg == "Extra data":
        return f"goes on after a document (column {error.colno}); one document a line, without commas between"
    return f"is not JSON (column {error.colno}: {error.msg}); one document a line"


def _validation_message(problem: Any) -> str:  # noqa: ANN401 - pydantic's error details
    place = _field(problem["loc"])
    wanted = _WANTED.get(problem["type"])
    if problem["type"] == "missing":
        return f"field '{place}': is missing"
    if wanted is not None:
        return f"field '{place}': {_shown(problem['input'])} is no {wanted}"
    if problem["type"] == "extra_forbidden":
        models: dict[object, type[BaseModel]] = {
            "sentences": PredictedSentence,
            "abstract": PredictedAbstractSentence,
        }
        inner = len(problem["loc"]) > 1
        model = models[problem["loc"][0]] if inner else PredictedDocument
        return f"unknown field '{place}'{nearest(str(problem['loc'][-1]), list(model.model_fields))}"
    message = problem["msg"].removeprefix("Value error, ").replace("Input should", "should")
    # What a whole sentence or document holds is too long to show.
    value = "" if isinstance(problem["input"], dict) else f"{_shown(problem['input'])} "
    return f"field '{place}': {value}{message}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _field(parts: Sequence[object]) -> str:
    """Name a field such as sentences[3].types; its items count from 0, as in JSON."""
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name or "(the whole line)"


def _document_problems(
    prediction: PredictedDocument, document: AnnotatedDocument, schema: LabelSchema
) -> Iterator[str]:
    sentences = prediction.sentences or ()
    by_order = prediction.sentences is not None and not prediction.has_offsets
    if by_order and len(sentences) != len(document.sentences):
        yield (
            f"field 'sentences': has {len(sentences)} sentence(s), document '{document.id}' has "
            f"{len(document.sentences)}; give one for each, or give 'start' and 'end' with every sentence"
        )
    seen: set[tuple[int, int]] = set()
    for index, sentence in enumerate(sentences):
        problem = schema.problem_with(sentence.types)
        if problem:
            yield f"field 'sentences[{index}].types': {problem}"
        if not prediction.has_offsets:
            continue
        if sentence.start is None or sentence.end is None:
            yield f"field 'sentences[{index}].start': is missing, while other sentences have it; give it with all"
        elif not sentence.start < sentence.end <= len(document.text):
            yield (
                f"field 'sentences[{index}].end': [{sentence.start}:{sentence.end}] does not fit a text of "
                f"{len(document.text)} characters; count Unicode characters from the start of 'text'"
            )
        elif (sentence.start, sentence.end) in seen:
            yield f"field 'sentences[{index}].start': [{sentence.start}:{sentence.end}] is there twice; keep one"
        else:
            seen.add((sentence.start, sentence.end))
    for index, part in enumerate(prediction.abstract or ()):
        outside = [source for source in part.sources or () if not 0 <= source < len(document.sentences)]
        if outside:
            yield (
                f"field 'abstract[{index}].sources': document '{document.id}' has no sentence {outside[0]}; "
                f"count its {len(document.sentences)} sentences from 0"
            )


def _partial_fields(
    path: Path,
    found: dict[str, PredictedDocument],
    lines: dict[str, int],
    wanted: dict[str, AnnotatedDocument],
) -> Iterator[str]:
    """Yield the documents that lack what others have; a mean over some documents is no figure of the data."""
    lacking = {
        "sentences": [name for name in found if found[name].sentences is None],
        "abstract": [name for name in found if found[name].abstract is None and wanted[name].abstract],
    }
    having = {
        "sentences": any(prediction.sentences is not None for prediction in found.values()),
        "abstract": any(prediction.abstract is not None for prediction in found.values()),
    }
    for field, names in lacking.items():
        if having[field]:
            for name in names:
                yield (
                    f"{path}:{lines[name]}: field '{field}': is missing, while other documents have it; give it "
                    "with all of them or with none"
                )
    for field in ("confidence", "salience"):
        yield from _partial_values(path, found, lines, field)
    if found and not any(having.values()):
        yield f"{path}: field 'sentences': no document has it, nor 'abstract'; there is nothing to judge"


def _partial_values(
    path: Path, found: dict[str, PredictedDocument], lines: dict[str, int], field: str
) -> Iterator[str]:
    """Yield, for each document, the first sentence that lacks what other sentences have."""
    missing = {
        name: [i for i, s in enumerate(document.sentences or ()) if getattr(s, field) is None]
        for name, document in found.items()
    }
    sentences = sum(len(document.sentences or ()) for document in found.values())
    if sum(map(len, missing.values())) == sentences:
        return
    for name, indices in missing.items():
        if indices:
            yield (
                f"{path}:{lines[name]}: field 'sentences[{indices[0]}].{field}': is missing, while other sentences "
                "have it; give it with all of them or with none"
            )
