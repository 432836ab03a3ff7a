"""How varied a set of texts is, and how like the texts of another set: are they templates, are they life-like?

All measures that grow or shrink with the size of a set are taken over samples of one size, so that sets of
different sizes can be compared.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import CorpusError, MissingExtraError
from ..models.text import segment
from .corpus import numbered_lines

try:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
except ImportError:
    raise MissingExtraError("Measuring diversity", "train") from None

SAMPLE_WORDS = 20_000
WINDOW_WORDS = 100
MAX_SENTENCES = 4_000
COMPARED_SENTENCES = 1_000
TELLING_FEATURES = 15
MIN_TEXTS = 20
"""A genre with fewer texts gets no row of its own."""
SEED = 13


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a set: its kind and its sentences."""

    genre: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diversity:
    """Measures of one set of texts."""

    name: str
    texts: int
    sentences: int
    words: int
    distinct_4grams: float
    """Share of the 4-word sequences of a sample of 20,000 words that occur once in it (Li et al., 2016)."""
    type_token_ratio: float
    """Mean over windows of 100 words (moving-average type-token ratio; Covington and McFall, 2010)."""
    nearest_sentence: float
    """Mean cosine (TF-IDF, as many sentences from each set) of a sentence with the nearest of another text."""
    nearest_text: float
    """Mean cosine of a text with the nearest of its genre."""
    same_opening: float
    """Share of the sentences whose first three words open another sentence of the sample as well."""
    sentence_words: tuple[float, int, int, int]
    """Words a sentence: mean, and the 5th, 50th and 95th percentile."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well a simple classifier tells the sentences of two sets apart."""

    auc: float
    """Area under the ROC curve, cross-validated by text: 0.5 when they cannot be told apart, 1 at best."""
    first: tuple[str, ...]
    """Words and pairs of words that give the first set away."""
    second: tuple[str, ...]


def read_texts(paths: Sequence[Path]) -> list[Text]:
    """Read texts from JSON Lines with `text`, and `genre` and `sentences` (offsets) where they are known.

    Raises:
        CorpusError: If a file cannot be read or a line has no text; the message names the line.
    """
    texts = []
    for path in paths:
        for number, line in numbered_lines(path):
            try:
                texts.append(_text(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                raise CorpusError(f"{path}:{number}: is no JSON object with 'text'") from None
    if not texts:
        raise CorpusError(f"{', '.join(map(str, paths))}: no text in it")
    return texts


def _text(record: dict[str, object]) -> Text:
    text = str(record["text"])
    spans = record.get("sentences")
    sentences = (
        tuple(text[span["start"] : span["end"]] for span in spans)
        if isinstance(spans, list)
        else tuple(sentence.text for sentence in segment(text))
    )
    return Text(str(record.get("genre") or "unknown"), sentences)


def diversity(name: str, texts: Sequence[Text], sample_words: int = SAMPLE_WORDS) -> Diversity:
    """Measure one set of texts.

    Args:
        name: What to call it in a table.
        texts: The set.
        sample_words: Size of the sample for the measures that depend on size; sets that are compared need
            the same.
    """
    sentences = [sentence for text in texts for sentence in text.sentences]
    counts = [len(sentence.split()) for sentence in sentences]
    sample, owned = _sample(texts, sample_words)
    fours = Counter(zip(*(sample[i:] for i in range(4)), strict=False))
    low, middle, high = (int(value) for value in np.percentile(counts, [5, 50, 95]))
    openings = Counter(" ".join(_words(sentence)[:3]) for _, sentence in owned)
    compared = owned[:COMPARED_SENTENCES]
    return Diversity(
        name=name,
        texts=len(texts),
        sentences=len(sentences),
        words=sum(counts),
        distinct_4grams=sum(count == 1 for count in fours.values()) / max(1, fours.total()),
        type_token_ratio=_type_token_ratio(sample),
        # A sentence is compared with those of other texts; its neighbours share its subject.
        nearest_sentence=_nearest([sentence for _, sentence in compared], [owner for owner, _ in compared]),
        nearest_text=_nearest_texts(texts),
        same_opening=sum(count for count in openings.values() if count > 1) / max(1, openings.total()),
        sentence_words=(float(np.mean(counts)), low, middle, high),
    )


def separation(first: Sequence[Text], second: Sequence[Text]) -> Separation:
    """Measure how well sentences of two sets can be told apart by their words.

    Logistic regression on TF-IDF of words and pairs of words; an equal number of sentences of each set;
    cross-validated with whole texts held out. Numbers are masked, and so are names, since what a text is
    about is not what is asked.
    """
    sentences: list[str] = []
    labels: list[int] = []
    groups: list[int] = []
    pools = [[(i, s) for i, text in enumerate(texts) for s in text.sentences] for texts in (first, second)]
    size = min(MAX_SENTENCES, *(len(pool) for pool in pools))
    for label, pool in enumerate(pools):
        for owner, sentence in random.Random(SEED).sample(pool, size):
            sentences.append(_masked(sentence))
            labels.append(label)
            groups.append(owner * 2 + label)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=r"[^\s]+")
    features = vectorizer.fit_transform(sentences)
    model = LogisticRegression(max_iter=1000)
    folds = GroupKFold(n_splits=min(5, len(set(groups))))
    predicted = cross_val_predict(model, features, labels, cv=folds, groups=groups, method="predict_proba")
    weights = model.fit(features, labels).coef_[0]
    names = vectorizer.get_feature_names_out()
    order = np.argsort(weights)
    return Separation(
        auc=float(roc_auc_score(labels, predicted[:, 1])),
        first=tuple(names[order[:TELLING_FEATURES]]),
        second=tuple(names[order[::-1][:TELLING_FEATURES]]),
    )


def diversity_table(rows: Sequence[Diversity]) -> str:
    """Write measures as a Markdown table, a column for each set."""
    measures: list[tuple[str, list[str]]] = [
        ("texts", [f"{row.texts:,}" for row in rows]),
        ("sentences", [f"{row.sentences:,}" for row in rows]),
        ("words", [f"{row.words:,}" for row in rows]),
        ("4-grams that occur once", [f"{row.distinct_4grams:.3f}" for row in rows]),
        ("type-token ratio, 100 words", [f"{row.type_token_ratio:.3f}" for row in rows]),
        ("nearest sentence, cosine", [f"{row.nearest_sentence:.3f}" for row in rows]),
        ("nearest text of the genre, cosine", [f"{row.nearest_text:.3f}" for row in rows]),
        ("sentences that share their opening", [f"{row.same_opening:.3f}" for row in rows]),
        ("words a sentence, mean", [f"{row.sentence_words[0]:.1f}" for row in rows]),
        (
            "words a sentence, 5 / 50 / 95 %",
            [" / ".join(map(str, row.sentence_words[1:])) for row in rows],
        ),
    ]
    lines = ["| measure | " + " | ".join(row.name for row in rows) + " |", "|---" * (len(rows) + 1) + "|"]
    return "\n".join(lines + [f"| {name} | " + " | ".join(values) + " |" for name, values in measures])


def comparison(files: Sequence[Path], others: Sequence[Path]) -> str:
    """Compare the texts of some files, as a whole and by genre, with those of others.

    Returns:
        A Markdown table of diversity, and how well each genre can be told from the others' texts.
    """
    texts = read_texts(files)
    genres: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        genres[text.genre].append(text)
    ours = {"all": texts} | {name: group for name, group in genres.items() if len(group) >= MIN_TEXTS}
    theirs = {path.stem: read_texts([path]) for path in others}
    sample = _smallest_sample([*ours.values(), *theirs.values()])
    rows = [diversity(name, group, sample) for name, group in (ours | theirs).items()]
    lines = [
        f"Samples of {sample:,} words where a measure depends on size.",
        "",
        diversity_table(rows),
        "",
        "| told apart by their words | AUC | given away by | and by |",
        "|---|---|---|---|",
    ]
    for name, group in ours.items():
        for other, other_texts in theirs.items():
            found = separation(group, other_texts)
            lines.append(
                f"| {name} / {other} | {found.auc:.3f} | {', '.join(found.first)} | {', '.join(found.second)} |"
            )
    return "\n".join(lines)


def _smallest_sample(sets: Sequence[Sequence[Text]]) -> int:
    """Return the sample size that every set can give, at most 20,000 words."""
    return min(
        SAMPLE_WORDS, *(sum(len(s.split()) for text in texts for s in text.sentences) for texts in sets)
    )


def _sample(texts: Sequence[Text], words: int) -> tuple[list[str], list[tuple[int, str]]]:
    """Draw whole texts until enough words are there; return the words, and each sentence with its text's number."""
    order = random.Random(SEED).sample(range(len(texts)), len(texts))
    drawn: list[str] = []
    sentences: list[tuple[int, str]] = []
    for index in order:
        for sentence in texts[index].sentences:
            drawn += _words(sentence)
            sentences.append((index, sentence))
        if len(drawn) >= words:
            break
    return drawn[:words], sentences


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _type_token_ratio(words: Sequence[str]) -> float:
    windows = [words[i : i + WINDOW_WORDS] for i in range(0, len(words) - WINDOW_WORDS + 1, WINDOW_WORDS)]
    return float(np.mean([len(set(window)) / WINDOW_WORDS for window in windows])) if windows else 1.0


def _nearest(texts: Sequence[str], owners: Sequence[int]) -> float:
    """Return the mean cosine of a text with the nearest that has another owner."""
    if len(set(owners)) < 2:
        return 0.0
    vectors = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    similarity = (vectors @ vectors.T).toarray()
    ids = np.asarray(owners)
    similarity[ids[:, None] == ids[None, :]] = 0.0
    return float(similarity.max(axis=1).mean())


def _nearest_texts(texts: Sequence[Text]) -> float:
    by_genre: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        by_genre[text.genre].append(" ".join(text.sentences))
    means = [
        (_nearest(group, range(len(group))), len(group)) for group in by_genre.values() if len(group) > 1
    ]
    return sum(m * count for m, count in means) / max(1, sum(count for _, count in means))


def _masked(sentence: str) -> str:
    """Put a mark in place of every number and, inside a sentence, every capitalised word."""
    words = re.findall(r"[\w'’.-]*\w|[^\w\s]", sentence)
    masked = []
    for place, word in enumerate(words):
        if any(character.isdigit() for character in word):
            masked.append("<number>")
        elif place > 0 and word[:1].isupper():
            masked.append("<name>")
        else:
            masked.append(word.lower())
    return " ".join(masked)
