"""Metrics, as `evaluate.Metric` classes that are instantiated directly and need no network.

>>> TypeMetric(schema).compute(predictions=[["pledge"]], references=[["pledge", "call"]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
import numpy.typing as npt
from rouge_score import rouge_scorer
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, precision_recall_fscore_support

from ..models.taxonomy import LabelSchema

Floats = npt.NDArray[np.floating[Any]]

CALIBRATION_BINS = 15
ROUGE_TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")


class TypeMetric(evaluate.Metric):
    """How well predicted sets of types agree with the annotated ones.

    Args:
        schema: The labels, in order of strength.

    `compute(predictions=, references=)` takes two lists with a list of label names for each sentence
    and returns

    - `primary_macro_f1`: mean F1 of the primary (strongest) type over the types that occur in the
      references or the predictions,
    - `primary_accuracy`, `primary_kappa` (Cohen, 1960),
    - `sets_micro_f1`, `sets_macro_f1`: F1 over all sentence-type pairs, and its mean over the types,
    - `sets_exact`: share of sentences whose set is exactly right,
    - `commitment_f1`: F1 of "the set holds a commitment",
    - `sentences`.
    """

    def __init__(self, schema: LabelSchema) -> None:
        self.schema = schema
        super().__init__(keep_in_memory=True, experiment_id="types")

    def _info(self) -> evaluate.MetricInfo:
        names = datasets.List(datasets.Value("string"))
        return evaluate.MetricInfo(
            description="Agreement of predicted sets of types with annotated ones.",
            citation="",
            inputs_description="predictions and references: a list of label names for each sentence",
            features=datasets.Features({"predictions": names, "references": names}),
        )

    def _compute(
        self, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        return self.figures(predictions, references)

    def figures(
        self, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Compute what `compute` does without its bookkeeping, which is slow for thousands of resamples."""
        expected, given = multi_hot(references, self.schema), multi_hot(predictions, self.schema)
        primary_expected, primary_given = expected.argmax(axis=1), given.argmax(axis=1)
        occurring = np.flatnonzero(expected.any(axis=0) | given.any(axis=0))
        commits = [label.kind == "commitment" for label in self.schema.types]
        commits_expected, commits_given = expected[:, commits].any(axis=1), given[:, commits].any(axis=1)
        kappa = cohen_kappa_score(primary_expected, primary_given)
        return {
            "primary_macro_f1": _f1(primary_expected, primary_given, labels=occurring, average="macro"),
            "primary_accuracy": float(accuracy_score(primary_expected, primary_given)),
            # One and the same label everywhere leaves nothing to agree on beyond chance.
            "primary_kappa": 1.0 if np.isnan(kappa) else float(kappa),
            "sets_micro_f1": _f1(expected, given, average="micro"),
            "sets_macro_f1": _f1(expected[:, occurring], given[:, occurring], average="macro"),
            "sets_exact": float((expected == given).all(axis=1).mean()),
            "commitment_f1": _f1(commits_expected, commits_given),
            "sentences": len(expected),
        }


class RougeMetric(evaluate.Metric):
    """ROUGE-1, -2, -L and -Lsum (Lin, 2004) with stemming, as mean F-measures between 0 and 1.

    `compute(predictions=, references=)` takes two lists of texts whose sentences are separated by
    newlines, which ROUGE-Lsum needs.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="rouge")

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="ROUGE of abstracts.",
            citation="",
            inputs_description="predictions and references: texts, one sentence a line",
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        scores = rouge_scores(predictions, references)
        return {name: float(np.mean(values)) for name, values in scores.items()}


def rouge_scores(predictions: Sequence[str], references: Sequence[str]) -> dict[str, list[float]]:
    """Return each text's ROUGE F-measures; sentences are separated by newlines."""
    scorer = rouge_scorer.RougeScorer(ROUGE_TYPES, use_stemmer=True)
    scored = [
        scorer.score(reference, prediction)
        for prediction, reference in zip(predictions, references, strict=True)
    ]
    return {name: [score[name].fmeasure for score in scored] for name in ROUGE_TYPES}


def per_type_scores(
    predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], schema: LabelSchema
) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and number of annotated sentences of each type, over the sets."""
    precision, recall, f1, support = precision_recall_fscore_support(
        multi_hot(references, schema), multi_hot(predictions, schema), zero_division=0
    )
    return {
        name: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "support": int(support[i]),
        }
        for i, name in enumerate(schema.names)
    }


def calibration_error(confidence: Floats, right: Floats, bins: int = CALIBRATION_BINS) -> float:
    """Compute the expected calibration error: how far confidence is from accuracy, on average.

    Bins of equal width; each bin's gap weighs by its share of the sentences (Guo et al., 2017).

    Args:
        confidence: How likely each answer was said to be right. Shape (sentences,).
        right: 1 where it was, else 0. Shape (sentences,).
        bins: How many bins between 0 and 1.
    """
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[places == i].mean() - right[places == i].mean())) * float((places == i).mean())
        for i in np.unique(places)
    ]
    return float(sum(gaps))


def accuracy_at_coverage(confidence: Floats, right: Floats, coverage: float) -> float:
    """Compute the accuracy of the most confident share of the answers (El-Yaniv and Wiener, 2010)."""
    kept = max(1, round(coverage * len(confidence)))
    return float(right[np.argsort(-confidence, kind="stable")[:kept]].mean())


def multi_hot(types: Sequence[Sequence[str]], schema: LabelSchema) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return an array of shape (sentences, types) with 1 where a sentence has a type.

    The columns are in order of strength, so that `argmax` of a row is its primary type.

    Raises:
        KeyError: If a name is not in the schema.
    """
    columns = {name: index for index, name in enumerate(schema.names)}
    result = np.zeros((len(types), len(columns)), dtype=np.int64)
    for row, names in enumerate(types):
        for name in names:
            if name not in columns:
                schema.type_named(name)
            result[row, columns[name]] = 1
    return result


def _f1(expected: Any, given: Any, **options: Any) -> float:  # noqa: ANN401 - arrays as scikit-learn takes them
    return float(f1_score(expected, given, zero_division=0, **options))
