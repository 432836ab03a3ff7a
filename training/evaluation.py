"""Held-out evaluation: the models, simple systems and other tools on annotated documents.

Sentences are judged by their annotated spans, and once more as the package, or another tool, cuts the raw text.
Every figure has a 95 % interval by bootstrap over documents, and systems are compared on the same documents; see
`training.significance`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from .._version import __version__
from ..errors import ModelFolderError, PredictionsError
from ..inference.api import Analyzer
from ..models.classifier import SentenceClassifier, SentenceScores
from ..models.folder import file_hash
from ..models.grounding import Support, check_support
from ..models.summarizer import Abstract, SourceSentence, extract
from ..models.taxonomy import LabelSchema
from ..models.text import segment
from .abstract_writers import EXTRACTIVE, LEAD, OURS
from .baselines import KEYWORDS, centroid_scores, keyword_types, lead, majority_types
from .corpus import AnnotatedDocument, contrast_pairs, inputs_of, load_documents
from .metrics import (
    CALIBRATION_BINS,
    Types,
    accuracy_at_coverage,
    calibration_statistics,
    commitment_recall_statistics,
    confusion_matrix,
    fact_coverage,
    per_type_scores,
    per_type_statistics,
    rouge_scores,
    set_agreement_statistics,
    type_statistics,
)
from .predictions import (
    PredictedAbstractSentence,
    PredictedDocument,
    PredictedSentence,
    Predictions,
    load_predictions,
    on_annotated_sentences,
    write_predictions,
)
from .significance import (
    Difference,
    Floats,
    Interval,
    Statistics,
    bootstrap,
    differences,
    intervals,
    joined,
    mean_statistics,
)
from .slices import slices

CLASSIFICATION_MEASURES = (
    "primary_macro_f1",
    "primary_accuracy",
    "sets_micro_f1",
    "sets_macro_f1",
    "commitment_f1",
)
"""The measures that tables show; `classification` holds more."""
SLICE_MEASURES = ("primary_accuracy", "sets_micro_f1", "commitment_f1")
COVERAGES = (0.9, 0.75, 0.5)
CONTRAST_MEASURES = ("primary_pairs_right", "sets_pairs_right")
CURVE_COVERAGES = tuple(round(0.05 * step, 2) for step in range(1, 21))
ABSTRACT_MEASURES = (
    "rouge1",
    "rouge2",
    "rougeL",
    "rougeLsum",
    "fact_coverage",
    "commitment_recall",
    "unsupported",
)
WORST_ERRORS = 30
MAJORITY = "majority"
RULES = "keyword rules"

WrittenAbstract = tuple[PredictedAbstractSentence, ...]


def evaluate_models(
    analyzer: Analyzer,
    paths: Sequence[Path],
    *,
    baselines: bool = False,
    abstracts: bool = True,
    systems: Mapping[str, Path] | None = None,
    texts: bool = True,
    predictions_file: Path | None = None,
    seen: Sequence[Path] = (),
    curve: Sequence[Path] = (),
) -> dict[str, Any]:
    """Judge the models on held-out annotated documents.

    Args:
        analyzer: The models, from `load`.
        paths: Files of annotated documents that no model has learned from.
        baselines: Judge majority, keyword rules and leading sentences beside them.
        abstracts: Judge abstracts of the documents that have one.
        systems: Files with the predictions of other systems, by the systems' names; see `training.predictions`.
        texts: Quote sentences and abstracts, the worst errors among them. Without, no sentence of the data is in
            the result or in `predictions_file`.
        predictions_file: Where to write what the models predicted, in the form of `systems`.
        seen: What the classifier learned from; the slices then tell unseen bodies and topics apart.
        curve: Folders of classifiers that learned from more or fewer data; each is judged on the same documents.

    Returns:
        Plain data as `training.metrics_schema` describes them: `systems` by name, each with `classification` and
        `abstracts` (measure -> value, low, high), `per_type`, `slices` and more; `differences` of the models
        from the other systems; and what was measured with.

    Raises:
        CorpusError: If a document is broken.
        ModelFolderError: If a folder of `curve` holds no classifier with the same labels.
        PredictionsError: If a file of predictions is broken, or a system has the name of another.
    """
    started = time.monotonic()
    schema = analyzer.schema
    documents = load_documents(paths, schema)
    learned_from = load_documents(seen, schema) if seen else []
    points = [_learner(folder, schema) for folder in curve]
    others = _other_systems(systems or {}, documents, schema)
    scores = _scores(analyzer.classifier, documents)
    abstracts = abstracts and any(document.abstract for document in documents)
    written = _abstracts(analyzer, documents, scores, baselines) if abstracts else {}
    ours = _our_predictions(documents, scores, written.get(OURS, [None] * len(documents)))
    if predictions_file is not None:
        # An abstract quotes its source.
        kept = ours if texts else [own.model_copy(update={"abstract": None}) for own in ours]
        write_predictions(kept, predictions_file)

    judged = {OURS: on_annotated_sentences(ours, documents, schema)}
    if baselines:
        judged |= _baselines(documents, schema)
    for name, predicted in others.items():
        judged[name] = on_annotated_sentences(predicted, documents, schema)
        if abstracts and any(prediction.abstract is not None for prediction in predicted):
            written[name] = judged[name].abstracts

    references = _references(documents)
    classified = {
        name: type_statistics(predictions.types, references, schema)
        for name, predictions in judged.items()
        if predictions.types is not None
    }
    held = {name: judge_abstracts(group, documents) for name, group in written.items()}
    told = {name: abstract_statistics(group, schema) for name, group in held.items()}
    result: dict[str, Any] = {name: {} for name in [*judged, *written]}
    for name, statistics in classified.items():
        result[name] |= _judged_sentences(
            judged[name], statistics, documents, schema, texts=texts, seen=learned_from
        )
    for name, predicted in {OURS: _from_raw_text(analyzer, documents, ours), **others}.items():
        if any(prediction.has_offsets for prediction in predicted):
            result[name]["raw_text"] = _raw_text(predicted, documents, schema)
    if result[OURS].get("salience"):
        result[OURS]["salience"] |= _simple_salience(documents)
    for name, statistics in told.items():
        result[name]["abstracts"] = plain_intervals(intervals(statistics))
        if texts:
            result[name]["written"] = written_abstracts(held[name])
    return {
        "communique": __version__,
        "data": {path.name: file_hash(path) for path in paths},
        "predictions": {name: file_hash(path) for name, path in (systems or {}).items()},
        "documents": len(documents),
        "sentences": sum(len(document.sentences) for document in documents),
        "abstracts": sum(bool(document.abstract) for document in documents) if abstracts else 0,
        "models": {
            "classifier": analyzer.classifier.folder.name,
            "engine": analyzer.classifier.engine_name,
            **({"summarizer": analyzer.summarizer.folder.name} if abstracts else {}),
        },
        "seconds": round(time.monotonic() - started, 1),
        "types": schema.names,
        "classification_measures": list(CLASSIFICATION_MEASURES),
        "abstract_measures": list(ABSTRACT_MEASURES) if abstracts else [],
        "systems": result,
        "differences": [
            *system_differences("classification", classified),
            *system_differences("abstracts", told),
        ],
        "seen": {path.name: file_hash(path) for path in seen},
        "learning_curve": sorted(
            (_curve_point(classifier, documents) for classifier in points), key=lambda p: p["sentences"]
        ),
    }


def _scores(
    classifier: SentenceClassifier, documents: Sequence[AnnotatedDocument]
) -> list[list[SentenceScores]]:
    """Score the annotated sentences of documents, each in its context."""
    inputs = [inputs_of(document, classifier.context_sentences) for document in documents]
    scores = iter(classifier.score([item for group in inputs for item in group]))
    return [[next(scores) for _ in group] for group in inputs]


def judge_types(
    given: Sequence[Types], documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> dict[str, Any]:
    """Judge the types that any system gave the sentences of annotated documents."""
    predictions = Predictions(list(given), [[] for _ in documents], None, None, [None] * len(documents))
    statistics = type_statistics(given, _references(documents), schema)
    return _judged_sentences(predictions, statistics, documents, schema, texts=False)


# --- What the systems say ------------------------------------------------------------------------


def _other_systems(
    systems: Mapping[str, Path], documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> dict[str, list[PredictedDocument]]:
    for name in systems:
        if name in (OURS, EXTRACTIVE, LEAD, MAJORITY, RULES):
            raise PredictionsError(
                f"'{name}' is the name of a system that is judged anyway; give the predictions another"
            )
    return {name: load_predictions(path, documents, schema) for name, path in systems.items()}


def _our_predictions(
    documents: Sequence[AnnotatedDocument],
    scores: Sequence[Sequence[SentenceScores]],
    written: Sequence[WrittenAbstract | None],
) -> list[PredictedDocument]:
    return [
        PredictedDocument(id=document.id, sentences=tuple(map(_predicted, group)), abstract=abstract)
        for document, group, abstract in zip(documents, scores, written, strict=True)
    ]


def _from_raw_text(
    analyzer: Analyzer, documents: Sequence[AnnotatedDocument], ours: Sequence[PredictedDocument]
) -> list[PredictedDocument]:
    """Label the sentences that the package finds in the texts, as a user's text is labelled."""
    cut = [segment(document.text) for document in documents]
    # A text that is cut as it was annotated has the same labels already.
    differing = [
        i
        for i, document in enumerate(documents)
        if [(s.start, s.end) for s in cut[i]] != [(s.start, s.end) for s in document.sentences]
    ]
    scores = analyzer.classifier.score_documents([[s.text for s in cut[i]] for i in differing])
    labelled = {i: tuple(map(_predicted, group)) for i, group in zip(differing, scores, strict=True)}
    return [
        PredictedDocument(
            id=document.id,
            sentences=tuple(
                label.model_copy(update={"start": sentence.start, "end": sentence.end})
                for label, sentence in zip(labelled.get(i) or ours[i].sentences or (), cut[i], strict=True)
            ),
        )
        for i, document in enumerate(documents)
    ]


def _predicted(score: SentenceScores) -> PredictedSentence:
    return PredictedSentence(types=score.types, confidence=score.confidence, salience=score.salience)


def _baselines(documents: Sequence[AnnotatedDocument], schema: LabelSchema) -> dict[str, Predictions]:
    references = _references(documents)
    flat = iter(majority_types([types for group in references for types in group]))
    given: dict[str, list[Types]] = {MAJORITY: [[next(flat) for _ in group] for group in references]}
    if set(KEYWORDS) <= set(schema.names):
        given[RULES] = [keyword_types(document.sentence_texts(), schema) for document in documents]
    nothing: list[Any] = [None] * len(documents)
    return {
        name: Predictions(types, [[] for _ in documents], None, None, nothing)
        for name, types in given.items()
    }


def _abstracts(
    analyzer: Analyzer,
    documents: Sequence[AnnotatedDocument],
    scores: Sequence[Sequence[SentenceScores]],
    baselines: bool,
) -> dict[str, list[WrittenAbstract | None]]:
    """Write abstracts of the documents that have one by each system; none of the others."""
    names = [OURS, EXTRACTIVE, *([LEAD] if baselines else [])]
    result: dict[str, list[WrittenAbstract | None]] = {name: [None] * len(documents) for name in names}
    for i, document in enumerate(documents):
        if not document.abstract:
            continue
        texts = document.sentence_texts()
        source = [
            SourceSentence(text, score.types, score.salience)
            for text, score in zip(texts, scores[i], strict=True)
        ]
        written = analyzer.summarizer.summarize(source, document.title, analyzer.types_of)
        result[OURS][i] = _with_sources(written)
        result[EXTRACTIVE][i] = _with_sources(extract(source, document.title, analyzer.schema))
        if baselines:
            result[LEAD][i] = tuple(
                PredictedAbstractSentence(text=text) for text in lead(texts, document.title)
            )
    return result


def _with_sources(abstract: Abstract) -> WrittenAbstract:
    return tuple(
        PredictedAbstractSentence(text=part.text, sources=part.sources) for part in abstract.sentences
    )


# --- Sentences -----------------------------------------------------------------------------------


def _judged_sentences(
    predictions: Predictions,
    statistics: Statistics,
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
    *,
    texts: bool,
    seen: Sequence[AnnotatedDocument] = (),
) -> dict[str, Any]:
    """Judge what a system says of the annotated sentences.

    Args:
        predictions: What it says.
        statistics: Of its types, from `type_statistics`.
        documents: The annotated documents.
        schema: The labels.
        texts: Quote the sentences of the worst errors.
        seen: What the system learned from, where that shall part the documents.
    """
    given, references = predictions.types or [], _references(documents)
    agreement = intervals(set_agreement_statistics(given, references))
    classification = plain_intervals(intervals(statistics) | agreement)
    divisions = _slices(given, references, documents, schema, seen)
    result: dict[str, Any] = {
        "classification": classification,
        "kappa": classification["primary_kappa"]["value"],
        "per_type": _per_type(given, references, schema),
        "confusion": {
            "rows": schema.names,
            "columns": [*schema.names, "none"],
            "counts": confusion_matrix(_flat(given), _flat(references), schema),
        },
        "by_genre": {
            name: {key: figures[key] for key in ("primary_accuracy", "sentences")}
            for name, figures in divisions["genre"].items()
        },
        "slices": divisions,
    }
    if predictions.confidence is not None:
        result |= _confidence(predictions.confidence, given, references, documents, schema, texts=texts)
    if predictions.salience is not None:
        salience = _salience({"average_precision": predictions.salience}, documents)
        result |= {"salience": salience} if salience else {}
    if contrast_pairs(documents):
        result["contrast"] = _contrast(documents, given, schema)
    return result


def _per_type(given: Sequence[Types], references: Sequence[Types], schema: LabelSchema) -> dict[str, Any]:
    figures: dict[str, Any] = dict(per_type_scores(_flat(given), _flat(references), schema))
    for key, interval in plain_intervals(intervals(per_type_statistics(given, references, schema))).items():
        name, _, measure = key.rpartition(".")
        figures[name].setdefault("intervals", {})[measure] = interval
    return figures


def _slices(
    given: Sequence[Types],
    references: Sequence[Types],
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
    seen: Sequence[AnnotatedDocument],
) -> dict[str, dict[str, Any]]:
    """Judge the parts of the data on their own; the intervals come from the documents that have some of a part."""
    result: dict[str, dict[str, Any]] = {}
    for name, division in slices(documents, schema, seen).items():
        result[name] = {}
        for part in division.parts:
            chosen = [[i for i, p in enumerate(group) if p == part] for group in division.of_sentences]
            holding = [d for d, indices in enumerate(chosen) if indices]
            statistics = type_statistics(
                [[given[d][i] for i in chosen[d]] for d in holding],
                [[references[d][i] for i in chosen[d]] for d in holding],
                schema,
            )
            figures = intervals(statistics)
            result[name][part] = {
                **plain_intervals({measure: figures[measure] for measure in SLICE_MEASURES}),
                "sentences": sum(map(len, chosen)),
                "documents": len(holding),
            }
    return result


def _confidence(
    confidence: Sequence[Floats],
    given: Sequence[Types],
    references: Sequence[Types],
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
    *,
    texts: bool,
) -> dict[str, Any]:
    """Judge the confidence in the primary type: is it honest, and does it tell right from wrong?"""
    right = [
        np.array([_is_right(*pair, schema) for pair in zip(ours, gold, strict=True)], dtype=float)
        for ours, gold in zip(given, references, strict=True)
    ]
    # Of a sentence that a system does not have it says nothing.
    kept = [~np.isnan(values) for values in confidence]
    said = [values[keep] for values, keep in zip(confidence, kept, strict=True)]
    outcomes = [values[keep] for values, keep in zip(right, kept, strict=True)]
    everything, every_outcome = np.concatenate(said), np.concatenate(outcomes)
    if not len(everything):
        return {}

    def accuracies(chosen: Sequence[int]) -> Floats:
        pooled = np.concatenate([said[i] for i in chosen])
        if not len(pooled):
            return np.zeros(len(CURVE_COVERAGES))
        return accuracy_at_coverage(pooled, np.concatenate([outcomes[i] for i in chosen]), CURVE_COVERAGES)

    curve = dict(zip(CURVE_COVERAGES, bootstrap(accuracies, len(said)), strict=True))
    calibration = intervals(calibration_statistics(said, outcomes))
    for coverage in COVERAGES:
        calibration[f"accuracy_at_{100 * coverage:.0f}_percent"] = curve[coverage]
    places = np.minimum((everything * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return {
        "calibration": plain_intervals(calibration),
        "reliability": [
            {
                "confidence": round(float(everything[places == i].mean()), 4),
                "accuracy": round(float(every_outcome[places == i].mean()), 4),
                "sentences": int((places == i).sum()),
            }
            for i in np.unique(places)
        ],
        "risk_coverage": [
            {"coverage": coverage, **plain_intervals({"accuracy": accuracy})}
            for coverage, accuracy in curve.items()
        ],
        "errors": _worst_errors(confidence, given, documents, schema, texts=texts),
    }


def _worst_errors(
    confidence: Sequence[Floats],
    given: Sequence[Types],
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
    *,
    texts: bool,
) -> list[dict[str, Any]]:
    """Return the sentences with a wrong primary type that the system was most sure of."""
    wrong = [
        (float(confidence[d][i]), d, i)
        for d, document in enumerate(documents)
        for i, sentence in enumerate(document.sentences)
        if not np.isnan(confidence[d][i]) and not _is_right(given[d][i], sentence.types, schema)
    ]
    return [
        {
            "document": documents[d].id,
            "sentence": i,
            "expected": list(schema.ordered(documents[d].sentences[i].types)),
            "given": list(given[d][i]),
            "confidence": round(sure, 4),
            **({"text": documents[d].sentence_texts()[i]} if texts else {}),
        }
        for sure, d, i in sorted(wrong, key=lambda error: (-error[0], error[1], error[2]))[:WORST_ERRORS]
    ]


def _salience(
    rankings: Mapping[str, Sequence[Sequence[float]]], documents: Sequence[AnnotatedDocument]
) -> dict[str, dict[str, float]]:
    """Judge rankings of each document's sentences by how soon they name those that an abstract should tell."""
    judged = [
        i
        for i, document in enumerate(documents)
        if all(s.salient is not None for s in document.sentences)
        and any(s.salient for s in document.sentences)
    ]
    if not judged:
        return {}
    gold = {i: [bool(s.salient) for s in documents[i].sentences] for i in judged}
    return plain_intervals(
        intervals(
            mean_statistics(
                {
                    name: [average_precision_score(gold[i], ranking[i]) for i in judged]
                    for name, ranking in rankings.items()
                }
            )
        )
    )


def _simple_salience(documents: Sequence[AnnotatedDocument]) -> dict[str, dict[str, float]]:
    """Judge the order in which sentences stand, and how central they are, as rankings."""
    rankings: dict[str, list[list[float]]] = {
        "lead_average_precision": [[-float(i) for i in range(len(d.sentences))] for d in documents],
        "centroid_average_precision": [
            centroid_scores(d.sentence_texts()) if d.sentences else [] for d in documents
        ],
    }
    return _salience(rankings, documents)


def _contrast(
    documents: Sequence[AnnotatedDocument], given: Sequence[Types], schema: LabelSchema
) -> dict[str, Any]:
    """Judge minimal contrast pairs: one is right when both its sides are."""
    places = {id(document): index for index, document in enumerate(documents)}
    right: dict[str, list[float]] = {name: [] for name in CONTRAST_MEASURES}
    for sides in contrast_pairs(documents).values():
        answers = [(given[places[id(side)]][0], side.sentences[0].types) for side in sides]
        primary = all(_is_right(answer, gold, schema) for answer, gold in answers)
        right["primary_pairs_right"].append(float(primary))
        right["sets_pairs_right"].append(float(all(set(answer) == set(gold) for answer, gold in answers)))
    return {**plain_intervals(intervals(mean_statistics(right))), "pairs": len(right["sets_pairs_right"])}


def _raw_text(
    predicted: Sequence[PredictedDocument], documents: Sequence[AnnotatedDocument], schema: LabelSchema
) -> dict[str, Any]:
    """Judge a system on texts that it cut for itself.

    An annotated sentence whose boundaries it does not have is missed, and each of its own in that place is a false
    alarm.
    """
    predictions = on_annotated_sentences(predicted, documents, schema)
    found = predictions.types or []
    given = [[*types, *extra] for types, extra in zip(found, predictions.extra, strict=True)]
    expected = [
        [*types, *([()] * len(extra))]
        for types, extra in zip(_references(documents), predictions.extra, strict=True)
    ]
    counts = np.array(
        [
            [sum(map(bool, types)), len(types), len(extra)]
            for types, extra in zip(found, predictions.extra, strict=True)
        ],
        dtype=float,
    )

    def boundary_f1(sums: Floats) -> dict[str, Floats]:
        matched, annotated, extra = sums.T
        return {"boundary_f1": 2 * matched / np.maximum(annotated + matched + extra, 1)}

    matched, annotated, extra = (int(count) for count in counts.sum(axis=0))
    return {
        "classification": plain_intervals(intervals(type_statistics(given, expected, schema))),
        **plain_intervals(intervals(Statistics(counts, boundary_f1))),
        "sentences_found": matched,
        "sentences_missed": annotated - matched,
        "sentences_extra": extra,
    }


def _learner(folder: Path, schema: LabelSchema) -> SentenceClassifier:
    """Load a classifier of a learning curve, before what takes minutes."""
    classifier = SentenceClassifier.load(folder)
    if classifier.schema.names != schema.names:
        raise ModelFolderError(
            f"{folder}: has the types {classifier.schema.names}, the classifier that is judged {schema.names}; "
            "a learning curve needs the same labels"
        )
    return classifier


def _curve_point(classifier: SentenceClassifier, documents: Sequence[AnnotatedDocument]) -> dict[str, Any]:
    """Judge a classifier on annotated documents, and tell how much it learned from."""
    scores = classifier.score_documents([document.sentence_texts() for document in documents])
    given: list[Types] = [[score.types for score in group] for group in scores]
    counts = json.loads((classifier.folder.path / "run.json").read_text(encoding="utf-8"))["counts"]["train"]
    statistics = type_statistics(given, _references(documents), classifier.schema)
    return {
        "run": classifier.folder.path.name,
        "documents": counts["documents"],
        "sentences": counts["sentences"],
        "classification": plain_intervals(intervals(statistics)),
    }


# --- Abstracts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JudgedAbstract:
    """An abstract held against its text."""

    document: AnnotatedDocument
    """Has an abstract to compare with."""
    sentences: WrittenAbstract
    supports: tuple[Support, ...]
    """Of each sentence."""

    def cited(self) -> list[tuple[int, ...]]:
        """Return the sources of each sentence: those that the system names, else those that were found."""
        return [
            support.sources if part.sources is None else part.sources
            for part, support in zip(self.sentences, self.supports, strict=True)
        ]


def judge_abstracts(
    written: Sequence[WrittenAbstract | None], documents: Sequence[AnnotatedDocument]
) -> list[JudgedAbstract]:
    """Hold abstracts against their texts, for the documents that have one to compare with."""
    judged = []
    for abstract, document in zip(written, documents, strict=True):
        if document.abstract:
            parts = abstract or ()
            supports = check_support([part.text for part in parts], document.sentence_texts())
            judged.append(JudgedAbstract(document, parts, tuple(supports)))
    return judged


def abstract_statistics(judged: Sequence[JudgedAbstract], schema: LabelSchema) -> Statistics:
    """Return the statistics of abstracts."""
    sentences = [[part.text for part in abstract.sentences] for abstract in judged]
    references = [[s.text for s in segment(abstract.document.abstract or "")] for abstract in judged]
    values: dict[str, Sequence[float]] = dict(
        rouge_scores(["\n".join(group) for group in sentences], ["\n".join(group) for group in references])
    )
    values["fact_coverage"] = [fact_coverage(*pair) for pair in zip(sentences, references, strict=True)]
    values["unsupported"] = [
        sum(len(support.unsupported) for support in abstract.supports) for abstract in judged
    ]
    cited = [[source for sources in abstract.cited() for source in sources] for abstract in judged]
    commitments = [
        [i for i, sentence in enumerate(abstract.document.sentences) if schema.is_commitment(sentence.types)]
        for abstract in judged
    ]
    return joined(mean_statistics(values), commitment_recall_statistics(cited, commitments))


def written_abstracts(judged: Sequence[JudgedAbstract]) -> list[dict[str, Any]]:
    """Put abstracts beside their sources and the annotated ones, with what the sources do not support."""
    result = []
    for abstract in judged:
        document = abstract.document
        texts = document.sentence_texts()
        parts = [
            {
                "text": part.text,
                "sources": [{"sentence": i, "text": texts[i]} for i in sources],
                "unsupported": [asdict(item) for item in support.unsupported],
            }
            for part, support, sources in zip(
                abstract.sentences, abstract.supports, abstract.cited(), strict=True
            )
        ]
        result.append(
            {
                "document": document.id,
                "title": document.title,
                "reference": document.abstract,
                "sentences": parts,
            }
        )
    return result


# --- Comparison ----------------------------------------------------------------------------------


def system_differences(part: str, statistics: Mapping[str, Statistics]) -> list[dict[str, Any]]:
    """Compare the models with every other system on the same documents."""
    if OURS not in statistics:
        return []
    return [
        {"part": part, "system": OURS, "against": name, "measure": measure, **difference}
        for name, other in statistics.items()
        if name != OURS
        for measure, difference in plain_differences(differences(statistics[OURS], other)).items()
    ]


def plain_intervals(found: Mapping[str, Interval]) -> dict[str, dict[str, float]]:
    """Return figures as plain data, rounded to four places."""
    return {
        name: {key: round(value, 4) for key, value in asdict(interval).items()}
        for name, interval in found.items()
    }


def plain_differences(found: Mapping[str, Difference]) -> dict[str, dict[str, float]]:
    """Return differences as plain data, rounded to four places."""
    return {
        name: {key: round(value, 4) for key, value in asdict(difference).items()}
        for name, difference in found.items()
    }


def _references(documents: Sequence[AnnotatedDocument]) -> list[Types]:
    return [[sentence.types for sentence in document.sentences] for document in documents]


def _is_right(given: Sequence[str], expected: Sequence[str], schema: LabelSchema) -> bool:
    """Whether the primary type is the annotated one; a sentence without a type is not."""
    return bool(given) and schema.primary(given) == schema.primary(expected)


def _flat(groups: Sequence[Types]) -> list[Sequence[str]]:
    return [types for group in groups for types in group]
