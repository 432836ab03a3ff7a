"""doccano: JSON Lines of its projects of sequence labeling (documents) and text classification (sentences).

Whatever a line has besides text and label, doccano keeps with the example and writes out again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...models.taxonomy import LabelSchema
from . import Unit
from .annotations import Annotation, Fault, LeftOut, Outcome, Span, record_from, resolve_offsets, rows_of
from .items import RECORD, Item, Record
from .label_studio import COLOURS


def to_doccano(items: Iterable[Item]) -> str:
    """Write items as JSON Lines that doccano imports as dataset; its labels can be corrected there."""
    return "".join(json.dumps(_example(item), ensure_ascii=False) + "\n" for item in items)


def label_types(schema: LabelSchema) -> str:
    """Write the labels as the JSON that doccano imports as label types; the first nine have a key each."""
    rows = [
        {
            "text": name,
            "suffix_key": str(index + 1) if index < 9 else None,
            "background_color": COLOURS[index % len(COLOURS)],
            "text_color": "#ffffff",
        }
        for index, name in enumerate(schema.names)
    ]
    return json.dumps(rows, indent=1) + "\n"


def read_doccano(path: Path, annotator: str = "") -> Iterator[Outcome]:
    """Read what doccano exports as JSONL.

    Args:
        path: The file.
        annotator: Who labelled it: where annotations are not shared, doccano writes a file for each user.

    Raises:
        CorpusError: If the file cannot be read.
    """
    for place, row in rows_of(path, "in doccano export as JSONL"):
        if isinstance(row, Fault):
            yield row
            continue
        where = f"{place}, example {row['id']}" if "id" in row else place
        record = record_from(row.get(RECORD), row["text"], where)
        if isinstance(record, Fault):
            yield record
        else:
            yield from _annotation(row, where, str(row.get("id", place)), record, annotator)


def _example(item: Item) -> dict[str, Any]:
    label: list[Any] = (
        [[s.start, s.end, name] for s in item.sentences for name in s.types]
        if item.record.unit is Unit.document
        else list(item.sentences[0].types)
    )
    example: dict[str, Any] = {
        "id": item.identifier,
        "text": item.text,
        "label": label,
        "title": item.title,
    }
    if item.context:
        example["context"] = item.context
    if item.certainty:
        example["confidence"] = [certainty.confidence for certainty in item.certainty]
    return {**example, RECORD: item.plain_record()}


def _annotation(
    row: dict[str, Any], place: str, key: str, record: Record | None, annotator: str
) -> Iterator[Outcome]:
    """Yield an example's annotation, and before it what of it cannot be taken over."""
    labels = next((row[name] for name in ("label", "labels", "entities") if name in row), None)
    if labels is None:
        message = "has no 'label'"
        if "annotations" in row:
            message = "has its labels as numbers in 'annotations', which name no type"
        yield Fault(place, f"{message}; export as JSONL (with text labels) from doccano 1.5 or later")
        return
    labels = [labels] if isinstance(labels, str) else labels
    if not isinstance(labels, list):
        yield Fault(place, f"its label {labels!r} is no list")
        return
    if record is None and not labels:
        yield LeftOut(place, "not labelled")
        return
    are_names = all(isinstance(label, str) for label in labels)
    unit = record.unit if record else Unit.sentence if are_names else Unit.document
    text: str = row["text"]
    spans: list[Span] = []
    if unit is Unit.sentence:
        if not are_names:
            yield Fault(place, f"its label {labels!r} is no list of types, though the item is one sentence")
            return
        spans = [Span(0, len(text), tuple(labels))] if labels else []
    for label in labels if unit is Unit.document else ():
        start, end, name = _span(label)
        found = resolve_offsets(text, start, end, None, record)
        if found is None or not isinstance(name, str):
            yield Fault(place, f"its label {label!r} does not fit a text of {len(text)} characters")
        else:
            spans.append(Span(*found, (name,)))
    yield Annotation(place, key, text, annotator, tuple(spans), record, unit)


def _span(label: object) -> tuple[object, object, object]:
    """Read a span: a triple, or where the project has relations a record."""
    if isinstance(label, dict):
        return label.get("start_offset"), label.get("end_offset"), label.get("label")
    if isinstance(label, list) and len(label) == 3:
        return label[0], label[1], label[2]
    return None, None, None
