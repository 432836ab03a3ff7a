"""Which sentences to label next: those that the classifier is unsure of, unlike each other and what is labelled.

Each sentence scores by how likely its primary type is wrong, times its distance from the nearest sentence that is
labelled or already suggested; the best is taken, again and again. It is the greedy choice of k centres (Sener and
Savarese, 2018, "Active Learning for Convolutional Neural Networks: A Core-Set Approach") weighted by uncertainty
(Lewis and Gale, 1994), over TF-IDF vectors, which need neither torch nor a second model.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, MissingExtraError
from ..inference.api import Analyzer
from ..inference.results import Analysis, LabelledSentence
from ..models.calibration import Floats
from ..models.text import Document
from .corpus import load_documents, normalized_text
from .labelling.items import Draft, context_of, draft_of

try:
    from sklearn.feature_extraction.text import TfidfVectorizer
except ImportError:
    raise MissingExtraError("Suggesting sentences", "train") from None

ROWS_AT_ONCE = 256
"""Sentences that are compared with all labelled ones at a time, for the sake of memory."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence that is worth labelling."""

    identifier: str
    """The id of its document."""
    text: str
    """The document's text."""
    analysis: Analysis
    sentence: LabelledSentence


def suggest_sentences(
    analyzer: Analyzer, documents: Sequence[Document], count: int, labelled: Sequence[Path] = ()
) -> list[Suggestion]:
    """Pick the sentences of documents that are most worth labelling.

    Args:
        analyzer: The classifier, from `load`.
        documents: Documents that nobody labelled.
        count: How many sentences to pick; fewer come back where there are fewer different ones.
        labelled: Files of annotated documents. Their sentences are not suggested, and those like them later.

    Returns:
        The suggestions, the most useful first.

    Raises:
        InputError: If there is no document.
        CorpusError: If an annotated document is broken.
    """
    if not documents:
        raise InputError("there is no document to suggest sentences of")
    known = [
        text
        for document in (load_documents(labelled, analyzer.schema) if labelled else ())
        for text in document.sentence_texts()
    ]
    done = set(map(normalized_text, known))
    candidates = [
        Suggestion(document.identifier or f"text-{number}", document.text, analysis, sentence)
        for number, (document, analysis) in enumerate(
            zip(documents, analyzer.analyze(iter(documents), method=None), strict=True), start=1
        )
        for sentence in analysis.sentences
        if normalized_text(sentence.text) not in done
    ]
    if not candidates:
        return []
    vectors = sentence_vectors([*(candidate.sentence.text for candidate in candidates), *known])
    doubt = np.array([1 - candidate.sentence.confidence for candidate in candidates])
    chosen = pick(vectors[: len(candidates)], vectors[len(candidates) :], doubt, count)
    return [candidates[index] for index in chosen]


def sentence_vectors(texts: Sequence[str]) -> Any:  # noqa: ANN401 - a scipy matrix
    """Return the TF-IDF vectors of sentences, of unit length, as a sparse matrix of shape (texts, words)."""
    return TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)


def pick(vectors: Any, known: Any, weights: Floats, count: int) -> list[int]:  # noqa: ANN401 - scipy matrices
    """Choose rows one by one: the one with the largest weight times distance from what is chosen or known.

    Args:
        vectors: Candidates, of unit length. Sparse, shape (candidates, features).
        known: What is labelled already, likewise; it may have no row.
        weights: How useful each candidate is on its own, from 0. Shape (candidates,).
        count: How many to choose.

    Returns:
        Their indices in the order of choice; fewer than `count` where the others equal something chosen or known.
    """
    nearest = np.zeros(vectors.shape[0])
    if known.shape[0]:
        for start in range(0, len(nearest), ROWS_AT_ONCE):
            likeness = vectors[start : start + ROWS_AT_ONCE] @ known.T
            nearest[start : start + ROWS_AT_ONCE] = likeness.max(axis=1).toarray().ravel()
    chosen: list[int] = []
    for _ in range(min(count, len(nearest))):
        # Rounding leaves equal sentences a distance of about 1e-16.
        scores = np.where(nearest < 1 - 1e-9, weights * (1 - nearest), -1.0)
        scores[chosen] = -1.0
        best = int(scores.argmax())
        if scores[best] < 0:
            break
        chosen.append(best)
        nearest = np.maximum(nearest, (vectors @ vectors[best].T).toarray().ravel())
    return chosen


def suggestion_drafts(suggestions: Sequence[Suggestion]) -> list[Draft]:
    """Make drafts for a labelling tool; the suggestions of one document share one."""
    indices: dict[str, list[int]] = defaultdict(list)
    first: dict[str, Suggestion] = {}
    for suggestion in suggestions:
        indices[suggestion.identifier].append(suggestion.sentence.index)
        first.setdefault(suggestion.identifier, suggestion)
    return [draft_of(own.analysis, name, own.text, indices[name]) for name, own in first.items()]


def suggestion_lines(suggestions: Sequence[Suggestion]) -> str:
    """Write suggestions as JSON Lines, whose `types` can be corrected by hand and trained with."""
    return "".join(
        json.dumps(
            {
                "text": suggestion.sentence.text,
                "types": suggestion.sentence.types,
                "confidence": suggestion.sentence.confidence,
                "context": context_of(suggestion.text[: suggestion.sentence.start]),
                "document": suggestion.identifier,
                "start": suggestion.sentence.start,
                "end": suggestion.sentence.end,
            },
            ensure_ascii=False,
        )
        + "\n"
        for suggestion in suggestions
    )
