"""Which words carried a label: each is hidden in turn, and what the label loses by it is its weight.

This is occlusion (Zeiler and Fergus, 2014; for text, Li et al., 2016, "Understanding Neural Networks through
Representation Erasure"). It reads a sentence once for every word, so it costs about as many times more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .classifier import SentenceClassifier, SentenceInput

MASK_TOKENS = ("[MASK]", "<mask>")
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word and how much it speaks for a type."""

    start: int
    """Offset of its first character in the sentence."""
    end: int
    text: str
    weight: float
    """By how much the type's logit falls when the word is hidden; below 0 when the word speaks against it."""


def explain(
    classifier: SentenceClassifier, inputs: Sequence[SentenceInput], types: Sequence[str]
) -> list[list[Evidence]]:
    """Weigh the words of sentences for a type each.

    Args:
        classifier: The classifier whose labels are explained.
        inputs: The sentences as they were classified.
        types: The type to explain for each, usually its primary type.

    Returns:
        For each sentence its words in their order; white space and punctuation are no words.

    Raises:
        KeyError: If a type is not in the classifier's schema.
    """
    mask = next((token for token in MASK_TOKENS if classifier.tokenizer.token_to_id(token) is not None), "")
    words = [list(_WORD.finditer(item.text)) for item in inputs]
    variants: list[SentenceInput] = []
    for item, found in zip(inputs, words, strict=True):
        hidden = [f"{item.text[: word.start()]}{mask}{item.text[word.end() :]}" for word in found]
        variants += [item, *(replace(item, text=text) for text in hidden)]
    logits = classifier.logits(variants)
    columns = {name: index for index, name in enumerate(classifier.schema.names)}
    result: list[list[Evidence]] = []
    row = 0
    for found, name in zip(words, types, strict=True):
        scores = logits[row : row + 1 + len(found), columns[name]]
        row += 1 + len(found)
        result.append(
            [
                Evidence(word.start(), word.end(), word.group(), round(float(scores[0] - score), 4))
                for word, score in zip(found, scores[1:], strict=True)
            ]
        )
    return result


def strongest(evidence: Sequence[Evidence], count: int) -> list[Evidence]:
    """Return the words that speak most for a type, at most `count`, strongest first; none that speak against."""
    ranked = sorted((item for item in evidence if item.weight > 0), key=lambda item: -item.weight)
    return ranked[:count]
