"""Labelled texts of a user's own: a CSV file, JSON Lines, or a folder with a sub-folder for each label."""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import CorpusError
from ..models.taxonomy import CommitmentType, LabelSchema
from .corpus import AnnotatedDocument, AnnotatedSentence, load_documents, numbered_lines

TEXT_COLUMNS = ("text", "sentence")
LABEL_COLUMNS = ("label", "labels", "types")
SEPARATOR = ";"
"""Between the labels of a text that has several."""
TEXT_SUFFIXES = (".txt", ".md")


def is_example_file(path: Path) -> bool:
    """Say whether a path holds single labelled texts rather than annotated documents."""
    if path.is_dir() or path.suffix.lower() == ".csv":
        return True
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(next((line for line in file if line.strip()), "null"))
    except (OSError, ValueError):
        return False  # whoever reads it tells what is wrong with it
    return isinstance(first, dict) and "sentences" not in first and any(key in first for key in LABEL_COLUMNS)


def load_examples(path: Path) -> list[AnnotatedDocument]:
    """Read labelled texts, each as a document of one sentence.

    Args:
        path: A CSV file or JSON Lines with a text (`text` or `sentence`) and its label (`label`, `labels` or
            `types`; several are separated by ";", or a list in JSON); or a folder with a sub-folder for each
            label that holds text files.

    Raises:
        CorpusError: If it cannot be read, or a row has no text or no label; the message names file and line.
    """
    if path.is_dir():
        rows = _folder_rows(path)
    elif path.suffix.lower() == ".csv":
        rows = _csv_rows(path)
    else:
        rows = _json_rows(path)
    documents = [
        AnnotatedDocument(
            id=f"{path.name}:{place}",
            text=text,
            excerpt=True,
            sentences=(AnnotatedSentence(start=0, end=len(text), types=labels),),
        )
        for place, text, labels in rows
    ]
    if not documents:
        raise CorpusError(f"{path}: no labelled text in it")
    return documents


def load_training_data(paths: Sequence[Path], schema: LabelSchema) -> list[AnnotatedDocument]:
    """Read annotated documents and labelled texts.

    Raises:
        CorpusError: Naming file and line of what is broken or has a label that the schema lacks.
    """
    documents: list[AnnotatedDocument] = []
    for path in paths:
        if not is_example_file(path):
            documents += load_documents([path], schema)
            continue
        for document in load_examples(path):
            problem = schema.problem_with(document.sentences[0].types)
            if problem:
                raise CorpusError(f"{document.id}: {problem}")
            documents.append(document)
    return documents


def schema_of_examples(documents: Sequence[AnnotatedDocument], name: str) -> LabelSchema:
    """Make a label schema of the labels that occur, in the order of the alphabet.

    A text has one label unless some text of the data has several.
    """
    sets = [sentence.types for document in documents for sentence in document.sentences]
    labels = sorted({label for types in sets for label in types})
    return LabelSchema(
        name=name,
        types=tuple(CommitmentType(name=label, definition=f"texts labelled {label}") for label in labels),
        several=any(len(types) > 1 for types in sets),
    )


def hold_out(
    documents: Sequence[AnnotatedDocument], share: float, seed: int
) -> tuple[list[AnnotatedDocument], list[AnnotatedDocument]]:
    """Set documents aside for validation, label by label, so that each keeps its share.

    Args:
        documents: The training data.
        share: Of each label's documents, by the first label of a document; rounded down.
        seed: Fixes the choice.

    Returns:
        What is left to learn from, and what was set aside.
    """
    by_label: dict[str, list[AnnotatedDocument]] = defaultdict(list)
    for document in documents:
        by_label[document.sentences[0].types[0]].append(document)
    chance = random.Random(seed)
    aside: set[str] = set()
    for group in by_label.values():
        aside |= {document.id for document in chance.sample(group, int(share * len(group)))}
    return (
        [document for document in documents if document.id not in aside],
        [document for document in documents if document.id in aside],
    )


Row = tuple[str, str, tuple[str, ...]]


def _csv_rows(path: Path) -> Iterator[Row]:
    try:
        # Spreadsheets write a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            text_column = next((name for name in TEXT_COLUMNS if name in columns), None)
            label_column = next((name for name in LABEL_COLUMNS if name in columns), None)
            if text_column is None or label_column is None:
                raise CorpusError(
                    f"{path}: has the columns {', '.join(columns) or 'none'}; it needs one of "
                    f"{', '.join(TEXT_COLUMNS)} and one of {', '.join(LABEL_COLUMNS)}"
                )
            for row in reader:
                place = str(reader.line_num)
                yield _row(path, place, row[text_column], row[label_column])
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except (OSError, csv.Error) as error:
        raise CorpusError(f"{path}: cannot be read ({error})") from None


def _json_rows(path: Path) -> Iterator[Row]:
    for number, line in numbered_lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise CorpusError(f"{path}:{number}: is not JSON (column {error.colno}: {error.msg})") from None
        if not isinstance(record, dict):
            raise CorpusError(f"{path}:{number}: is no JSON object with a text and a label")
        text = next((record[name] for name in TEXT_COLUMNS if name in record), None)
        label = next((record[name] for name in LABEL_COLUMNS if name in record), None)
        yield _row(path, str(number), text, label)


def _folder_rows(path: Path) -> Iterator[Row]:
    for file in sorted(path.glob("*/*")):
        if file.suffix.lower() in TEXT_SUFFIXES:
            label = file.parent.name
            yield _row(path, file.relative_to(path).as_posix(), _content(file), [label])


def _row(path: Path, place: str, text: object, label: object) -> Row:
    labels = label.split(SEPARATOR) if isinstance(label, str) else label
    if not isinstance(text, str) or not text.strip():
        raise CorpusError(f"{path}:{place}: the text is empty; fill it in or remove the row")
    if not isinstance(labels, list) or not all(isinstance(item, str) for item in labels):
        raise CorpusError(f"{path}:{place}: the label {label!r} is neither a text nor a list of texts")
    names = tuple(dict.fromkeys(item.strip() for item in labels if item.strip()))
    if not names:
        raise CorpusError(f"{path}:{place}: has no label; fill it in or remove the row")
    return place, text.strip(), names


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror})") from None
