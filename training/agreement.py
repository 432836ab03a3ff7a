"""Agreement of two independent annotations of the same sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import CorpusError
from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument
from .metrics import TypeMetric, krippendorff_alpha, per_type_scores


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
