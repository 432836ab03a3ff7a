"""How sure a figure is: bootstrap intervals, and tests of the difference between two systems, by document.

Documents are resampled, not sentences, because the sentences of a document are not independent. Most measures
are functions of sums over documents (counts of hits and misses), so that a thousand resamples are one matrix
product; `bootstrap` takes any other measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

RESAMPLES = 1000
SEED = 13


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one system's figure exceeds another's on the same documents."""

    value: float
    low: float
    """Of the paired bootstrap's 95 % interval."""
    high: float
    p_value: float
    """Of approximate randomization, two-sided: how often chance alone parts two equal systems this far."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sufficient statistics of some measures: what must be summed over documents to compute them."""

    per_document: Floats
    """Shape (documents, statistics)."""
    figures: Callable[[Floats], dict[str, Floats]]
    """Gives each measure, of shape (samples,), for sums of shape (samples, statistics)."""

    def values(self) -> dict[str, float]:
        """Return each measure over all documents."""
        return {name: float(value[0]) for name, value in self.figures(self.per_document.sum(0)[None]).items()}


def intervals(statistics: Statistics) -> dict[str, Interval]:
    """Compute each measure with its percentile bootstrap interval (Efron and Tibshirani, 1993)."""
    values = statistics.values()
    resampled = statistics.figures(_weights(len(statistics.per_document)) @ statistics.per_document)
    return {name: Interval(values[name], *_percentiles(resampled[name])) for name in values}


def differences(first: Statistics, second: Statistics) -> dict[str, Difference]:
    """Compute by how much the first system exceeds the second in each measure.

    The interval is a paired bootstrap: both systems are judged on the same resampled documents. The p-value is
    of approximate randomization (Noreen, 1989; Yeh, 2000): in each trial the two systems' answers to every
    document change places with probability one half.

    Args:
        first: Statistics of one system.
        second: The same statistics of another, over the same documents in the same order.
    """
    one, other = first.per_document, second.per_document
    measured, compared = first.values(), second.values()
    weights = _weights(len(one))
    resampled = first.figures(weights @ one), second.figures(weights @ other)
    swapped = np.random.default_rng(SEED).integers(0, 2, (RESAMPLES, len(one))).astype(float)
    # With a document swapped, each system has the other's statistics of it.
    change = swapped @ (other - one)
    shuffled = first.figures(one.sum(0) + change), second.figures(other.sum(0) - change)
    result = {}
    for name, value in measured.items():
        observed = value - compared[name]
        chance = np.abs(shuffled[0][name] - shuffled[1][name])
        # The tolerance counts a trial that swaps everything, or nothing, as equal in spite of rounding.
        reached = int((chance >= abs(observed) - 1e-12).sum())
        result[name] = Difference(
            observed,
            *_percentiles(resampled[0][name] - resampled[1][name]),
            p_value=(reached + 1) / (RESAMPLES + 1),
        )
    return result


def bootstrap(measure: Callable[[Sequence[int]], Sequence[float] | Floats], count: int) -> list[Interval]:
    """Compute figures that are no function of sums, with their 95 % intervals, by resampling documents.

    Args:
        measure: Gives the figures for a list of document indices, with repetitions.
        count: How many documents there are.
    """
    resampled = np.array([measure(chosen.tolist()) for chosen in _resamples(count)])
    return [
        Interval(float(value), *_percentiles(resampled[:, i]))
        for i, value in enumerate(measure(range(count)))
    ]


def mean_statistics(values: Mapping[str, Sequence[float]]) -> Statistics:
    """Return the statistics of measures that are the mean of a value of each document."""
    columns = np.array([*values.values(), np.ones(len(next(iter(values.values()))))]).T

    def figures(sums: Floats) -> dict[str, Floats]:
        return {name: sums[:, i] / sums[:, -1] for i, name in enumerate(values)}

    return Statistics(columns, figures)


def joined(first: Statistics, second: Statistics) -> Statistics:
    """Return the statistics of two sets of measures of the same documents as one."""
    width = first.per_document.shape[1]

    def figures(sums: Floats) -> dict[str, Floats]:
        return {**first.figures(sums[:, :width]), **second.figures(sums[:, width:])}

    return Statistics(np.concatenate([first.per_document, second.per_document], axis=1), figures)


def _resamples(count: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))


def _weights(count: int) -> Floats:
    """How often each document is in each resample. Shape (resamples, documents)."""
    return np.stack([np.bincount(chosen, minlength=count) for chosen in _resamples(count)]).astype(float)


def _percentiles(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
