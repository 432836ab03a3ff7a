"""Metrics, as `evaluate.Metric` classes that are instantiated directly and need no network.

>>> TypeMetric(schema).compute(predictions=[["pledge"]], references=[["pledge", "call"]])

Each class gives figures for one list of items; the functions named `…_statistics` give the same measures in the
form that `training.significance` needs for intervals and tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
from rouge_score import rouge_scorer
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from ..models.grounding import check_support
from ..models.taxonomy import LabelSchema
from .significance import Floats, Statistics

Types = Sequence[Sequence[str]]
"""The types of each sentence of a document; none where a system did not find the sentence."""

CALIBRATION_BINS = 15
ROUGE_TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
FACT_KINDS = ("name", "number", "date", "place")


class TypeMetric(evaluate.Metric):
    """How well predicted sets of types agree with the annotated ones.

    Args:
        schema: The labels, in order of strength.

    `compute(predictions=, references=)` takes two lists with a list of label names for each sentence
    and returns

    - `primary_macro_f1`: mean F1 of the primary (strongest) type over the types that occur in the
      references or the predictions,
    - `primary_micro_f1`: F1 over all primary types; it differs from the accuracy only where a list is empty,
    - `primary_accuracy`, `primary_kappa` (Cohen, 1960),
    - `sets_micro_f1`, `sets_macro_f1`: F1 over all sentence-type pairs, and its mean over the types,
    - `sets_samples_f1`: mean over the sentences of the F1 of their sets,
    - `sets_exact`: share of sentences whose set is exactly right,
    - `commitment_f1`: F1 of "the set holds a commitment",
    - `sentences`.

    An empty list is a sentence that one side does not have: a miss, or a false alarm.
    """

    def __init__(self, schema: LabelSchema) -> None:
        self.schema = schema
        super().__init__(keep_in_memory=True, experiment_id="types")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Agreement of predicted sets of types with annotated ones.", _list_of("string"))

    def _compute(self, predictions: Types, references: Types) -> dict[str, float]:
        return self.figures(predictions, references)

    def figures(self, predictions: Types, references: Types) -> dict[str, float]:
        """Compute what `compute` does without its bookkeeping."""
        values = type_statistics([predictions], [references], self.schema).values()
        return {**values, "sentences": len(references)}


class SetAgreementMetric(evaluate.Metric):
    """Krippendorff's alpha of two annotations with sets of labels, `sets_alpha`.

    `compute(predictions=, references=)` takes two lists with a list of label names for each sentence; see
    `krippendorff_alpha`.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="alpha")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Krippendorff's alpha of sets of labels.", _list_of("string"))

    def _compute(self, predictions: Types, references: Types) -> dict[str, float]:
        return set_agreement_statistics([predictions], [references]).values()


class CalibrationMetric(evaluate.Metric):
    """Whether answers are right as often as they are said to be.

    `compute(predictions=, references=)` takes the probability with which each answer was said to be right, and
    1 where it was, else 0. It returns

    - `calibration_error`: the expected calibration error, how far confidence is from accuracy on average;
      15 bins of equal width, each weighing by its share of the answers (Guo et al., 2017),
    - `brier`: the mean squared difference (Brier, 1950), 0 for certainty that is always right.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="calibration")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Calibration of probabilities.", datasets.Value("float64"))

    def _compute(self, predictions: Sequence[float], references: Sequence[float]) -> dict[str, float]:
        return calibration_statistics([np.array(predictions)], [np.array(references)]).values()


class SalienceMetric(evaluate.Metric):
    """How well salience ranks each document's sentences.

    `compute(predictions=, references=)` takes a list for each document: the salience of its sentences, and 1
    for those that an abstract should tell, else 0. It returns `average_precision`, the mean over the documents
    that have such a sentence.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="salience")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Average precision of salience.", _list_of("float64"))

    def _compute(
        self, predictions: Sequence[Sequence[float]], references: Sequence[Sequence[float]]
    ) -> dict[str, float]:
        values = [
            average_precision_score(gold, ranking)
            for ranking, gold in zip(predictions, references, strict=True)
            if any(gold)
        ]
        return {"average_precision": _mean(values)}


class RougeMetric(evaluate.Metric):
    """ROUGE-1, -2, -L and -Lsum (Lin, 2004) with stemming, as mean F-measures between 0 and 1.

    `compute(predictions=, references=)` takes two lists of texts whose sentences are separated by
    newlines, which ROUGE-Lsum needs.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="rouge")

    def _info(self) -> evaluate.MetricInfo:
        return _info("ROUGE of abstracts, one sentence a line.", datasets.Value("string"))

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        return {name: _mean(values) for name, values in rouge_scores(predictions, references).items()}


class FactCoverageMetric(evaluate.Metric):
    """How many of the facts of reference abstracts the written ones tell.

    `compute(predictions=, references=)` takes two lists of abstracts, each a list of sentences. It returns
    `fact_coverage`, the mean over the abstracts; see `fact_coverage`.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="facts")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Facts of reference abstracts that are told.", _list_of("string"))

    def _compute(
        self, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        return {
            "fact_coverage": _mean(
                [fact_coverage(*pair) for pair in zip(predictions, references, strict=True)]
            )
        }


class UnsupportedMetric(evaluate.Metric):
    """How many names, numbers, dates, actors and wordings of abstracts their sources do not hold.

    `compute(predictions=, references=)` takes the sentences of each abstract and the sentences of the text
    that it is about. It returns `unsupported`, the items of `check_support` an abstract, on average.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="unsupported")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Items of abstracts that their sources do not hold.", _list_of("string"))

    def _compute(
        self, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        counts = [
            sum(len(support.unsupported) for support in check_support(abstract, source))
            for abstract, source in zip(predictions, references, strict=True)
        ]
        return {"unsupported": _mean(counts)}


class CommitmentRecallMetric(evaluate.Metric):
    """The share of the sentences with a commitment that an abstract cites as a source, `commitment_recall`.

    `compute(predictions=, references=)` takes the indices of the sentences that each abstract cites, and those
    of its text's sentences that are annotated with a commitment. All texts are counted together; 0 where no
    text holds a commitment.
    """

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, experiment_id="commitments")

    def _info(self) -> evaluate.MetricInfo:
        return _info("Commitments that abstracts cite.", _list_of("int64"))

    def _compute(
        self, predictions: Sequence[Sequence[int]], references: Sequence[Sequence[int]]
    ) -> dict[str, float]:
        return commitment_recall_statistics(predictions, references).values()


def type_statistics(
    predictions: Sequence[Types], references: Sequence[Types], schema: LabelSchema
) -> Statistics:
    """Return the statistics behind the measures of `TypeMetric`, for the sentences of each document."""
    count = len(schema.names)
    cells = (count + 1) ** 2
    commits = [label.kind == "commitment" for label in schema.types]

    def of_document(given: Types, expected: Types) -> Floats:
        ours, gold = multi_hot(given, schema), multi_hot(expected, schema)
        shared = ours & gold
        both = np.maximum(ours.sum(axis=1) + gold.sum(axis=1), 1)
        confusion = np.bincount(_primary(gold) * (count + 1) + _primary(ours), minlength=cells)
        commits_ours, commits_gold = ours[:, commits].any(axis=1), gold[:, commits].any(axis=1)
        return np.concatenate(
            [
                confusion,
                *(array.sum(axis=0) for array in (shared, ours, gold)),
                [
                    (ours == gold).all(axis=1).sum(),
                    (2 * shared.sum(axis=1) / both).sum(),
                    (commits_ours & commits_gold).sum(),
                    commits_ours.sum() + commits_gold.sum(),
                ],
            ]
        ).astype(float)

    def figures(sums: Floats) -> dict[str, Floats]:
        confusion = sums[:, :cells].reshape(-1, count + 1, count + 1)
        shared, ours, gold = np.split(sums[:, cells : cells + 3 * count], 3, axis=1)
        exact, samples, commits_shared, commits_both = sums[:, cells + 3 * count :].T
        sentences = confusion.sum(axis=(1, 2))
        agreed = np.diagonal(confusion, axis1=1, axis2=2)[:, :count]
        primary_gold, primary_ours = confusion.sum(axis=2), confusion.sum(axis=1)
        primary_both = primary_gold[:, :count] + primary_ours[:, :count]
        occurring = ((ours + gold) > 0).sum(axis=1)
        by_chance = _ratio((primary_gold * primary_ours).sum(axis=1), sentences**2)
        accuracy = _ratio(agreed.sum(axis=1), sentences)
        return {
            "primary_macro_f1": _ratio(_ratio(2 * agreed, primary_both).sum(axis=1), occurring),
            "primary_micro_f1": _ratio(2 * agreed.sum(axis=1), primary_both.sum(axis=1)),
            "primary_accuracy": accuracy,
            # One and the same label everywhere leaves nothing to agree on beyond chance.
            "primary_kappa": np.where(by_chance < 1, _ratio(accuracy - by_chance, 1 - by_chance), 1.0),
            "sets_micro_f1": _ratio(2 * shared.sum(axis=1), (ours + gold).sum(axis=1)),
            "sets_macro_f1": _ratio(_ratio(2 * shared, ours + gold).sum(axis=1), occurring),
            "sets_samples_f1": _ratio(samples, sentences),
            "sets_exact": _ratio(exact, sentences),
            "commitment_f1": _ratio(2 * commits_shared, commits_both),
        }

    return Statistics(
        np.stack([of_document(*pair) for pair in zip(predictions, references, strict=True)]), figures
    )


def per_type_statistics(
    predictions: Sequence[Types], references: Sequence[Types], schema: LabelSchema
) -> Statistics:
    """Return the statistics behind precision, recall and F1 of each type, named such as `pledge.recall`."""

    def of_document(given: Types, expected: Types) -> Floats:
        ours, gold = multi_hot(given, schema), multi_hot(expected, schema)
        return np.concatenate([array.sum(axis=0) for array in (ours & gold, ours, gold)]).astype(float)

    def figures(sums: Floats) -> dict[str, Floats]:
        shared, ours, gold = np.split(sums, 3, axis=1)
        values = {
            "precision": _ratio(shared, ours),
            "recall": _ratio(shared, gold),
            "f1": _ratio(2 * shared, ours + gold),
        }
        return {
            f"{name}.{measure}": value[:, i]
            for i, name in enumerate(schema.names)
            for measure, value in values.items()
        }

    return Statistics(
        np.stack([of_document(*pair) for pair in zip(predictions, references, strict=True)]), figures
    )


def set_agreement_statistics(predictions: Sequence[Types], references: Sequence[Types]) -> Statistics:
    """Return the statistics behind `krippendorff_alpha`, named `sets_alpha`, for the sentences of each document."""
    documents = [
        [(frozenset(one), frozenset(other)) for one, other in zip(given, expected, strict=True)]
        for given, expected in zip(predictions, references, strict=True)
    ]
    values = sorted({value for pairs in documents for pair in pairs for value in pair}, key=sorted)
    places = {value: i for i, value in enumerate(values)}
    distances = np.array([[masi_distance(one, other) for other in values] for one in values])

    def of_document(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> Floats:
        rows = np.array([[places[value] for value in pair] for pair in pairs], dtype=int).reshape(-1, 2)
        counts = np.bincount(rows.ravel(), minlength=len(values))
        return np.array([*counts, distances[rows[:, 0], rows[:, 1]].sum()], dtype=float)

    def figures(sums: Floats) -> dict[str, Floats]:
        counts, disagreement = sums[:, :-1], sums[:, -1]
        total = counts.sum(axis=1)
        expected = _ratio(((counts @ distances) * counts).sum(axis=1), total * (total - 1))
        observed = _ratio(2 * disagreement, total)
        return {"sets_alpha": np.where(expected > 0, 1 - _ratio(observed, expected), 1.0)}

    return Statistics(np.stack([of_document(pairs) for pairs in documents]), figures)


def calibration_statistics(confidence: Sequence[Floats], right: Sequence[Floats]) -> Statistics:
    """Return the statistics behind the measures of `CalibrationMetric`.

    Args:
        confidence: For each document, how likely each answer was said to be right.
        right: For each document, 1 where it was, else 0.
    """

    def of_document(said: Floats, outcome: Floats) -> Floats:
        places = np.minimum((said * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        gaps = np.bincount(places, weights=said - outcome, minlength=CALIBRATION_BINS)
        return np.array([*gaps, ((said - outcome) ** 2).sum(), len(said)])

    def figures(sums: Floats) -> dict[str, Floats]:
        # A bin's gap times its share of the answers is the sum of its differences over all answers.
        return {
            "calibration_error": _ratio(np.abs(sums[:, :CALIBRATION_BINS]).sum(axis=1), sums[:, -1]),
            "brier": _ratio(sums[:, -2], sums[:, -1]),
        }

    return Statistics(np.stack([of_document(*pair) for pair in zip(confidence, right, strict=True)]), figures)


def commitment_recall_statistics(
    cited: Sequence[Sequence[int]], commitments: Sequence[Sequence[int]]
) -> Statistics:
    """Return the statistics behind `CommitmentRecallMetric`, from sentence indices of each document."""
    counts = [[len({*ours} & {*gold}), len({*gold})] for ours, gold in zip(cited, commitments, strict=True)]
    return Statistics(
        np.array(counts, dtype=float), lambda sums: {"commitment_recall": _ratio(sums[:, 0], sums[:, 1])}
    )


def krippendorff_alpha(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> float:
    """Compute Krippendorff's alpha of set-valued annotations by two annotators, none missing.

    Alpha is 1 - observed / expected disagreement (Krippendorff, 2011, "Computing Krippendorff's
    Alpha-Reliability"), with MASI as the distance.
    """
    one, other = [sorted(a) for a, _ in pairs], [sorted(b) for _, b in pairs]
    return set_agreement_statistics([one], [other]).values()["sets_alpha"]


def masi_distance(a: frozenset[str], b: frozenset[str]) -> float:
    """Measure how far two sets are apart: 1 - Jaccard x monotonicity (Passonneau, 2006)."""
    if a == b:
        return 0.0
    shared = a & b
    if not shared:
        return 1.0
    monotonicity = 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - len(shared) / len(a | b) * monotonicity


def fact_coverage(abstract: Sequence[str], reference: Sequence[str]) -> float:
    """Return the share of the names, numbers and dates of a reference abstract that an abstract tells.

    They are found and compared as by `check_support`: numbers by value, names by word, nationality and acronym.

    Args:
        abstract: Its sentences.
        reference: The sentences of the abstract to compare with; one without any such item is covered.
    """
    # Against a source that says nothing, every fact of the reference is unsupported.
    facts, missing = _unsupported_facts(reference, ["."]), _unsupported_facts(reference, abstract)
    return 1 - len(facts & missing) / len(facts) if facts else 1.0


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


def confusion_matrix(predictions: Types, references: Types, schema: LabelSchema) -> list[list[int]]:
    """Count sentences by annotated primary type (rows) and predicted one (columns), strongest first.

    A last column, present in every row, counts the sentences that got no type.
    """
    count = len(schema.names)
    cells = _primary(multi_hot(references, schema)) * (count + 1) + _primary(multi_hot(predictions, schema))
    matrix = np.bincount(cells, minlength=(count + 1) ** 2).reshape(count + 1, count + 1)
    return [[int(value) for value in row] for row in matrix[:count]]


def accuracy_at_coverage(confidence: Floats, right: Floats, coverages: Sequence[float]) -> Floats:
    """Compute the accuracy of the most confident shares of the answers (El-Yaniv and Wiener, 2010).

    Args:
        confidence: How likely each answer was said to be right. Shape (sentences,).
        right: 1 where it was, else 0. Shape (sentences,).
        coverages: Shares of the answers, above 0 and up to 1; at least one answer is kept.
    """
    kept = np.maximum(1, np.rint(np.array(coverages) * len(confidence)).astype(int))
    hits = np.cumsum(right[np.argsort(-confidence, kind="stable")])
    return np.asarray(hits[kept - 1] / kept)


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


def _primary(hot: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the column of each row's primary type; one past the last where it has no type."""
    return np.asarray(np.where(hot.any(axis=1), hot.argmax(axis=1), hot.shape[1]))


def _unsupported_facts(sentences: Sequence[str], source: Sequence[str]) -> set[str]:
    """Return the facts that a source lacks; an actor that it names in another part is not lacking."""
    return {
        item.text.lower()
        for support in check_support(sentences, source)
        for item in support.unsupported
        if item.kind in FACT_KINDS or (item.kind == "actor" and item.source is None)
    }


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; where there is nothing to divide by, the ratio is 0."""
    safe = np.where(denominator == 0, 1, denominator)
    return np.where(denominator == 0, 0.0, numerator / safe)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def _list_of(name: str) -> datasets.List:
    return datasets.List(datasets.Value(name))


def _info(description: str, feature: Any) -> evaluate.MetricInfo:  # noqa: ANN401 - a feature of datasets
    return evaluate.MetricInfo(
        description=description,
        citation="",
        inputs_description="predictions and references, of the same form",
        features=datasets.Features({"predictions": feature, "references": feature}),
    )
