"""From logits to probabilities to types: temperatures and thresholds, stored with the model.

Each type has a temperature that makes its probability honest (Guo et al., 2017, "On Calibration of
Modern Neural Networks", applied to each sigmoid on its own) and a threshold from which the type is
given. Both are fitted on validation data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .taxonomy import LabelSchema

Floats = NDArray[np.floating[Any]]

TEMPERATURES = np.geomspace(0.25, 8.0, 200)
THRESHOLDS = np.linspace(0.2, 0.8, 61)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a classifier's logits are read."""

    schema: LabelSchema
    temperatures: Floats
    """One for each type, then that of salience. Shape (types + 1,)."""
    thresholds: Floats
    """The probability from which each type is given. Shape (types,)."""
    fitted_on: int = 0
    """Sentences of validation data behind the figures; 0 when nothing was fitted."""

    @classmethod
    def identity(cls, schema: LabelSchema) -> Calibration:
        """Return the calibration that changes nothing: temperatures 1, thresholds 0.5."""
        count = len(schema.names)
        return cls(schema, np.ones(count + 1), np.full(count, 0.5))

    @classmethod
    def fit(cls, schema: LabelSchema, logits: Floats, types: Floats, salience: Floats) -> Calibration:
        """Fit temperatures, then thresholds, on validation data.

        Args:
            schema: The labels.
            logits: Shape (sentences, types + 1), salience last.
            types: 1 where a sentence has a type, else 0. Shape (sentences, types).
            salience: 1, 0, or -1 where nobody judged. Shape (sentences,).
        """
        targets = np.concatenate([types, salience[:, None]], axis=1)
        temperatures = np.array(
            [_best_temperature(logits[:, i], targets[:, i]) for i in range(logits.shape[1])]
        )
        probabilities = _sigmoid(logits / temperatures)[:, :-1]
        thresholds = np.array(
            [_best_threshold(probabilities[:, i], types[:, i]) for i in range(types.shape[1])]
        )
        return cls(schema, temperatures, thresholds, len(logits))

    def probabilities(self, logits: Floats) -> Floats:
        """Return calibrated probabilities, salience last. Shape (sentences, types + 1)."""
        return _sigmoid(logits / self.temperatures)

    def decide(self, probabilities: Floats) -> list[tuple[str, ...]]:
        """Choose each sentence's types from its probabilities.

        A type is given from its threshold on. A sentence with none gets the one that comes closest to
        its threshold. The exclusive type is given only when it comes further above its threshold
        than every other.

        Args:
            probabilities: Shape (sentences, types) or (sentences, types + 1); salience is ignored.
        """
        return list(self._decisions(probabilities))

    def _decisions(self, probabilities: Floats) -> Iterator[tuple[str, ...]]:
        names = self.schema.names
        for row in probabilities[:, : len(names)] / self.thresholds:
            best = names[int(row.argmax())]
            chosen = [name for name, ratio in zip(names, row, strict=True) if ratio >= 1] or [best]
            if self.schema.exclusive in chosen:
                others = [name for name in chosen if name != self.schema.exclusive]
                chosen = [best] if best == self.schema.exclusive or not others else others
            yield tuple(chosen)

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration as plain data, as stored in a model folder."""
        names = self.schema.names
        return {
            "temperatures": dict(zip([*names, "salience"], self.temperatures.round(4).tolist(), strict=True)),
            "thresholds": dict(zip(names, self.thresholds.round(4).tolist(), strict=True)),
            "fitted_on_sentences": self.fitted_on,
        }

    @classmethod
    def from_dict(cls, schema: LabelSchema, data: dict[str, Any]) -> Calibration:
        """Read what `to_dict` wrote."""
        temperatures = [data["temperatures"][name] for name in [*schema.names, "salience"]]
        thresholds = [data["thresholds"][name] for name in schema.names]
        return cls(schema, np.array(temperatures), np.array(thresholds), data["fitted_on_sentences"])


def _sigmoid(values: Floats) -> Floats:
    # Beyond 60 the result is 0 or 1 to machine precision; clipping keeps exp from overflowing.
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))))


def _best_temperature(logits: Floats, targets: Floats) -> float:
    """Return the temperature with the least negative log likelihood; 1 where a class is absent."""
    judged = targets >= 0
    logits, targets = logits[judged], targets[judged]
    if not 0 < targets.sum() < len(targets):
        return 1.0
    scaled = logits[None, :] / TEMPERATURES[:, None]
    losses = np.logaddexp(0, np.where(targets == 1, -scaled, scaled)).mean(axis=1)
    return float(TEMPERATURES[losses.argmin()])


def _best_threshold(probabilities: Floats, targets: Floats) -> float:
    """Return the threshold with the best F1; of equals the one nearest 0.5."""
    chosen = probabilities[None, :] >= THRESHOLDS[:, None]
    true_positives = (chosen & (targets == 1)).sum(axis=1)
    f1 = 2 * true_positives / np.maximum(chosen.sum(axis=1) + targets.sum(), 1)
    best = np.flatnonzero(f1 >= f1.max() - 1e-9)
    return float(THRESHOLDS[best[np.abs(THRESHOLDS[best] - 0.5).argmin()]])
