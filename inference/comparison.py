"""Two texts of one body, an earlier and a later: which commitments and calls are new, repeated, dropped or changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ..models.classifier import SentenceInput
from ..models.clauses import Clause, clauses
from ..models.facts import document_date
from ..models.matching import Floats, match, similarities
from ..models.strength import Act, direction_of, shifts
from ..models.taxonomy import LabelSchema
from ..models.text import Document
from .results import Analysis, LabelledSentence

if TYPE_CHECKING:
    from .api import Analyzer

Verdict = Literal["new", "strengthened", "weakened", "repeated", "dropped"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
THRESHOLD = 0.26
"""Acts that are less similar than this are different acts. Both thresholds were measured on the pairs in
`seeds/comparisons` that are there for tuning."""
STATEMENT_THRESHOLD = 0.36
"""The same where one of the two binds nobody: a mere statement takes a commitment's place only if it is close."""


@dataclass(frozen=True, slots=True)
class Provision:
    """A commitment or call as a text has it."""

    index: int
    """The place of its sentence in the text, from 0."""
    start: int
    """Offset in the text of the sentence, or of the part of it that tells this act."""
    end: int
    text: str
    """`text[start:end]` of the whole text."""
    types: tuple[str, ...]
    """Strongest first."""
    primary: str
    changed: tuple[tuple[int, int], ...] = ()
    """The words that the other text does not have: offsets in the whole text."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a commitment or call."""

    verdict: Verdict
    old: Provision | None
    """None for what is new. In a weakened or strengthened pair, one of the two may be a mere statement."""
    new: Provision | None
    """None for what was dropped."""
    similarity: float | None
    """How similar the two are in their words, between 0 and 1; None where there is one only."""
    reasons: tuple[str, ...] = ()
    """Why it is stronger or weaker. Where reasons speak against each other, the verdict is what most say."""


@dataclass(frozen=True, slots=True)
class ComparedText:
    """One of the two texts."""

    source: str | None
    title: str | None
    date: str | None
    """The day from which its dates are counted, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the commitments and calls of a text in a later one."""

    old: ComparedText
    new: ComparedText
    changes: tuple[Change, ...]
    """In the order of the new text, then what was dropped in the order of the old one."""
    models: dict[str, str]
    warnings: tuple[str, ...] = ()

    def having(self, verdict: Verdict) -> list[Change]:
        """Return the changes with a verdict."""
        return [change for change in self.changes if change.verdict == verdict]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data, ready for JSON."""
        return asdict(self)

    def to_json(self, indent: int | None = None) -> str:
        """Return the result as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


@dataclass(frozen=True, slots=True)
class _Unit:
    """An act of a text, or a sentence that binds nobody."""

    provision: Provision
    act: Act
    binds: bool


def compare_texts(analyzer: Analyzer, old: str | Document, new: str | Document) -> Comparison:
    """Compare two texts; see `Analyzer.compare`."""
    documents = [text if isinstance(text, Document) else Document(text) for text in (old, new)]
    analyses = [analyzer.analyze(document, method=None, facts=True) for document in documents]
    before, after = (_units(analyzer, *parts) for parts in zip(documents, analyses, strict=True))
    return Comparison(
        old=_compared(analyses[0]),
        new=_compared(analyses[1]),
        changes=tuple(_changes(before, after, _similarity(analyzer, before, after), analyzer.schema)),
        models=analyses[0].models,
        warnings=tuple(
            f"{name} text: {warning}"
            for name, analysis in zip(("old", "new"), analyses, strict=True)
            for warning in analysis.warnings
        ),
    )


def _compared(analysis: Analysis) -> ComparedText:
    return ComparedText(analysis.source, analysis.title, analysis.dates_counted_from)


# --- From a text to its acts -----------------------------------------------------------------------


def _units(analyzer: Analyzer, document: Document, analysis: Analysis) -> list[_Unit]:
    """Take a text apart into acts; its title, which tells what the text tells again, is left out."""
    written = document_date(document)
    units = []
    for sentence in analysis.sentences:
        if sentence.index == 0 and _flat(sentence.text) == _flat(analysis.title or ""):
            continue
        parts = clauses(_flat(sentence.text)) if _binds(sentence.types, analyzer.schema) else []
        several = _acts_among(analyzer, analysis, sentence, parts) if len(parts) > 1 else []
        units += [
            _unit(document, sentence, part, types, probabilities, written, analyzer.schema)
            for part, types, probabilities in several
        ] or [
            _unit(document, sentence, None, sentence.types, sentence.probabilities, written, analyzer.schema)
        ]
    return units


def _acts_among(
    analyzer: Analyzer, analysis: Analysis, sentence: LabelledSentence, parts: Sequence[Clause]
) -> list[tuple[Clause, tuple[str, ...], dict[str, float]]]:
    """Label the parts of a sentence; those that bind nobody are left out. Empty where fewer than two bind."""
    context = " ".join(
        other.text
        for other in analysis.sentences[
            max(0, sentence.index - analyzer.classifier.context_sentences) : sentence.index
        ]
    )
    inputs = [SentenceInput(part.text, context, sentence.index, len(analysis.sentences)) for part in parts]
    acts = [
        (part, score.types, score.probabilities)
        for part, score in zip(parts, analyzer.classifier.score(inputs), strict=True)
        if _binds(score.types, analyzer.schema)
    ]
    return acts if len(acts) > 1 else []


def _unit(
    document: Document,
    sentence: LabelledSentence,
    part: Clause | None,
    types: tuple[str, ...],
    probabilities: dict[str, float],
    written: date | None,
    schema: LabelSchema,
) -> _Unit:
    start = sentence.start + part.start if part else sentence.start
    end = sentence.start + part.end if part else sentence.end
    shared = sentence.start + part.shared if part else sentence.start
    facts = [
        fact for fact in sentence.facts if start <= fact.start < end or sentence.start <= fact.start < shared
    ]
    return _Unit(
        Provision(sentence.index, start, end, document.text[start:end], types, types[0]),
        Act(part.text if part else _flat(sentence.text), types, probabilities, tuple(facts), written),
        _binds(types, schema),
    )


def _binds(types: Sequence[str], schema: LabelSchema) -> bool:
    """Say whether a set of types holds a commitment or a call."""
    return any(schema.type_named(name).kind != "statement" for name in types)


def _flat(text: str) -> str:
    """Write white space as blanks, at the same length, so that offsets stay."""
    return re.sub(r"\s", " ", text)


# --- From acts to changes --------------------------------------------------------------------------


def _similarity(analyzer: Analyzer, before: Sequence[_Unit], after: Sequence[_Unit]) -> Floats:
    if not before or not after:
        return np.zeros((len(before), len(after)))
    texts = [[unit.act.text for unit in units] for units in (before, after)]
    embeddings = [analyzer.classifier.embeddings([SentenceInput(text) for text in group]) for group in texts]
    return similarities(texts[0], texts[1], embeddings[0], embeddings[1])


def _changes(
    before: Sequence[_Unit], after: Sequence[_Unit], similarity: Floats, schema: LabelSchema
) -> Iterator[Change]:
    pairs = {column: row for row, column in match(_candidates(similarity, before, after), THRESHOLD)}
    for column, unit in enumerate(after):
        if column in pairs:
            row = pairs[column]
            yield _change(before[row], unit, float(similarity[row, column]), schema)
        elif unit.binds:
            yield Change("new", None, unit.provision, None)
    kept = set(pairs.values())
    yield from (
        Change("dropped", unit.provision, None, None)
        for row, unit in enumerate(before)
        if unit.binds and row not in kept
    )


def _candidates(similarity: Floats, before: Sequence[_Unit], after: Sequence[_Unit]) -> Floats:
    """Leave the pairs in which at least one side binds somebody; a mere statement must be the closer."""
    binding = [np.array([unit.binds for unit in units], dtype=bool) for units in (before, after)]
    both = binding[0][:, None] & binding[1]
    either = (binding[0][:, None] | binding[1]) & (similarity >= STATEMENT_THRESHOLD)
    return np.where(both | either, similarity, -1.0)


def _change(old: _Unit, new: _Unit, similarity: float, schema: LabelSchema) -> Change:
    found = shifts(old.act, new.act, schema)
    old_words, new_words = _changed_words(old.provision.text, new.provision.text)
    return Change(
        direction_of(found) or "repeated",
        _marked(old.provision, old_words),
        _marked(new.provision, new_words),
        round(similarity, 3),
        tuple(shift.reason for shift in found),
    )


def _marked(provision: Provision, words: Sequence[tuple[int, int]]) -> Provision:
    spans = tuple((start + provision.start, end + provision.start) for start, end in words)
    return replace(provision, changed=spans)


_WORD = re.compile(r"[\w.,'’-]*\w|[^\w\s]")


def _changed_words(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the spans of neighbouring words of each text that the other does not have in that place."""
    words = [list(_WORD.finditer(text)) for text in (old, new)]
    lowered = [[word.group().lower() for word in group] for group in words]
    spans: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
    for kind, *places in SequenceMatcher(None, lowered[0], lowered[1], autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for side, (first, last) in enumerate((places[:2], places[2:])):
            if first < last:
                spans[side].append((words[side][first].start(), words[side][last - 1].end()))
    return spans
