"""Label Studio: its JSON of tasks with annotations and predictions, and its labelling configuration in XML.

Offsets of a region count Unicode characters; versions before 1.6 counted UTF-16 code units, which
`resolve_offsets` tells by the text that each region repeats.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from ...errors import CorpusError
from ...models.taxonomy import LabelSchema
from ..corpus import AnnotatedSentence
from . import Unit
from .annotations import Annotation, Fault, LeftOut, Outcome, Span, record_from, resolve_offsets
from .items import RECORD, Certainty, Item, Record

TYPES, SALIENCE, TEXT = "types", "salience", "text"
"""Names of the tags in the labelling configuration."""
SALIENT, NOT_SALIENT = "salient", "not salient"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#7F7F7F", "#B8B800")


def to_label_studio(items: Iterable[Item]) -> str:
    """Write items as the JSON that Label Studio imports.

    What people labelled becomes an annotation, what a classifier labelled a prediction with scores.
    """
    return json.dumps([_task(item) for item in items], ensure_ascii=False, indent=1) + "\n"


def labelling_configuration(schema: LabelSchema, unit: Unit) -> str:
    """Write the labelling configuration to paste into the project's settings."""
    names = zip(schema.types, range(len(schema.types)), strict=True)
    choice = "multiple" if schema.several else "single"
    saliences = "".join(f'\n    <Choice value="{value}"/>' for value in (SALIENT, NOT_SALIENT))
    if unit is Unit.document:
        labels = "".join(
            f"\n    <Label value={quoteattr(kind.name)} background={quoteattr(COLOURS[i % len(COLOURS)])}"
            f" hint={quoteattr(kind.definition)}/>"
            for kind, i in names
        )
        body = (
            f'  <Labels name="{TYPES}" toName="{TEXT}" choice="{choice}">{labels}\n  </Labels>\n'
            f'  <Text name="{TEXT}" value="$text" granularity="word"/>\n'
            f'  <Choices name="{SALIENCE}" toName="{TEXT}" perRegion="true" choice="single">{saliences}\n  </Choices>\n'
        )
    else:
        choices = "".join(
            f"\n    <Choice value={quoteattr(kind.name)} hint={quoteattr(kind.definition)}/>"
            for kind, _ in names
        )
        body = (
            '  <Text name="context" value="$context"/>\n'
            f'  <Header value="What does this sentence record?"/>\n  <Text name="{TEXT}" value="$text"/>\n'
            f'  <Choices name="{TYPES}" toName="{TEXT}" choice="{choice}" showInline="true">{choices}\n  </Choices>\n'
            f'  <Choices name="{SALIENCE}" toName="{TEXT}" choice="single" showInline="true">{saliences}\n  </Choices>\n'
        )
    # Without this style Label Studio shows runs of white space as one and counts its offsets accordingly.
    style = "  <Style>.htx-text { white-space: pre-wrap; }</Style>\n"
    return f'<View>\n{style}  <Header value="$title"/>\n{body}</View>\n'


def read_label_studio(path: Path) -> Iterator[Outcome]:
    """Read what Label Studio exports as JSON.

    Raises:
        CorpusError: If the file is no JSON array of tasks.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{path}: is not JSON (line {error.lineno}: {error.msg}); in Label Studio choose Export, JSON"
        ) from None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise CorpusError(f"{path}: is no JSON array of tasks; in Label Studio choose Export, JSON")
    for number, task in enumerate(tasks, start=1):
        yield from _outcomes(task, f"{path}: task {task.get('id', f'number {number}')}", number)


def _task(item: Item) -> dict[str, Any]:
    result = [
        part
        for number, sentence in enumerate(item.sentences, start=1)
        for part in _results(item, sentence, number, item.certainty[number - 1 : number])
    ]
    data = {"text": item.text, "title": item.title, "context": item.context, RECORD: item.plain_record()}
    task: dict[str, Any] = {"data": data}
    if item.predicted_by is not None:
        sure = [certainty.confidence for certainty in item.certainty]
        score = round(sum(sure) / len(sure), 4) if sure else 0.0
        task["predictions"] = [{"model_version": item.predicted_by, "score": score, "result": result}]
    else:
        task["annotations"] = [{"result": result, "was_cancelled": False}]
    return task


def _results(
    item: Item, sentence: AnnotatedSentence, number: int, certainty: tuple[Certainty, ...]
) -> Iterator[dict[str, Any]]:
    region: dict[str, Any] = {"id": f"sentence-{number}", "to_name": TEXT}
    place: dict[str, Any] = {}
    is_document = item.record.unit is Unit.document
    if is_document:
        quoted = item.text[sentence.start : sentence.end]
        place = {"start": sentence.start, "end": sentence.end, "text": quoted}
    if sentence.types:
        kind = "labels" if is_document else "choices"
        score = {"score": certainty[0].confidence} if certainty else {}
        value = {**place, kind: list(sentence.types)}
        yield {**region, "from_name": TYPES, "type": kind, "value": value, **score}
    if sentence.salient is not None:
        value = {**place, "choices": [SALIENT if sentence.salient else NOT_SALIENT]}
        own = {} if is_document else {"id": f"sentence-{number}-salience"}
        yield {**region, **own, "from_name": SALIENCE, "type": "choices", "value": value}


def _outcomes(task: dict[str, Any], place: str, number: int) -> Iterator[Outcome]:
    data = task.get("data")
    if not isinstance(data, dict):
        yield Fault(
            place,
            "has no 'data'; this is not Label Studio's JSON, perhaps JSON-MIN: choose Export, JSON",
        )
        return
    text = data.get("text")
    if not isinstance(text, str):
        yield Fault(
            place, "has no text in data.text; name the text's key 'text' in the labelling configuration"
        )
        return
    record = record_from(data.get(RECORD), text, place)
    if isinstance(record, Fault):
        yield record
        return
    annotations = [a for a in task.get("annotations") or () if isinstance(a, dict)]
    given = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    if not annotations:
        yield LeftOut(place, "not labelled")
    elif not given:
        yield LeftOut(place, "skipped")
    for annotation in sorted(given, key=lambda a: str(a.get("updated_at") or a.get("created_at") or "")):
        yield from _annotation(
            annotation, place, str(task.get("id", number)), text, record, is_one_of_several=len(given) > 1
        )


def _annotation(
    annotation: dict[str, Any],
    place: str,
    key: str,
    text: str,
    record: Record | None,
    *,
    is_one_of_several: bool,
) -> Iterator[Outcome]:
    """Yield an annotation, and before it what of it cannot be taken over."""
    results = [r for r in annotation.get("result") or () if isinstance(r, dict)]
    unit = record.unit if record else _unit(results)
    spans: list[Span] = []
    for result in results:
        value = result.get("value") or {}
        kind = result.get("type")
        if kind not in ("labels", "choices"):
            continue  # comments, ratings and relations say nothing of the types
        chosen = tuple(value.get(kind) or ())
        is_salience = result.get("from_name") == SALIENCE
        salient = SALIENT in chosen if is_salience and chosen else None
        types = () if is_salience else chosen
        if unit is Unit.sentence:
            spans.append(Span(0, len(text), types, salient))
            continue
        found = resolve_offsets(text, value.get("start"), value.get("end"), value.get("text"), record)
        if found is None:
            offsets = f"[{value.get('start')}:{value.get('end')}]"
            yield Fault(
                place,
                f"region '{result.get('id')}': its offsets {offsets} do not show what it marks, "
                f"{value.get('text')!r}; mark it anew",
            )
        else:
            spans.append(Span(*found, types, salient))
    name = _annotator(annotation.get("completed_by"))
    if not name and is_one_of_several:
        name = f"annotation {annotation.get('id')}"
    decides = bool(annotation.get("ground_truth"))
    yield Annotation(place, key, text, name, tuple(spans), record, unit, decides)


def _unit(results: list[dict[str, Any]]) -> Unit:
    """Tell what an item without a record is: one whose labels have a place is a document."""
    return Unit.document if any(result.get("type") == "labels" for result in results) else Unit.sentence


def _annotator(completed_by: object) -> str:
    """Return who labelled: Label Studio gives a number, or a record of the user."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("username") or completed_by.get("id") or "")
    return "" if completed_by is None else str(completed_by)
