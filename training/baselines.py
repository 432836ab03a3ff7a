"""Simple systems that the models must beat: keyword rules, the majority type, leading and central sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..models.calibration import Calibration, Floats
from ..models.taxonomy import LabelSchema
from .base_models import find_checkpoint
from .corpus import AnnotatedDocument
from .metrics import multi_hot

# Wordings that a reader of the annotation guideline would try first.
KEYWORDS = {
    "resource": r"\b(?:million|billion|mln|bln)\b.*\b(?:provide|contribut|donat|grant|loan|fund)"
    r"|\b(?:provide|contribut|donat|grant|lend|loan)\w*\b.*\b(?:million|billion|mln|bln|doses|troops|tonnes)\b",
    "decision": r"\b(?:approv|adopt|endors|ratif|establish|launch|elect|appoint|mandat|impos|lift)(?:e|es|ed|s)?\b"
    r"|\bdecided\b",
    "agreement": r"\b(?:agreed (?:to|on)|agreement (?:was|on)|signed|concluded|consensus on|memorandum)\b",
    "activity": r"\bwill (?:meet|hold|host|visit|take place|be held|resume)\b|\bnext (?:meeting|summit|session)\b",
    "pledge": r"\b(?:pledg|vow|commit(?:ted|s)? to|intend|determined to|ready to|we will|promis)\w*",
    "call": r"\b(?:urg(?:e|ed|es|ing)|call(?:ed|s)? (?:on|for|upon)|must|should|appeal|demand)\w*",
    "position": r"\b(?:welcom|condemn|stress|reaffirm|express|support|concern|believ|warn|recogni[sz]|hail)\w*",
    "consultation": r"\b(?:discuss|exchang\w+ views|held (?:talks|meetings)|review|met with|talks with)\w*",
}


def keyword_types(sentences: Sequence[str], schema: LabelSchema) -> list[tuple[str, ...]]:
    """Give each sentence every commitment type whose keywords it holds, else background.

    Works for the nine commitment types only.
    """
    patterns = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in KEYWORDS.items()}
    return [
        schema.ordered(name for name, pattern in patterns.items() if pattern.search(text)) or ("background",)
        for text in sentences
    ]


def majority_types(references: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Give every sentence the set that is most frequent in the very data it is judged on."""
    most_common = Counter(tuple(types) for types in references).most_common(1)[0][0]
    return [most_common] * len(references)


def lead(sentences: Sequence[str], title: str | None, count: int = 3) -> list[str]:
    """Take the first sentences after the title for an abstract."""
    body = [text for text in sentences if text != title]
    return body[:count]


def centroid_scores(sentences: Sequence[str]) -> list[float]:
    """Score sentences by how near they are to the whole text (Radev et al., 2004): TF-IDF cosine with its sum."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(token_pattern=r"\S+").fit_transform(sentences).toarray()
    return [float(value) for value in vectors @ vectors.sum(axis=0)]


TFIDF = "TF-IDF and logistic regression"
FROZEN = "frozen MiniLM and logistic regression"
BASELINE_CLASSIFIERS = (TFIDF, FROZEN)
"""Classifiers that learn from the training data what takes seconds or a minute to learn."""


def learned_types(
    name: str,
    training: Sequence[AnnotatedDocument],
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
) -> list[list[tuple[str, ...]]]:
    """Label documents with a simple classifier that learns from others.

    Args:
        name: One of `BASELINE_CLASSIFIERS`.
        training: What it learns from.
        documents: What it labels.
        schema: The labels.

    Returns:
        The types of each sentence of each document.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    known = [text for document in training for text in document.sentence_texts()]
    asked = [text for document in documents for text in document.sentence_texts()]
    if name == TFIDF:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        features, questions = vectorizer.fit_transform(known), vectorizer.transform(asked)
    else:
        embedded = _embeddings([*known, *asked])
        features, questions = embedded[: len(known)], embedded[len(known) :]
    targets = multi_hot([sentence.types for document in training for sentence in document.sentences], schema)
    model = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000)).fit(features, targets)
    types = iter(Calibration.identity(schema).decide(model.predict_proba(questions)))
    return [[next(types) for _ in document.sentences] for document in documents]


def _embeddings(texts: Sequence[str]) -> Floats:
    """Embed sentences with the base encoder as it is: the mean of its output over the tokens."""
    import torch
    import transformers
    from transformers import AutoModel, AutoTokenizer

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    source = find_checkpoint("minilm").source
    tokenizer, encoder = AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(source).eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    result = np.empty((len(texts), encoder.config.hidden_size))
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            batch = tokenizer(
                [texts[i] for i in chosen], padding=True, truncation=True, max_length=256, return_tensors="pt"
            )
            states = encoder(**batch).last_hidden_state.float()
            weights = batch["attention_mask"].unsqueeze(-1).float()
            result[chosen] = ((states * weights).sum(1) / weights.sum(1)).numpy()
    return result
