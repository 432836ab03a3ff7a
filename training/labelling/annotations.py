"""What comes back from a labelling tool, whichever tool it is, made into annotated documents again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from ...errors import CorpusError
from ...models.taxonomy import LabelSchema
from ..agreement import Agreement, agreement
from ..corpus import AnnotatedDocument, AnnotatedSentence, normalized_text, numbered_lines
from . import Unit
from .items import Record, text_hash

MAJORITY = "majority"
"""Instead of an annotator's name: the types that more than half of the annotators gave."""
Reason = Literal["skipped", "rejected", "not labelled"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an item's text with the types that an annotator gave it."""

    start: int
    """Offset in Unicode characters, as everywhere."""
    end: int
    types: tuple[str, ...]
    salient: bool | None = None
    """None where the tool does not say."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator made of one item."""

    place: str
    """File and item, for messages."""
    key: str
    """What tells the item from others where it has no record."""
    text: str
    annotator: str
    """Empty where the tool does not say."""
    spans: tuple[Span, ...]
    record: Record | None
    unit: Unit
    decides: bool = False
    """Whether it was marked as the right one among several."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that an annotator decided not to label."""

    place: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a tool's file that cannot be taken over."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


Outcome = Annotation | LeftOut | Fault


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How well two annotators agree on the items that both labelled."""

    first: str
    second: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a tool's file."""

    documents: list[AnnotatedDocument]
    left_out: dict[Reason, int]
    """Items that annotators left out, by reason."""
    faults: list[Fault]
    """What could not be taken over."""
    changed: int
    """Sentences whose types differ from those that were exported."""
    without_type: int
    """Exported sentences that came back without a type and are therefore not in `documents`."""
    agreements: list[PairAgreement]


def rows_of(path: Path, hint: str) -> Iterator[tuple[str, dict[str, Any] | Fault]]:
    """Yield the lines of a tool's JSON Lines, each with its place; one without a text is a fault.

    Args:
        path: The file.
        hint: How the tool writes such lines, for messages.

    Raises:
        CorpusError: If the file cannot be read.
    """
    for number, line in numbered_lines(path):
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield place, Fault(place, f"is not JSON (column {error.colno}: {error.msg}); {hint}")
            continue
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            yield place, Fault(place, f"holds no item with a 'text'; {hint}")
        else:
            yield place, row


def record_from(data: object, text: str, place: str) -> Record | Fault | None:
    """Read an item's record; None where it has none, because it was not exported by this package.

    Args:
        data: What the tool kept of it.
        text: The item's text as the tool has it.
        place: File and item, for messages.
    """
    if data is None:
        return None
    try:
        record = Record.model_validate(data)
        AnnotatedDocument.model_validate({"text": "", "sentences": [], **record.document})
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        return Fault(
            place,
            f"its record is damaged (key 'communique.{key}'); export the document again or remove the key",
        )
    if text_hash(text) != record.sha256:
        message = "its text was changed after the export, so its labels have no place; restore the text"
        return Fault(place, message)
    return record


def resolve_offsets(
    text: str, start: object, end: object, marked: str | None, record: Record | None
) -> tuple[int, int] | None:
    """Find which stretch of a text a tool means.

    The tools' present versions count Unicode characters. Older ones, and pages in a browser, count UTF-16 code
    units, which differ behind a character such as an emoji. What the tool says that it marked, or else the
    sentences that were exported, tell which is meant.

    Args:
        text: The item's text.
        start: The first offset, as the tool gives it.
        end: The second.
        marked: The marked text, if the tool gives it.
        record: The item's record, if there is one.

    Returns:
        Start and end in Unicode characters, without white space at the ends; None if nothing fits.
    """
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end:
        return None
    known = {(s.start, s.end) for s in record.sentences} if record else set()
    wanted = None if marked is None else normalized_text(marked.replace("\\n", "\n"))
    readings = [
        _trimmed(text, *pair) for pair in ((start, end), _from_utf16(text, start, end)) if pair is not None
    ]
    fitting = [pair for pair in readings if pair is not None]
    if wanted is not None:
        return next((pair for pair in fitting if normalized_text(text[slice(*pair)]) == wanted), None)
    return next((pair for pair in fitting if pair in known), fitting[0] if fitting else None)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    if end > len(text) or not text[start:end].strip():
        return None
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _from_utf16(text: str, start: int, end: int) -> tuple[int, int] | None:
    units = text.encode("utf-16-le", "surrogatepass")
    if 2 * end > len(units):
        return None
    try:
        return len(units[: 2 * start].decode("utf-16-le")), len(units[: 2 * end].decode("utf-16-le"))
    except UnicodeDecodeError:
        return None  # in the middle of a character


def documents_of(outcomes: Iterable[Outcome], schema: LabelSchema, annotator: str | None = None) -> Imported:
    """Put annotated documents together of what came back from a tool.

    Of an annotator who labelled an item twice, the later labels count. Where several labelled an item, those
    marked as right count, else those that `annotator` chooses; they need no choice where they agree. The labels of
    each are kept in the sentences' `passes`.

    Args:
        outcomes: What was read from the tool's files.
        schema: The labels.
        annotator: Whose labels count: a name, or `MAJORITY`.

    Raises:
        CorpusError: If annotators disagree and none is chosen, or the chosen one did not label anything.
    """
    left_out: Counter[Reason] = Counter()
    faults: list[Fault] = []
    groups: dict[str, dict[str, Annotation]] = defaultdict(dict)
    for outcome in outcomes:
        if isinstance(outcome, LeftOut):
            left_out[outcome.reason] += 1
            continue
        if isinstance(outcome, Fault):
            faults.append(outcome)
            continue
        checked, found = _checked(outcome, schema)
        faults += found
        groups[_item_key(checked)][checked.annotator] = checked
    agreements = list(_agreements(groups.values(), schema))
    _check_choice(groups, annotator, agreements)
    chosen: list[tuple[Annotation, list[Annotation]]] = []
    for group in groups.values():
        labels, found = _chosen(list(group.values()), annotator, schema)
        faults += found
        if labels is not None:
            chosen.append((labels, list(group.values())))
    documents, broken = _documents(chosen)
    taken = [annotation for annotation, _ in chosen if annotation.record is not None]
    return Imported(
        documents=documents,
        left_out=dict(left_out),
        faults=faults + broken,
        changed=sum(_changed(annotation) for annotation in taken),
        without_type=sum(_without_type(annotation) for annotation in taken),
        agreements=agreements,
    )


def _checked(annotation: Annotation, schema: LabelSchema) -> tuple[Annotation, list[Fault]]:
    """Take out the spans that cannot be taken over, and join those of the same stretch."""
    by_place: dict[tuple[int, int], Span] = {}
    for span in annotation.spans:
        earlier = by_place.get((span.start, span.end), Span(span.start, span.end, ()))
        types = (*earlier.types, *(name for name in span.types if name not in earlier.types))
        salient = earlier.salient if span.salient is None else span.salient
        by_place[span.start, span.end] = replace(span, types=types, salient=salient)
    kept: list[Span] = []
    faults: list[Fault] = []
    for place in sorted(by_place):
        span = by_place[place]
        if not span.types:
            continue  # a prediction's stretch that lost its label
        quoted = f"[{span.start}:{span.end}] {_shortened(annotation.text[span.start : span.end])}"
        problem = schema.problem_with(span.types)
        if problem is None and kept and span.start < kept[-1].end:
            problem = (
                f"overlaps {_shortened(annotation.text[kept[-1].start : kept[-1].end])}; "
                "sentences cannot overlap, so draw their bounds anew"
            )
        if problem is None:
            kept.append(replace(span, types=schema.ordered(span.types)))
        else:
            faults.append(Fault(annotation.place, f"{quoted}: {problem}"))
    return replace(annotation, spans=tuple(kept)), faults


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _item_key(annotation: Annotation) -> str:
    if annotation.record is None:
        return f"{annotation.key}\n{text_hash(annotation.text)}"
    first = annotation.record.sentences[0].start if annotation.unit is Unit.sentence else ""
    return f"{annotation.record.document['id']}\n{first}"


def _check_choice(
    groups: dict[str, dict[str, Annotation]], annotator: str | None, agreements: Sequence[PairAgreement]
) -> None:
    names = Counter(name for group in groups.values() for name in group)
    listed = ", ".join(f"{name or '(no name)'} ({count})" for name, count in names.most_common())
    if annotator is not None and annotator != MAJORITY and groups and annotator not in names:
        raise CorpusError(f"annotator '{annotator}' labelled no item; items labelled by: {listed}")
    if annotator is not None:
        return
    disputed = [list(group.values()) for group in groups.values() if _needs_choice(list(group.values()))]
    if disputed:
        said = "".join(f"\n{line}" for line in map(agreement_line, agreements))
        raise CorpusError(
            f"{disputed[0][0].place}: labelled differently by {' and '.join(a.annotator for a in disputed[0])}, and so "
            f"are {len(disputed)} item(s) in all; choose whose labels count with --annotator NAME, or with "
            f"--annotator {MAJORITY}. Items labelled by: {listed}{said}"
        )


def agreement_line(pair: PairAgreement) -> str:
    """Say in a line how well two annotators agree."""
    found = pair.agreement
    return (
        f"{pair.first} and {pair.second}: {found.sentences} sentence(s), Cohen's kappa of the primary type "
        f"{found.primary_kappa:.3f}, Krippendorff's alpha of the sets {found.sets_alpha:.3f}"
    )


def _needs_choice(group: Sequence[Annotation]) -> bool:
    if sum(annotation.decides for annotation in group) == 1:
        return False
    return len({annotation.spans for annotation in group}) > 1


def _chosen(
    group: list[Annotation], annotator: str | None, schema: LabelSchema
) -> tuple[Annotation | None, list[Fault]]:
    """Choose, or make, the labels that count among those of several annotators."""
    deciding = [annotation for annotation in group if annotation.decides]
    if len(deciding) == 1:
        return deciding[0], []
    if not _needs_choice(group):
        return group[0], []
    if annotator == MAJORITY:
        return _majority(group, schema)
    own = next((annotation for annotation in group if annotation.annotator == annotator), None)
    if own is not None:
        return own, []
    names = " and ".join(annotation.annotator for annotation in group)
    return None, [Fault(group[0].place, f"labelled differently by {names}, and not by '{annotator}'")]


def _majority(group: Sequence[Annotation], schema: LabelSchema) -> tuple[Annotation, list[Fault]]:
    votes: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    saliences: dict[tuple[int, int], Counter[bool]] = defaultdict(Counter)
    for span in (span for annotation in group for span in annotation.spans):
        votes[span.start, span.end].update(span.types)
        if span.salient is not None:
            saliences[span.start, span.end][span.salient] += 1
    spans: list[Span] = []
    faults: list[Fault] = []
    for place, counts in sorted(votes.items()):
        types = [name for name, count in counts.items() if 2 * count > len(group)]
        if schema.problem_with(types) is None:
            spans.append(Span(*place, schema.ordered(types), _winner(saliences[place], len(group))))
        else:
            quoted = _shortened(group[0].text[slice(*place)])
            given = ", ".join(f"{name} by {count}" for name, count in counts.most_common())
            message = f"{quoted}: more than half of {len(group)} annotators agree on no type ({given}); decide by hand"
            faults.append(Fault(group[0].place, message))
    return replace(group[0], spans=tuple(spans)), faults


def _winner(votes: Counter[bool], voters: int) -> bool | None:
    return next((value for value, count in votes.items() if 2 * count > voters), None)


def _agreements(groups: Iterable[dict[str, Annotation]], schema: LabelSchema) -> Iterator[PairAgreement]:
    shared: dict[tuple[str, str], list[AnnotatedDocument]] = defaultdict(list)
    for group in groups:
        for first, second in combinations(sorted(group), 2):
            ours = {(s.start, s.end): s.types for s in group[first].spans}
            theirs = {(s.start, s.end): s.types for s in group[second].spans}
            sentences = tuple(
                AnnotatedSentence(start=place[0], end=place[1], types=types, passes=(types, theirs[place]))
                for place, types in ours.items()
                if place in theirs
            )
            if sentences:
                shared[first, second].append(
                    AnnotatedDocument(id="pair", text=group[first].text, sentences=sentences)
                )
    for (first, second), documents in sorted(shared.items()):
        yield PairAgreement(first, second, agreement(documents, schema))


def _documents(
    chosen: Sequence[tuple[Annotation, list[Annotation]]],
) -> tuple[list[AnnotatedDocument], list[Fault]]:
    """Make documents of the labels that count; the sentences of one text come together again."""
    fields: dict[str, dict[str, Any]] = {}
    sentences: dict[str, list[AnnotatedSentence]] = defaultdict(list)
    faults: list[Fault] = []
    for annotation, group in chosen:
        if not annotation.spans:
            continue
        own, shift = _document_fields(annotation)
        names = [other.annotator for other in group if other.annotator]
        found = fields.setdefault(own["id"], own)
        if found["text"] != own["text"]:
            message = f"another document with the id '{own['id']}' has another text; rename one"
            faults.append(Fault(annotation.place, message))
            continue
        found["annotators"] = tuple(dict.fromkeys((*found.get("annotators", ()), *names)))
        sentences[own["id"]] += [_sentence(span, shift, annotation, group) for span in annotation.spans]
    return [
        AnnotatedDocument(
            **own, sentences=tuple(sorted(sentences[identifier], key=lambda sentence: sentence.start))
        )
        for identifier, own in fields.items()
    ], faults


def _document_fields(annotation: Annotation) -> tuple[dict[str, Any], int]:
    """Return the fields of an annotation's document, and where its item begins in the document's text."""
    record = annotation.record
    if record is None:
        own = {"id": annotation.key, "text": annotation.text, "excerpt": annotation.unit is Unit.sentence}
        return own, 0
    if annotation.unit is Unit.sentence:
        return dict(record.document), record.sentences[0].start
    return {**record.document, "text": annotation.text}, 0


def _sentence(
    span: Span, shift: int, annotation: Annotation, group: Sequence[Annotation]
) -> AnnotatedSentence:
    """Make a sentence of a span; what the tool cannot hold is taken from the sentence that was exported."""
    exported = _exported(span, shift, annotation)
    passes: tuple[tuple[str, ...], ...] = ()
    doubt = False
    if exported is not None and set(exported.types) == set(span.types):
        passes, doubt = exported.passes, exported.doubt
    types = exported.types if exported is not None and set(exported.types) == set(span.types) else span.types
    if len(group) > 1:
        given = [
            {(s.start, s.end): s.types for s in other.spans}.get((span.start, span.end))
            for other in sorted(group, key=lambda other: other.annotator)
        ]
        passes = tuple(types for types in given if types is not None) if all(given) else ()
    salient = span.salient
    if salient is None and exported is not None:
        salient = exported.salient
    return AnnotatedSentence(
        start=span.start + shift,
        end=span.end + shift,
        types=types,
        salient=salient,
        doubt=doubt,
        passes=passes,
    )


def _exported(span: Span, shift: int, annotation: Annotation) -> AnnotatedSentence | None:
    """Find the exported sentence that a span labels; its bounds may have been drawn a little differently."""
    for sentence in annotation.record.sentences if annotation.record else ():
        if sentence.start < span.end + shift and span.start + shift < sentence.end:
            return sentence
    return None


def _changed(annotation: Annotation) -> int:
    shift = _document_fields(annotation)[1]
    found = ((span, _exported(span, shift, annotation)) for span in annotation.spans)
    return sum(exported is None or set(exported.types) != set(span.types) for span, exported in found)


def _without_type(annotation: Annotation) -> int:
    shift = _document_fields(annotation)[1]
    spans = [(span.start + shift, span.end + shift) for span in annotation.spans]
    assert annotation.record is not None
    return sum(
        not any(start < sentence.end and sentence.start < end for start, end in spans)
        for sentence in annotation.record.sentences
    )
