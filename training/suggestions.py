"""Which sentences to label next: those that the classifier is least sure of, and unlike each other.

Uncertainty sampling (Lewis and Gale, 1994) takes what the classifier is least sure of, but may take one formula ten
times. So a sentence that is much like one suggested before it waits until the others are used up; likeness is the
cosine of TF-IDF vectors, which need neither torch nor a second model. Giving distance more weight, as k-centre
methods do (Sener and Savarese, 2018), cost labels in `communique benchmark suggest` instead of saving them: it asks
for odd sentences.
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

ALIKE = 0.5
"""The cosine from which sentences are too much alike to be suggested together."""
EQUAL = 1 - 1e-9
"""Rounding leaves equal sentences a little below a cosine of 1."""


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
        labelled: Files of annotated documents. Their sentences are not suggested.

    Returns:
        The suggestions, the most useful first.

    Raises:
        InputError: If there is no document.
        CorpusError: If an annotated document is broken.
    """
    if not documents:
        raise InputError("there is no document to suggest sentences of")
    done = {
        normalized_text(text)
        for document in (load_documents(labelled, analyzer.schema) if labelled else ())
        for text in document.sentence_texts()
    }
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
    vectors = sentence_vectors([candidate.sentence.text for candidate in candidates])
    doubt = np.array([1 - candidate.sentence.confidence for candidate in candidates])
    chosen = pick(vectors, doubt, count)
    return [candidates[index] for index in chosen]


def sentence_vectors(texts: Sequence[str]) -> Any:  # noqa: ANN401 - a scipy matrix
    """Return the TF-IDF vectors of sentences, of unit length, as a sparse matrix of shape (texts, words)."""
    return TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)


def pick(vectors: Any, doubt: Floats, count: int) -> list[int]:  # noqa: ANN401 - a scipy matrix
    """Choose the sentences with the most doubt; those like a chosen one only where there are no others left.

    Args:
        vectors: Of unit length. Sparse, shape (sentences, features).
        doubt: How likely the classifier is wrong. Shape (sentences,).
        count: How many to choose.

    Returns:
        Their indices in the order of choice; fewer than `count` where the others equal one of them.
    """
    order = [int(index) for index in np.argsort(-doubt, kind="stable")]
    nearest = np.zeros(len(doubt))
    chosen: list[int] = []
    for limit in (ALIKE, EQUAL):
        for index in order:
            if len(chosen) == count:
                return chosen
            if nearest[index] < limit and index not in chosen:
                chosen.append(index)
                nearest = np.maximum(nearest, (vectors @ vectors[index].T).toarray().ravel())
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
