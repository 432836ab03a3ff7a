"""The annotated corpus: read, check, count, and turn into data sets.

The format is JSON Lines, one document a line; `AnnotatedDocument` names the fields. Offsets count
Unicode characters of `text`, and `text[start:end]` is the sentence.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import CorpusError, MissingExtraError
from ..models.classifier import SentenceInput, sentence_inputs
from ..models.files import replacing
from ..models.taxonomy import LabelSchema
from ..models.text import segment
from ..models.validation import nearest

if TYPE_CHECKING:
    import datasets

SPLITS = ("train", "validation", "test", "dev")
NEAR_DUPLICATE_JACCARD = 0.3
SHINGLE_WORDS = 5

Record = TypeVar("Record", bound=BaseModel)


class AnnotatedSentence(BaseModel):
    """One sentence: where it stands in its document and what it was labelled with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    types: tuple[str, ...]
    salient: bool | None = None
    """Whether an abstract should tell it; None where nobody judged."""
    doubt: bool = False
    """Whether the annotator hesitated."""
    passes: tuple[tuple[str, ...], ...] = ()
    """The independent annotations behind `types`, where there were several."""


class AnnotatedDocument(BaseModel):
    """One annotated document, a line of a corpus file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    title: str | None = None
    genre: str = ""
    kind: str = ""
    """The genre more precisely, such as "chair's summary"."""
    source: str = ""
    licence: str = ""
    url: str | None = None
    date: str = ""
    body: str = ""
    topic: str = ""
    excerpt: bool = False
    """Whether `text` is a part of a longer document; an excerpt has no abstract."""
    text: str
    sentences: tuple[AnnotatedSentence, ...]
    abstract: str | None = None
    abstracts: tuple[str, ...] = ()
    """The independent abstracts, where there were several."""
    pair: str = ""
    """The name of a minimal contrast pair of which this document is one side."""
    rule: int | None = None
    """The guideline's rule that the pair tests."""
    split: str = ""
    annotators: tuple[str, ...] = ()
    guide: str = ""

    def sentence_texts(self) -> list[str]:
        """Return the text of each sentence."""
        return [self.text[sentence.start : sentence.end] for sentence in self.sentences]


class _AbstractLine(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    abstract: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a corpus file."""

    path: Path
    line: int
    message: str
    """What is wrong and how to mend it."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def load_documents(paths: Iterable[str | Path], schema: LabelSchema) -> list[AnnotatedDocument]:
    """Read annotated documents and insist that they are valid.

    Raises:
        CorpusError: Listing every problem with file and line.
    """
    documents: list[AnnotatedDocument] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        for line, document, found in _read(path, schema):
            if document is not None:
                documents.append(document)
            problems += [Problem(path, line, message) for message in found]
    if problems:
        shown = "\n".join(map(str, problems[:20]))
        more = (
            f"\n… and {len(problems) - 20} more; see `communique corpus check`" if len(problems) > 20 else ""
        )
        raise CorpusError(shown + more)
    if not documents:
        raise CorpusError(f"{', '.join(map(str, paths))}: no annotated document in it")
    return documents


def read_records(
    paths: Iterable[Path], model: type[Record], problems_in: Callable[[Record], Iterable[str]], name: str
) -> list[Record]:
    """Read the lines of JSON Lines files as instances of a model, and insist that all are valid.

    Args:
        paths: The files.
        model: What a line is.
        problems_in: Says what does not fit in a line that the model accepts.
        name: What to call a record in the message that there is none.

    Raises:
        CorpusError: Listing every problem with file and line.
    """
    paths = list(paths)
    records: list[Record] = []
    problems: list[str] = []
    for path in paths:
        for line, content in numbered_lines(path):
            try:
                record = model.model_validate_json(content)
            except ValidationError as error:
                problem = error.errors()[0]
                key = ".".join(str(part) for part in problem["loc"]) or "line"
                problems.append(f"{path}:{line}: {key}: {problem['msg']}")
                continue
            problems += [f"{path}:{line}: {problem}" for problem in problems_in(record)]
            records.append(record)
    if problems:
        raise CorpusError("\n".join(problems))
    if not records:
        raise CorpusError(f"{', '.join(map(str, paths))}: no {name} in it")
    return records


def read_abstracts(paths: Iterable[Path]) -> dict[str, str]:
    """Read abstracts by the identifiers of their documents.

    Raises:
        CorpusError: If a file cannot be read, a line is not `{"id": ..., "abstract": ...}`, or an identifier
            occurs twice; naming file and line.
    """
    abstracts: dict[str, str] = {}
    for path in paths:
        for number, line in numbered_lines(path):
            try:
                found = _AbstractLine.model_validate_json(line)
            except ValidationError:
                raise CorpusError(
                    f'{path}:{number}: a line must be {{"id": "...", "abstract": "..."}}'
                ) from None
            if found.id in abstracts:
                raise CorpusError(f"{path}:{number}: a second abstract of document '{found.id}'; leave one")
            abstracts[found.id] = found.abstract
    return abstracts


def write_documents(documents: Iterable[AnnotatedDocument], output: Path) -> None:
    """Write annotated documents as a corpus file, whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        for document in documents:
            record = document.model_dump(mode="json", exclude_defaults=True)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def check_files(paths: Sequence[str | Path], schema: LabelSchema) -> list[Problem]:
    """Find everything that is wrong in a set of corpus files.

    Looks for lines that are no document, offsets that do not fit, unknown types, the exclusive type
    beside another, identifiers used twice, contrast pairs that lack a side, stand in two splits or do not
    contrast, and texts of different splits that are nearly the same (Jaccard similarity of their 5-word
    sequences at or above 0.3).
    """
    problems: list[Problem] = []
    places: dict[str, tuple[Path, int]] = {}
    documents: list[tuple[Path, int, AnnotatedDocument]] = []
    for path in map(Path, paths):
        for line, document, found in _read(path, schema):
            problems += [Problem(path, line, message) for message in found]
            if document is None:
                continue
            if document.id in places:
                first_path, first_line = places[document.id]
                problems.append(
                    Problem(
                        path, line, f"id '{document.id}' is taken by {first_path}:{first_line}; rename one"
                    )
                )
            else:
                places[document.id] = (path, line)
            documents.append((path, line, document))
    problems += _broken_pairs(documents)
    problems += _near_duplicates_across_splits(documents)
    return problems


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """Counts of a set of documents."""

    documents: int
    sentences: int
    words: int
    abstracts: int
    by_type: dict[str, int]
    """Sentences that carry each type; a sentence with two types counts twice."""
    by_primary: dict[str, int]
    by_genre: dict[str, int]
    by_split: dict[str, int]
    salient: int
    several_types: int
    sentence_words: dict[str, float]
    """Words a sentence: mean, and the 5th, 50th and 95th percentile."""
    document_sentences: dict[str, float]
    abstract_words: dict[str, float]


def statistics(documents: Sequence[AnnotatedDocument], schema: LabelSchema) -> CorpusStatistics:
    """Count documents, sentences, types and lengths."""
    sentences = [sentence for document in documents for sentence in document.sentences]
    words = [len(text.split()) for document in documents for text in document.sentence_texts()]
    types = Counter(name for sentence in sentences for name in sentence.types)
    primary = Counter(schema.primary(sentence.types) for sentence in sentences)
    abstracts = [document.abstract for document in documents if document.abstract]
    return CorpusStatistics(
        documents=len(documents),
        sentences=len(sentences),
        words=sum(words),
        abstracts=len(abstracts),
        by_type={name: types[name] for name in schema.names},
        by_primary={name: primary[name] for name in schema.names},
        by_genre=dict(Counter(document.genre or "unknown" for document in documents).most_common()),
        by_split=dict(Counter(document.split or "none" for document in documents).most_common()),
        salient=sum(bool(sentence.salient) for sentence in sentences),
        several_types=sum(len(sentence.types) > 1 for sentence in sentences),
        sentence_words=_distribution(words),
        document_sentences=_distribution([len(document.sentences) for document in documents]),
        abstract_words=_distribution([len(abstract.split()) for abstract in abstracts]),
    )


def to_dataset(documents: Sequence[AnnotatedDocument], schema: LabelSchema) -> datasets.Dataset:
    """Turn annotated documents into a `datasets.Dataset`, one row a document, with typed features.

    Raises:
        MissingExtraError: If the extra `train` is not installed.
    """
    try:
        from datasets import ClassLabel, Dataset, Features, List, Value
    except ImportError:
        raise MissingExtraError("A data set", "train") from None
    features = Features(
        {
            "id": Value("string"),
            "title": Value("string"),
            "genre": Value("string"),
            "date": Value("string"),
            "text": Value("string"),
            "sentences": List(
                {
                    "start": Value("int32"),
                    "end": Value("int32"),
                    "types": List(ClassLabel(names=schema.names)),
                    "salient": Value("bool"),
                }
            ),
            "abstract": Value("string"),
            "split": Value("string"),
        }
    )
    rows = [
        {
            **document.model_dump(include={"id", "title", "genre", "date", "text", "abstract", "split"}),
            "sentences": [
                sentence.model_dump(include={"start", "end", "types", "salient"}, mode="json")
                for sentence in document.sentences
            ],
        }
        for document in documents
    ]
    return Dataset.from_list(rows, features=features)


def inputs_of(document: AnnotatedDocument, context_sentences: int) -> list[SentenceInput]:
    """Present each annotated sentence of a document as the classifier sees it, with the sentences before it.

    Where only some sentences of a text are annotated, the others are found in it, for they are context too.
    """
    texts: list[str] = []
    annotated: list[int] = []
    end = 0
    for sentence in document.sentences:
        texts += [between.text for between in segment(document.text[end : sentence.start])]
        annotated.append(len(texts))
        texts.append(document.text[sentence.start : sentence.end])
        end = sentence.end
    texts += [after.text for after in segment(document.text[end:])]
    inputs = sentence_inputs(texts, context_sentences)
    return [inputs[index] for index in annotated]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a JSON Lines file that are not blank, with their numbers from 1.

    Raises:
        CorpusError: If the file cannot be read or is not UTF-8 text.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    # Only "\n" ends a record: splitlines() would also cut at U+2028 inside a JSON string.
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line


def normalized_text(text: str) -> str:
    """Normalize a text for comparison: Unicode NFKC, white space collapsed."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def _read(path: Path, schema: LabelSchema) -> Iterator[tuple[int, AnnotatedDocument | None, list[str]]]:
    """Yield line number, document (None when it is none) and problems of every non-empty line."""
    for number, line in numbered_lines(path):
        try:
            document = AnnotatedDocument.model_validate(json.loads(line))
        except json.JSONDecodeError as error:
            yield number, None, [f"is not JSON (column {error.colno}: {error.msg}); one document a line"]
        except ValidationError as error:
            yield number, None, [_validation_message(problem) for problem in error.errors()]
        else:
            yield number, document, list(_document_problems(document, schema))


def _validation_message(problem: Any) -> str:  # noqa: ANN401 - pydantic's error details
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        model = AnnotatedSentence if "sentences" in problem["loc"][:-1] else AnnotatedDocument
        return f"unknown key '{key}'{nearest(str(problem['loc'][-1]), list(model.model_fields))}"
    return f"key '{key}': {problem['msg']}"


def _document_problems(document: AnnotatedDocument, schema: LabelSchema) -> Iterator[str]:
    previous_end = 0
    for index, sentence in enumerate(document.sentences):
        place = f"sentence {index + 1} [{sentence.start}:{sentence.end}]"
        if not sentence.start < sentence.end <= len(document.text):
            yield (
                f"{place}: the offsets do not fit a text of {len(document.text)} characters; "
                "count Unicode characters from the start of 'text'"
            )
            continue
        text = document.text[sentence.start : sentence.end]
        if text != text.strip():
            yield f"{place}: begins or ends with white space: {text[:40]!r}; move the offsets inward"
        if sentence.start < previous_end:
            yield f"{place}: overlaps the sentence before it, which ends at {previous_end}"
        previous_end = sentence.end
        problem = schema.problem_with(sentence.types)
        if problem:
            yield f"{place}: {problem}"
    if document.split and document.split not in SPLITS:
        yield f"split '{document.split}'{nearest(document.split, list(SPLITS))}"
    if document.excerpt and document.abstract:
        yield "an excerpt has an abstract; an abstract needs the whole text, so set one of the two to null"


def _broken_pairs(documents: Sequence[tuple[Path, int, AnnotatedDocument]]) -> Iterator[Problem]:
    for name, sides in contrast_pairs([document for _, _, document in documents]).items():
        path, line = next((path, line) for path, line, document in documents if document.pair == name)
        if len(sides) != 2:
            yield Problem(
                path, line, f"contrast pair '{name}' has {len(sides)} side(s); it needs two documents"
            )
        elif sides[0].split != sides[1].split:
            yield Problem(path, line, f"contrast pair '{name}' stands in two splits; put both sides into one")
        elif sides[0].sentences[0].types == sides[1].sentences[0].types:
            yield Problem(path, line, f"contrast pair '{name}': both sides have the same types; drop it")


def contrast_pairs(documents: Sequence[AnnotatedDocument]) -> dict[str, list[AnnotatedDocument]]:
    """Return the sides of each minimal contrast pair, by the pair's name."""
    pairs: dict[str, list[AnnotatedDocument]] = defaultdict(list)
    for document in documents:
        if document.pair:
            pairs[document.pair].append(document)
    return pairs


def _near_duplicates_across_splits(
    documents: Sequence[tuple[Path, int, AnnotatedDocument]],
) -> Iterator[Problem]:
    shingles = [_shingles(document.text) for _, _, document in documents]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, sequences in enumerate(shingles):
        for sequence in sequences:
            holders[sequence].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indices in holders.values():
        shared.update(combinations(indices, 2))
    for (first, second), count in sorted(shared.items()):
        path, line, document = documents[second]
        other_path, other_line, other = documents[first]
        similarity = count / (len(shingles[first]) + len(shingles[second]) - count)
        if document.split != other.split and similarity >= NEAR_DUPLICATE_JACCARD:
            yield Problem(
                path,
                line,
                f"'{document.id}' ({document.split}) is nearly the text of '{other.id}' ({other.split}) at "
                f"{other_path}:{other_line}, similarity {similarity:.2f}; put both into one split or drop one",
            )


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)}


def _distribution(values: Sequence[int]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    at = {share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.05, 0.5, 0.95)}
    return {"mean": round(sum(values) / len(values), 1), "p5": at[0.05], "p50": at[0.5], "p95": at[0.95]}
