"""Held-out evaluation: the models and simple systems on annotated documents, with bootstrap intervals.

Sentences are judged by their annotated spans. Intervals come from resampling documents, not
sentences, because the sentences of a document are not independent (percentile bootstrap, Efron and
Tibshirani, 1993).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from .._version import __version__
from ..inference.api import Analyzer
from ..models.classifier import SentenceScores
from ..models.folder import file_hash
from ..models.grounding import check_support
from ..models.summarizer import Abstract, SourceSentence, extract
from ..models.taxonomy import LabelSchema
from ..models.text import segment
from .baselines import KEYWORDS, centroid_scores, keyword_types, lead, majority_types
from .corpus import AnnotatedDocument, contrast_pairs, load_documents
from .metrics import (
    Floats,
    TypeMetric,
    accuracy_at_coverage,
    calibration_error,
    per_type_scores,
    rouge_scores,
)

CLASSIFICATION_MEASURES = (
    "primary_macro_f1",
    "primary_accuracy",
    "sets_micro_f1",
    "sets_macro_f1",
    "commitment_f1",
)
COVERAGES = (0.9, 0.75, 0.5)
CONTRAST_MEASURES = ("primary_pairs_right", "sets_pairs_right")
ABSTRACT_MEASURES = ("rouge1", "rouge2", "rougeL", "rougeLsum", "unsupported")
RESAMPLES = 1000
SEED = 13
OURS = "communique"

Types = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def evaluate_models(
    analyzer: Analyzer, paths: Sequence[Path], *, baselines: bool = False, abstracts: bool = True
) -> dict[str, Any]:
    """Judge the models on held-out annotated documents.

    Args:
        analyzer: The models, from `load`.
        paths: Files of annotated documents that no model has learned from.
        baselines: Judge majority, keyword rules and leading sentences beside them.
        abstracts: Judge abstracts of the documents that have one.

    Returns:
        Plain data: `systems` by name, each with `classification` and `abstracts` (measure ->
        value, low, high) and `per_type`; and what was measured with.

    Raises:
        CorpusError: If a document is broken.
    """
    started = time.monotonic()
    schema = analyzer.schema
    documents = load_documents(paths, schema)
    texts = [document.sentence_texts() for document in documents]
    references = [[sentence.types for sentence in document.sentences] for document in documents]
    scores = analyzer.classifier.score_documents(texts)

    predictions: dict[str, list[Types]] = {OURS: [[score.types for score in group] for group in scores]}
    if baselines:
        flat = [types for group in references for types in group]
        predictions["majority"] = _regrouped(majority_types(flat), references)
        if set(KEYWORDS) <= set(schema.names):
            predictions["keyword rules"] = [keyword_types(group, schema) for group in texts]
    systems: dict[str, Any] = {
        name: _classification(given, references, schema) for name, given in predictions.items()
    }
    systems[OURS]["calibration"] = _calibration(scores, predictions[OURS], references, schema)
    salience = _salience(documents, scores)
    if salience is not None:
        systems[OURS]["salience"] = salience
    systems[OURS]["by_genre"] = _by_genre(documents, predictions[OURS], references, schema)

    if contrast_pairs(documents):
        for name, given in predictions.items():
            systems[name]["contrast"] = _contrast(documents, given, schema)

    with_abstract = [i for i, document in enumerate(documents) if document.abstract] if abstracts else []
    if with_abstract:
        for name, written in _abstracts(analyzer, documents, scores, with_abstract, baselines).items():
            systems.setdefault(name, {})["abstracts"] = _judge_abstracts(
                written, [documents[i] for i in with_abstract]
            )
    return {
        "communique": __version__,
        "data": {path.name: file_hash(path) for path in paths},
        "documents": len(documents),
        "sentences": sum(map(len, texts)),
        "abstracts": len(with_abstract),
        "models": {"classifier": analyzer.classifier.folder.name, "engine": analyzer.classifier.engine_name},
        "seconds": round(time.monotonic() - started, 1),
        "classification_measures": list(CLASSIFICATION_MEASURES),
        "abstract_measures": list(ABSTRACT_MEASURES) if with_abstract else [],
        "systems": systems,
    }


def judge_types(
    given: Sequence[Types], documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> dict[str, Any]:
    """Judge the types that any system gave the sentences of annotated documents."""
    references = [[sentence.types for sentence in document.sentences] for document in documents]
    return {
        **_classification(given, references, schema),
        "by_genre": _by_genre(documents, given, references, schema),
    }


def bootstrap(measure: Callable[[Sequence[int]], float], count: int) -> Interval:
    """Compute a figure with its 95 % interval by resampling documents.

    Args:
        measure: Gives the figure for a list of document indices, with repetitions.
        count: How many documents there are.
    """
    random = np.random.default_rng(SEED)
    values = [measure(random.integers(0, count, count).tolist()) for _ in range(RESAMPLES)]
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(measure(range(count)), float(low), float(high))


def markdown_tables(result: dict[str, Any]) -> str:
    """Write an evaluation as Markdown tables."""
    lines = [
        f"{result['documents']} documents, {result['sentences']} sentences; 95 % intervals by document",
        "",
    ]
    lines += _table(result, "classification", result["classification_measures"])
    lines += ["", "| type | precision | recall | F1 | sentences |", "|---|---|---|---|---|"]
    for name, scores in result["systems"][OURS]["per_type"].items():
        figures = " | ".join(f"{scores[key]:.2f}" for key in ("precision", "recall", "f1"))
        lines.append(f"| {name} | {figures} | {scores['support']} |")
    lines += ["", "| genre | accuracy of the primary type | sentences |", "|---|---|---|"]
    for genre, scores in result["systems"][OURS]["by_genre"].items():
        lines.append(f"| {genre} | {_figure(scores['primary_accuracy'])} | {scores['sentences']} |")
    lines += ["", "| confidence and salience | value |", "|---|---|"]
    for part in ("calibration", "salience"):
        for name, interval in result["systems"][OURS].get(part, {}).items():
            lines.append(f"| {name.replace('_', ' ')} | {_figure(interval)} |")
    if any("contrast" in figures for figures in result["systems"].values()):
        pairs = result["systems"][OURS]["contrast"]["pairs"]
        lines += ["", f"{pairs} contrast pairs; a pair is right when both its sides are", ""]
        lines += _table(result, "contrast", CONTRAST_MEASURES)
    if result["abstract_measures"]:
        lines += [
            "",
            f"{result['abstracts']} abstracts; unsupported = items by `check_support` an abstract",
            "",
        ]
        lines += _table(result, "abstracts", result["abstract_measures"])
    return "\n".join(lines)


def _classification(
    given: Sequence[Types], references: Sequence[Types], schema: LabelSchema
) -> dict[str, Any]:
    flat = _flat(given), _flat(references)
    return {
        "classification": _type_figures(given, references, schema, CLASSIFICATION_MEASURES),
        "kappa": TypeMetric(schema).compute(predictions=flat[0], references=flat[1])["primary_kappa"],
        "per_type": per_type_scores(*flat, schema),
    }


def _type_figures(
    given: Sequence[Types], references: Sequence[Types], schema: LabelSchema, measures: Sequence[str]
) -> dict[str, dict[str, float]]:
    metric = TypeMetric(schema)
    resampled: dict[tuple[int, ...], dict[str, float]] = {}

    def figures(chosen: Sequence[int]) -> dict[str, float]:
        # All measures of one resample come from one computation.
        key = tuple(chosen)
        if key not in resampled:
            resampled[key] = metric.figures(
                _flat([given[i] for i in chosen]), _flat([references[i] for i in chosen])
            )
        return resampled[key]

    return {
        name: _plain(bootstrap(lambda chosen, name=name: figures(chosen)[name], len(given)))  # type: ignore[misc]
        for name in measures
    }


def _calibration(
    scores: Sequence[Sequence[SentenceScores]],
    given: Sequence[Types],
    references: Sequence[Types],
    schema: LabelSchema,
) -> dict[str, dict[str, float]]:
    """Judge the confidence in the primary type: is it honest, and does it tell right from wrong?"""
    confidence = [np.array([score.confidence for score in group]) for group in scores]
    right = [
        np.array([float(schema.primary(a) == schema.primary(b)) for a, b in zip(ours, gold, strict=True)])
        for ours, gold in zip(given, references, strict=True)
    ]

    def over_documents(measure: Callable[[Floats, Floats], float]) -> dict[str, float]:
        def figure(chosen: Sequence[int]) -> float:
            return measure(
                np.concatenate([confidence[i] for i in chosen]), np.concatenate([right[i] for i in chosen])
            )

        return _plain(bootstrap(figure, len(confidence)))

    figures = {"calibration_error": over_documents(calibration_error)}
    for coverage in COVERAGES:
        name = f"accuracy_at_{coverage:.0%}".replace("%", "_percent")
        figures[name] = over_documents(lambda c, r, coverage=coverage: accuracy_at_coverage(c, r, coverage))  # type: ignore[misc]
    return figures


def _salience(
    documents: Sequence[AnnotatedDocument], scores: Sequence[Sequence[SentenceScores]]
) -> dict[str, dict[str, float]] | None:
    """Judge salience as a ranking of each document's sentences, beside the order in which they stand."""
    judged = [
        i
        for i, document in enumerate(documents)
        if document.sentences
        and all(s.salient is not None for s in document.sentences)
        and any(s.salient for s in document.sentences)
    ]
    if not judged:
        return None
    gold = {i: [bool(s.salient) for s in documents[i].sentences] for i in judged}
    rankings: dict[str, dict[int, list[float]]] = {
        "average_precision": {i: [score.salience for score in scores[i]] for i in judged},
        "lead_average_precision": {i: [-float(place) for place in range(len(gold[i]))] for i in judged},
        "centroid_average_precision": {i: centroid_scores(documents[i].sentence_texts()) for i in judged},
    }
    return {
        name: _mean_figure([average_precision_score(gold[i], ranking[i]) for i in judged])
        for name, ranking in rankings.items()
    }


def _by_genre(
    documents: Sequence[AnnotatedDocument],
    given: Sequence[Types],
    references: Sequence[Types],
    schema: LabelSchema,
) -> dict[str, Any]:
    genres = dict.fromkeys(document.genre for document in documents)
    result = {}
    for genre in genres:
        chosen = [i for i, document in enumerate(documents) if document.genre == genre]
        figures = _type_figures(
            [given[i] for i in chosen], [references[i] for i in chosen], schema, ("primary_accuracy",)
        )
        result[genre] = {**figures, "sentences": sum(len(references[i]) for i in chosen)}
    return result


def _contrast(
    documents: Sequence[AnnotatedDocument], given: Sequence[Types], schema: LabelSchema
) -> dict[str, Any]:
    """Judge minimal contrast pairs: one is right when both its sides are."""
    places = {id(document): index for index, document in enumerate(documents)}
    right: dict[str, list[float]] = {"primary_pairs_right": [], "sets_pairs_right": []}
    for sides in contrast_pairs(documents).values():
        answers = [(list(given[places[id(side)]][0]), list(side.sentences[0].types)) for side in sides]
        right["primary_pairs_right"].append(
            float(all(schema.primary(answer) == schema.primary(gold) for answer, gold in answers))
        )
        right["sets_pairs_right"].append(float(all(set(answer) == set(gold) for answer, gold in answers)))
    figures: dict[str, Any] = {name: _mean_figure(values) for name, values in right.items()}
    return {**figures, "pairs": len(right["sets_pairs_right"])}


def _abstracts(
    analyzer: Analyzer,
    documents: Sequence[AnnotatedDocument],
    scores: Sequence[Any],
    chosen: Sequence[int],
    baselines: bool,
) -> dict[str, list[list[str]]]:
    """Write the abstracts of the chosen documents by each system, as lists of sentences."""
    written: dict[str, list[list[str]]] = {OURS: [], f"{OURS} extractive": []}
    for i in chosen:
        source = [
            SourceSentence(text, score.types, score.salience)
            for text, score in zip(documents[i].sentence_texts(), scores[i], strict=True)
        ]
        title = documents[i].title
        written[OURS].append(_sentences(analyzer.summarizer.summarize(source, title, analyzer.types_of)))
        written[f"{OURS} extractive"].append(_sentences(extract(source, title, analyzer.schema)))
    if baselines:
        written["lead 3"] = [lead(documents[i].sentence_texts(), documents[i].title) for i in chosen]
    return written


def _judge_abstracts(
    written: Sequence[list[str]], documents: Sequence[AnnotatedDocument]
) -> dict[str, dict[str, float]]:
    references = ["\n".join(s.text for s in segment(document.abstract or "")) for document in documents]
    values: dict[str, list[float]] = dict(rouge_scores(["\n".join(group) for group in written], references))
    values["unsupported"] = [
        sum(len(support.unsupported) for support in check_support(group, document.sentence_texts()))
        for group, document in zip(written, documents, strict=True)
    ]
    return {name: _mean_figure(values[name]) for name in ABSTRACT_MEASURES}


def _mean_figure(values: Sequence[float]) -> dict[str, float]:
    array = np.array(values)
    return _plain(bootstrap(lambda chosen: float(array[list(chosen)].mean()), len(array)))


def _table(result: dict[str, Any], part: str, measures: Sequence[str]) -> list[str]:
    lines = [f"| system | {' | '.join(name.replace('_', ' ') for name in measures)} |"]
    lines.append("|---|" + "---|" * len(measures))
    for system, figures in result["systems"].items():
        if part in figures:
            cells = " | ".join(_figure(figures[part][name]) for name in measures)
            lines.append(f"| {system} | {cells} |")
    return lines


def _figure(interval: dict[str, float]) -> str:
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def _sentences(abstract: Abstract) -> list[str]:
    return [part.text for part in abstract.sentences]


def _plain(interval: Interval) -> dict[str, float]:
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}


def _flat(groups: Sequence[Types]) -> list[list[str]]:
    return [list(types) for group in groups for types in group]


def _regrouped(flat: Sequence[Sequence[str]], like: Sequence[Types]) -> list[Types]:
    items = iter(flat)
    return [[next(items) for _ in group] for group in like]
