"""Which sentences of two texts tell the same: similarity of their words and embeddings, one-to-one matching."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .words import content_words

Floats = npt.NDArray[np.floating[Any]]

WORDS_SHARE = 0.7
"""What the words count for in a similarity; the rest is the embeddings'. Measured on the pairs in `seeds/comparisons`
that are there for tuning."""
FEWEST_WORDS = 0.1
"""Texts whose words are less similar than this have nothing in common: an embedding of the classifier tells what kind
of act a sentence records, and cannot pair two acts by itself."""
CHARACTERS = 4
"""Length of the letter sequences that are compared, so that "licence" and "licensed" have some in common."""


def similarities(
    first: Sequence[str], second: Sequence[str], first_embeddings: Floats, second_embeddings: Floats
) -> Floats:
    """Compare each text of one list with each of another, by words and by embeddings.

    Args:
        first: Texts.
        second: Others.
        first_embeddings: Of the first texts, of unit length. Shape (texts, hidden).
        second_embeddings: Of the others.

    Returns:
        Similarities, at most 1, of shape (texts of the first list, texts of the second); 0 where the words have
        nothing in common.
    """
    by_words = word_similarities(first, second)
    together = WORDS_SHARE * by_words + (1 - WORDS_SHARE) * (first_embeddings @ second_embeddings.T)
    return np.where(by_words < FEWEST_WORDS, 0.0, together)


def word_similarities(first: Sequence[str], second: Sequence[str]) -> Floats:
    """Compare each text of one list with each of another by their words.

    A text is a vector of its letter sequences, weighted by how few of all the texts hold them (tf-idf; Salton and
    Buckley, 1988); two texts are as similar as the cosine of their vectors.

    Returns:
        Similarities between 0 and 1, of shape (texts of the first list, texts of the second).
    """
    counts = [Counter(_letter_sequences(text)) for text in (*first, *second)]
    columns: dict[str, int] = {}
    for counted in counts:
        for sequence in counted:
            columns.setdefault(sequence, len(columns))
    present = np.zeros((len(counts), len(columns) + 1))
    for row, counted in enumerate(counts):
        present[row, [columns[sequence] for sequence in counted]] = 1.0
    # A column that all texts share keeps some weight, and so no vector is zero.
    present[:, -1] = 1e-6
    vectors = present * (np.log((1 + len(counts)) / (1 + present.sum(0))) + 1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors[: len(first)] @ vectors[len(first) :].T)


def match(similarity: Floats, threshold: float) -> list[tuple[int, int]]:
    """Pair rows with columns one to one, the most similar first.

    Args:
        similarity: Of shape (rows, columns).
        threshold: What is less similar stays alone.

    Returns:
        The pairs in the order of the rows.
    """
    pairs: list[tuple[int, int]] = []
    rows: set[int] = set()
    columns: set[int] = set()
    for place in np.argsort(-similarity, axis=None, kind="stable"):
        row, column = (int(number) for number in np.unravel_index(place, similarity.shape))
        if similarity[row, column] < threshold:
            break
        if row not in rows and column not in columns:
            pairs.append((row, column))
            rows.add(row)
            columns.add(column)
    return sorted(pairs)


def _letter_sequences(text: str) -> Iterator[str]:
    joined = f" {' '.join(word.stem for word in content_words(text))} "
    for start in range(max(1, len(joined) - CHARACTERS + 1)):
        yield joined[start : start + CHARACTERS]
