"""Prodigy: JSON Lines of its interfaces `spans_manual` (documents) and `choice` (sentences)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...models.taxonomy import LabelSchema
from . import Unit
from .annotations import (
    Annotation,
    Fault,
    LeftOut,
    Outcome,
    Reason,
    Span,
    record_from,
    resolve_offsets,
    rows_of,
)
from .items import RECORD, Item, Record

_ANSWERS: dict[str, Reason] = {"reject": "rejected", "ignore": "skipped"}
_TOKEN = re.compile(r"\n+|\w+|[^\w\s]")


def to_prodigy(items: Iterable[Item], schema: LabelSchema) -> str:
    """Write items as JSON Lines that Prodigy takes as a source; what people labelled also for `db-in`."""
    return "".join(json.dumps(_task(item, schema), ensure_ascii=False) + "\n" for item in items)


def recipe(schema: LabelSchema, unit: Unit, path: Path) -> str:
    """Return the command that opens the items in Prodigy."""
    if unit is Unit.document:
        return f"prodigy spans.manual corrections blank:en {path} --label {','.join(schema.names)}"
    return f"prodigy mark corrections {path} --view-id choice"


def read_prodigy(path: Path) -> Iterator[Outcome]:
    """Read what `prodigy db-out` writes.

    Raises:
        CorpusError: If the file cannot be read.
    """
    for place, task in rows_of(path, "`prodigy db-out` writes such lines"):
        if isinstance(task, Fault):
            yield task
            continue
        answer = task.get("answer")
        if answer is None:
            yield LeftOut(place, "not labelled")
        elif answer in _ANSWERS:
            yield LeftOut(place, _ANSWERS[answer])
        elif answer != "accept":
            yield Fault(place, f"answer {answer!r}: valid are 'accept', 'reject', 'ignore'")
        else:
            record = record_from(task.get(RECORD), task["text"], place)
            if isinstance(record, Fault):
                yield record
            else:
                yield from _annotation(task, place, str(task.get("_input_hash", place)), record)


def _task(item: Item, schema: LabelSchema) -> dict[str, Any]:
    meta: dict[str, Any] = {"document": item.title}
    if item.context:
        meta["before"] = item.context
    if item.certainty:
        meta["confidence"] = round(min(certainty.confidence for certainty in item.certainty), 3)
    task: dict[str, Any] = {"text": item.text}
    if item.record.unit is Unit.document:
        tokens = _tokens(item)
        first = {token["start"]: token["id"] for token in tokens}
        last = {token["end"]: token["id"] for token in tokens}
        task["tokens"] = tokens
        task["spans"] = [
            {
                "start": sentence.start,
                "end": sentence.end,
                "token_start": first[sentence.start],
                "token_end": last[sentence.end],
                "label": name,
            }
            for sentence in item.sentences
            for name in sentence.types
        ]
        task["_view_id"] = "spans_manual"
    else:
        task["options"] = [{"id": name, "text": name} for name in schema.names]
        task["accept"] = list(item.sentences[0].types)
        task["config"] = {"choice_style": "multiple" if schema.several else "single"}
        task["_view_id"] = "choice"
    if item.predicted_by is None:
        task["answer"] = "accept"
    # Prodigy shows equal texts once. Hashes of the id keep "He agreed." of two documents apart.
    number = _hash(item.identifier)
    return {**task, "meta": meta, RECORD: item.plain_record(), "_input_hash": number, "_task_hash": number}


def _hash(identifier: str) -> int:
    """Return a number like Prodigy's own hashes: 32 bits with a sign."""
    return int.from_bytes(hashlib.sha256(identifier.encode("utf-8")).digest()[:4], signed=True)


def _tokens(item: Item) -> list[dict[str, Any]]:
    """Cut a text into tokens such that every sentence begins and ends with one, as Prodigy insists."""
    cuts = sorted({0, len(item.text), *(place for s in item.sentences for place in (s.start, s.end))})
    tokens: list[dict[str, Any]] = []
    for begin, end in pairwise(cuts):
        for match in _TOKEN.finditer(item.text, begin, end):
            followed = item.text[match.end() : match.end() + 1] == " "
            tokens.append(
                {
                    "text": match.group(),
                    "start": match.start(),
                    "end": match.end(),
                    "id": len(tokens),
                    "ws": followed,
                }
            )
    return tokens


def _annotation(task: dict[str, Any], place: str, key: str, record: Record | None) -> Iterator[Outcome]:
    """Yield a task's annotation, and before it what of it cannot be taken over."""
    text: str = task["text"]
    if record is None and "accept" not in task and "spans" not in task:
        yield Fault(
            place, "has neither 'spans' nor 'accept'; use the recipes spans.manual or mark with choice"
        )
        return
    unit = record.unit if record else Unit.sentence if "accept" in task else Unit.document
    spans: list[Span] = []
    if unit is Unit.sentence:
        types = tuple(str(name) for name in task.get("accept") or ())
        spans = [Span(0, len(text), types)] if types else []
    for span in (task.get("spans") or ()) if unit is Unit.document else ():
        found = resolve_offsets(text, span.get("start"), span.get("end"), span.get("text"), record)
        if found is None or not isinstance(span.get("label"), str):
            yield Fault(place, f"its span {span!r} does not fit a text of {len(text)} characters")
        else:
            spans.append(Span(*found, (span["label"],)))
    annotator = str(task.get("_annotator_id") or task.get("_session_id") or "")
    yield Annotation(place, key, text, annotator, tuple(spans), record, unit)
