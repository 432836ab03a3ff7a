"""How many labels `suggest` saves against labelling at random: active learning, simulated on labelled sentences.

Every run begins with the same few random sentences, and in each round a way of choosing asks for more of the pool,
whose labels are then uncovered. The learner is logistic regression, quick enough to be fitted hundreds of times, on
TF-IDF vectors or on the embeddings of the base encoder as it is; it is judged by the macro-F1 of the primary type on
other documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression

from .._version import __version__
from ..models.calibration import Calibration, Floats
from ..models.taxonomy import LabelSchema, commitment_schema
from .corpus import load_documents
from .metrics import TypeMetric, multi_hot
from .suggestions import pick, sentence_vectors

RANDOM = "random"
UNCERTAIN = "most uncertain"
SUGGEST = "suggest"
STRATEGIES = (RANDOM, UNCERTAIN, SUGGEST)
POOL = 3000
"""Sentences of the pool at most."""
Features = Literal["words", "encoder"]
"""What the learner sees: TF-IDF vectors, or the base encoder's embeddings."""


@dataclass(frozen=True, slots=True)
class Curve:
    """How a way of choosing learns."""

    strategy: str
    macro_f1: tuple[tuple[float, ...], ...]
    """Of each seed, after each round."""

    @property
    def mean(self) -> list[float]:
        """The mean over the seeds, after each round."""
        return [float(value) for value in np.mean(self.macro_f1, axis=0)]

    @property
    def deviation(self) -> list[float]:
        """The standard deviation over the seeds, after each round."""
        return [float(value) for value in np.std(self.macro_f1, axis=0)]


@dataclass(frozen=True, slots=True)
class SuggestionBenchmark:
    """The learning curves of all ways of choosing."""

    labels: tuple[int, ...]
    """How many sentences are labelled after each round, the first ones included."""
    pool: int
    judged: int
    """Sentences on which the learner is judged."""
    curves: tuple[Curve, ...]

    def curve(self, strategy: str) -> Curve:
        """Return the curve of a way of choosing."""
        return next(curve for curve in self.curves if curve.strategy == strategy)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the version of the package with it."""
        return {"communique": __version__, **asdict(self)}


def benchmark_suggestions(
    train: Sequence[Path],
    data: Sequence[Path],
    *,
    seeds: int = 5,
    batch: int = 100,
    rounds: int = 9,
    features: Features = "words",
    schema: LabelSchema | None = None,
    report: Callable[[str], None] = lambda message: None,
) -> SuggestionBenchmark:
    """Simulate labelling.

    Args:
        train: Files of annotated documents, whose sentences are the pool.
        data: Files of annotated documents to judge by.
        seeds: How often everything is repeated, with another beginning.
        batch: Sentences that are labelled at the beginning and in each round.
        rounds: How often a batch is chosen.
        features: What the learner sees; "encoder" needs torch and the base.
        schema: The labels; the commitment types if None.
        report: Called with a line before each seed.

    Raises:
        CorpusError: If a document is broken.
    """
    labels = schema or commitment_schema()
    pool, held_out = load_documents(train, labels), load_documents(data, labels)
    rows = [
        (text, sentence.types)
        for document in pool
        for text, sentence in zip(document.sentence_texts(), document.sentences, strict=True)
    ]
    drawn = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:POOL]]
    texts = [text for text, _ in drawn]
    questions = [text for document in held_out for text in document.sentence_texts()]
    words = sentence_vectors([*texts, *questions])
    seen = words if features == "words" else _embedded([*texts, *questions])
    learner = _Learner(
        words=words[: len(texts)],
        seen=seen[: len(texts)],
        targets=multi_hot([types for _, types in drawn], labels),
        questions=seen[len(texts) :],
        references=[list(sentence.types) for document in held_out for sentence in document.sentences],
        schema=labels,
    )
    scores: dict[str, list[tuple[float, ...]]] = {strategy: [] for strategy in STRATEGIES}
    for seed in range(seeds):
        report(f"seed {seed + 1} of {seeds}")
        for strategy in STRATEGIES:
            scores[strategy].append(tuple(learner.learn(strategy, batch, rounds, seed)))
    reached = tuple(min(batch * number, len(texts)) for number in range(1, rounds + 2))
    curves = tuple(Curve(strategy, tuple(values)) for strategy, values in scores.items())
    return SuggestionBenchmark(reached, len(texts), len(questions), curves)


def _embedded(texts: Sequence[str]) -> Floats:
    from .baselines import sentence_embeddings

    embeddings = sentence_embeddings(texts)
    return embeddings / (float(embeddings.std()) or 1.0)


def labels_needed(result: SuggestionBenchmark, strategy: str, macro_f1: float) -> float | None:
    """Return how many labels a way of choosing needs for a macro-F1, between rounds by a straight line.

    Returns:
        The number at which its mean curve first reaches the figure; None if it never does.
    """
    values = result.curve(strategy).mean
    for index, value in enumerate(values):
        if value >= macro_f1:
            if index == 0:
                return float(result.labels[0])
            share = (macro_f1 - values[index - 1]) / (value - values[index - 1])
            return result.labels[index - 1] + share * (result.labels[index] - result.labels[index - 1])
    return None


def suggestion_tables(result: SuggestionBenchmark) -> str:
    """Write the learning curves, and the labels needed for what random labelling reaches, as Markdown tables."""
    seeds = len(result.curves[0].macro_f1)
    lines = [
        f"Macro-F1 of the primary type on {result.judged} sentences, mean and standard deviation over {seeds} seeds; "
        f"pool of {result.pool} sentences",
        "",
        f"| labels | {' | '.join(STRATEGIES)} |",
        "|---" * (len(STRATEGIES) + 1) + "|",
    ]
    for index, count in enumerate(result.labels):
        cells = [f"{c.mean[index]:.3f} ± {c.deviation[index]:.3f}" for c in result.curves]
        lines.append(f"| {count} | {' | '.join(cells)} |")
    others = STRATEGIES[1:]
    lines += [
        "",
        f"| macro-F1 | labels at random | {' | '.join(others)} |",
        "|---" * (len(others) + 2) + "|",
    ]
    random = result.curve(RANDOM).mean
    for index in range(3, len(random), 3):
        needed = [labels_needed(result, strategy, random[index]) for strategy in others]
        cells = [_needed(count, result.labels[index]) for count in needed]
        lines.append(f"| {random[index]:.3f} | {result.labels[index]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write_suggestion_benchmark(result: SuggestionBenchmark, folder: Path) -> list[Path]:
    """Write the curves as `suggest.json`, `suggest.md` and `suggest.png`; return the files."""
    from .figures import learning_curves

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"suggest.{ending}" for ending in ("json", "md", "png")]
    paths[0].write_text(json.dumps(result.to_dict(), indent=2) + "\n", encoding="utf-8")
    paths[1].write_text(suggestion_tables(result) + "\n", encoding="utf-8")
    learning_curves(
        result.labels, {curve.strategy: (curve.mean, curve.deviation) for curve in result.curves}, paths[2]
    )
    return paths


def _needed(count: float | None, at_random: int) -> str:
    return "not reached" if count is None else f"{count:.0f} ({count / at_random - 1:+.0%})"


@dataclass(frozen=True, slots=True)
class _Learner:
    """A pool, of which a learner uncovers labels, and what judges it."""

    words: Any
    """TF-IDF vectors of the pool, by which `suggest` tells sentences apart."""
    seen: Any
    """What the learner sees of the pool."""
    targets: Any
    questions: Any
    references: list[list[str]]
    schema: LabelSchema

    def learn(self, strategy: str, batch: int, rounds: int, seed: int) -> list[float]:
        """Label in rounds; return the macro-F1 after each, the beginning included."""
        chance = np.random.default_rng(seed)
        size = self.targets.shape[0]
        labelled = list(chance.permutation(size)[:batch])
        calibration = Calibration.identity(self.schema)
        figures = []
        for number in range(rounds + 1):
            rest = np.setdiff1d(np.arange(size), labelled)
            answers, doubted = self._probabilities(labelled, [self.questions, self.seen[rest]])
            scores = TypeMetric(self.schema).compute(
                predictions=[list(types) for types in calibration.decide(answers)], references=self.references
            )
            figures.append(float(scores["primary_macro_f1"]))
            if number == rounds or not len(rest):
                continue
            doubt = 1 - calibration.confidence(doubted)
            if strategy == RANDOM:
                chosen = chance.permutation(len(rest))[:batch]
            elif strategy == UNCERTAIN:
                chosen = np.argsort(-doubt, kind="stable")[:batch]
            else:
                chosen = np.array(pick(self.words[rest], doubt, batch))
            labelled += list(rest[chosen])
        return figures

    def _probabilities(self, labelled: Sequence[int], asked: Sequence[Any]) -> list[Floats]:
        """Fit the learner to what is labelled and return the types' probabilities of several sets of sentences."""
        columns: list[list[Floats]] = [[] for _ in asked]
        for column in range(self.targets.shape[1]):
            known = self.targets[labelled, column]
            if 0 < known.sum() < len(known):
                # Balanced, because a rare type would else never be given after so few examples.
                model = LogisticRegression(class_weight="balanced", max_iter=300)
                model.fit(self.seen[labelled], known)
                answers = [model.predict_proba(vectors)[:, 1] for vectors in asked]
            else:
                answers = [np.full(vectors.shape[0], float(known.all())) for vectors in asked]
            for group, values in zip(columns, answers, strict=True):
                group.append(values)
        return [np.stack(group, axis=1) for group in columns]
