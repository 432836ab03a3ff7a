"""How often `check_support` finds an error planted into an abstract, and how often it warns of nothing.

Errors are planted into sentences of the corpus's abstracts by `planted_errors`; the sentences as they were
are the clean ones. Its rules were made on the train part, so other parts give the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .._version import __version__
from ..models.grounding import SourceIndex, Support
from ..models.taxonomy import LabelSchema, commitment_schema
from ..models.text import segment
from .corpus import AnnotatedDocument, load_documents
from .planted_errors import ERROR_KINDS, PlantedError, plant_errors

ERRORS_OF_A_KIND = 100

NOT_IN_THE_TEXT = {
    "authored-0023": "ended two days of talks",  # the text names no length
    "authored-0221": "Council of the European Union",  # it says "the Council"
    "authored-0300": "14 and 15 October",  # it has no date
    "authored-0324": "Blaise Ouattara",  # it does not name the mediator
    "authored-0425": "met in Asunción",  # it names neither the city nor Argentina
    "authored-0428": "More than 40 countries",  # it does not count them
    "authored-0435": "13 Latin American countries",  # it does not count them
    "authored-0437": "January 13-14",  # it has the last day only
    "authored-0455": "near Paris",  # it says "at Le Bourget"
    "authored-0469": "agreed in Geneva",  # it names no city
    "authored-0492": "Security Council members",  # it says "the five declared nuclear powers"
    "authored-0779": "180 million short",  # it gives the sum that came in, not what was missing
}
"""Abstract sentences, by document and words in them, that tell something which their text does not.

Found by reading what `check_support` reported in the validation part. They are no clean sentences.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its counts."""

    found: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing is 0."""
        return self.found / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.found} of {self.of})"


@dataclass(frozen=True, slots=True)
class Fault:
    """A clean sentence that was reported, or a planted error that was not."""

    document: str
    sentence: str
    words: str
    """What was reported, or what was planted."""
    kind: str


@dataclass(frozen=True, slots=True)
class SupportBenchmark:
    """How `check_support` did."""

    recall: Share
    """Planted errors at whose very words something was reported."""
    recall_by_kind: dict[str, Share]
    false_alarms: Share
    """Clean sentences in which anything was reported."""
    false_alarms_by_kind: dict[str, int]
    left_out: int
    """Sentences of the abstracts that say more than their text; see `NOT_IN_THE_TEXT`."""
    missed: tuple[Fault, ...]
    alarms: tuple[Fault, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the version of the package with it."""
        return {"communique": __version__, **asdict(self)}


def benchmark_support(
    data: Sequence[Path],
    *,
    errors: int = ERRORS_OF_A_KIND,
    seed: int = 0,
    schema: LabelSchema | None = None,
) -> SupportBenchmark:
    """Measure `check_support` on planted errors and clean sentences.

    Args:
        data: Files of annotated documents; those with an abstract are used.
        errors: Planted errors of each kind; fewer where the abstracts offer fewer.
        seed: Equal seeds plant equal errors.
        schema: The label set of the documents; the commitment types if None.

    Raises:
        CorpusError: If a document is broken.
    """
    documents = load_documents(data, schema or commitment_schema())
    indices = {
        document.id: SourceIndex(document.sentence_texts(), _day(document.date)) for document in documents
    }
    planted = plant_errors(documents, errors, seed)
    missed = [error for error in planted if not _is_found(error, indices[error.document.id])]
    planted_kinds = Counter(error.kind for error in planted)
    missed_kinds = Counter(error.kind for error in missed)
    clean, left_out = _clean_sentences(documents)
    supports = [(document, indices[document.id].support(text)) for document, text in clean]
    alarms = [(document, support) for document, support in supports if support.unsupported]
    kinds = Counter(item.kind for _, support in alarms for item in support.unsupported)
    return SupportBenchmark(
        recall=Share(len(planted) - len(missed), len(planted)),
        recall_by_kind={
            kind: Share(planted_kinds[kind] - missed_kinds[kind], planted_kinds[kind]) for kind in ERROR_KINDS
        },
        false_alarms=Share(len(alarms), len(clean)),
        false_alarms_by_kind=dict(kinds.most_common()),
        left_out=left_out,
        missed=tuple(
            Fault(error.document.id, error.planted, error.planted[error.start : error.end], error.kind)
            for error in missed
        ),
        alarms=tuple(_alarm(document, support) for document, support in alarms),
    )


def support_tables(result: SupportBenchmark, *, examples: bool = False) -> str:
    """Write a benchmark as Markdown; with `examples`, every miss and every false alarm."""
    lines = ["| planted error | found |", "|---|---|"]
    lines += [f"| {kind} | {share} |" for kind, share in result.recall_by_kind.items()]
    lines += [f"| all | {result.recall} |", ""]
    kinds = ", ".join(f"{kind} {count}" for kind, count in result.false_alarms_by_kind.items()) or "none"
    lines.append(f"False alarms: {result.false_alarms} clean sentences; items by kind: {kinds}.")
    if result.left_out:
        lines.append(f"Left out: {result.left_out} sentences of abstracts that say more than their text.")
    if examples:
        for title, faults in (("Missed", result.missed), ("False alarms", result.alarms)):
            lines += ["", f"{title}:", ""]
            lines += [
                f"- {fault.document}, {fault.kind} '{fault.words}': {fault.sentence}" for fault in faults
            ]
    return "\n".join(lines)


def _is_found(error: PlantedError, index: SourceIndex) -> bool:
    unsupported = index.support(error.planted).unsupported
    return any(item.start < error.end and error.start < item.end for item in unsupported)


def _clean_sentences(
    documents: Sequence[AnnotatedDocument],
) -> tuple[list[tuple[AnnotatedDocument, str]], int]:
    sentences = [
        (document, sentence.text)
        for document in documents
        if document.abstract
        for sentence in segment(document.abstract)
    ]
    clean = [
        (document, text)
        for document, text in sentences
        if document.id not in NOT_IN_THE_TEXT or NOT_IN_THE_TEXT[document.id] not in text
    ]
    return clean, len(sentences) - len(clean)


def _alarm(document: AnnotatedDocument, support: Support) -> Fault:
    item = support.unsupported[0]
    return Fault(document.id, support.text, item.text, item.kind)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # a year or nothing
        return None
