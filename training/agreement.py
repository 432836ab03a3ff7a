"""Agreement of two independent annotations of the same sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import CorpusError
from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument
from .metrics import TypeMetric, per_type_scores


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well two passes of annotation agree."""

    documents: int
    sentences: int
    primary_kappa: float
    """Cohen's kappa of the primary type."""
    primary_accuracy: float
    sets_alpha: float
    """Krippendorff's alpha of the type sets with the MASI distance."""
    sets_micro_f1: float
    commitment_f1: float
    per_type_f1: dict[str, float]
    confusions: list[tuple[str, str, int]]
    """Pairs of different primary types, in order of strength, with how often they met."""


def agreement(documents: Sequence[AnnotatedDocument], schema: LabelSchema) -> Agreement:
    """Measure the agreement of the two passes that the sentences keep in `passes`.

    Raises:
        CorpusError: If no sentence was annotated twice.
    """
    twice = [document for document in documents if any(len(s.passes) >= 2 for s in document.sentences)]
    pairs = [s.passes[:2] for document in twice for s in document.sentences if len(s.passes) >= 2]
    if not pairs:
        raise CorpusError("no sentence has two passes; agreement needs documents that were annotated twice")
    first, second = [list(a) for a, _ in pairs], [list(b) for _, b in pairs]
    figures = TypeMetric(schema).figures(second, first)
    scores = per_type_scores(second, first, schema)
    confusions = Counter(
        tuple(schema.ordered({schema.primary(a), schema.primary(b)}))
        for a, b in pairs
        if schema.primary(a) != schema.primary(b)
    )
    return Agreement(
        documents=len(twice),
        sentences=len(pairs),
        primary_kappa=figures["primary_kappa"],
        primary_accuracy=figures["primary_accuracy"],
        sets_alpha=krippendorff_alpha([(frozenset(a), frozenset(b)) for a, b in pairs]),
        sets_micro_f1=figures["sets_micro_f1"],
        commitment_f1=figures["commitment_f1"],
        per_type_f1={name: scores[name]["f1"] for name in schema.names},
        confusions=[(one, other, count) for (one, other), count in confusions.most_common()],
    )


def krippendorff_alpha(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> float:
    """Compute Krippendorff's alpha of set-valued annotations by two annotators, none missing.

    Alpha is 1 - observed / expected disagreement (Krippendorff, 2011, "Computing Krippendorff's
    Alpha-Reliability"), with MASI as the distance.
    """
    observed = sum(masi_distance(a, b) for a, b in pairs) / len(pairs)
    values = Counter(value for pair in pairs for value in pair)
    total = sum(values.values())
    disagreement = sum(
        count * other_count * masi_distance(value, other)
        for value, count in values.items()
        for other, other_count in values.items()
    )
    expected = disagreement / (total * (total - 1))
    return 1.0 if expected == 0 else 1 - observed / expected


def masi_distance(a: frozenset[str], b: frozenset[str]) -> float:
    """Measure how far two sets are apart: 1 - Jaccard x monotonicity (Passonneau, 2006)."""
    if a == b:
        return 0.0
    shared = a & b
    if not shared:
        return 1.0
    monotonicity = 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - len(shared) / len(a | b) * monotonicity
