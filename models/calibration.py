"""From logits to probabilities to types: temperatures and thresholds, stored with the model.

Each type has a temperature that makes its probability honest (Guo et al., 2017, "On Calibration of
Modern Neural Networks", applied to each sigmoid on its own) and a threshold from which the type is
given. Two more figures are made honest by a straight line on the logit scale (Platt, 1999): how likely the
primary type is right, and how likely the sentence binds anybody. All are fitted on validation data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .taxonomy import LabelSchema

Floats = NDArray[np.floating[Any]]

TEMPERATURES = np.geomspace(0.25, 8.0, 200)
THRESHOLDS = np.linspace(0.2, 0.8, 61)
TINY = 1e-6
RIDGE = 1.0
NEWTON_STEPS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line on the logit scale: probability p becomes sigmoid(slope x logit(p) + intercept)."""

    slope: float = 1.0
    intercept: float = 0.0

    @classmethod
    def fit(cls, probabilities: Floats, outcomes: Floats) -> Line:
        """Fit the line to outcomes of 0 and 1 by maximum likelihood; it changes nothing where all are alike.

        The slope is pulled a little towards 1 and the intercept towards 0, so that a few outcomes that the
        probabilities separate perfectly do not drive them to infinity.
        """
        if not 0 < outcomes.sum() < len(outcomes):
            return cls()
        features = np.stack([_logit(probabilities), np.ones(len(probabilities))], axis=1)
        start = np.array([1.0, 0.0])
        weights = start.copy()
        for _ in range(NEWTON_STEPS):
            fitted = _sigmoid(features @ weights)
            gradient = features.T @ (fitted - outcomes) + RIDGE * (weights - start)
            curvature = (features * (fitted * (1 - fitted))[:, None]).T @ features + RIDGE * np.eye(2)
            weights = weights - np.linalg.solve(curvature, gradient)
        return cls(float(weights[0]), float(weights[1]))

    def apply(self, probabilities: Floats) -> Floats:
        """Return the honest probabilities."""
        return _sigmoid(self.slope * _logit(probabilities) + self.intercept)


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
    confidence_line: Line = Line()
    """Makes the confidence in the primary type honest."""
    commitment_line: Line = Line()
    """Makes the probability of a commitment honest."""

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
        plain = cls(schema, temperatures, thresholds, len(logits))
        primary = [schema.names.index(given[0]) for given in plain.decide(probabilities)]
        right = (types.argmax(axis=1) == primary).astype(float)
        commits = types[:, plain.commitment_columns].any(axis=1).astype(float)
        return replace(
            plain,
            confidence_line=Line.fit(plain.confidence(probabilities), right),
            commitment_line=Line.fit(plain.commitment(probabilities), commits),
        )

    def probabilities(self, logits: Floats) -> Floats:
        """Return calibrated probabilities, salience last. Shape (sentences, types + 1)."""
        return _sigmoid(logits / self.temperatures)

    @property
    def commitment_columns(self) -> list[int]:
        """The columns of the types that bind their actor."""
        return [i for i, label in enumerate(self.schema.types) if label.kind == "commitment"]

    def confidence(self, probabilities: Floats) -> Floats:
        """Return how likely the primary type that `decide` gives is the right one. Shape (sentences,).

        A type is primary when it is there and no stronger one is; taking the types as independent given the
        sentence, that is p_k x product of (1 - p_j) over the stronger j, normalised over the types.
        """
        given = probabilities[:, : len(self.schema.names)]
        absent = np.cumprod(1 - given, axis=1)
        primary = given * np.concatenate([np.ones((len(given), 1)), absent[:, :-1]], axis=1)
        shares = primary / np.maximum(primary.sum(axis=1, keepdims=True), TINY)
        chosen = [self.schema.names.index(types[0]) for types in self.decide(probabilities)]
        return self.confidence_line.apply(shares[np.arange(len(given)), chosen])

    def commitment(self, probabilities: Floats) -> Floats:
        """Return how likely a sentence records a commitment of any type. Shape (sentences,)."""
        none = (1 - probabilities[:, self.commitment_columns]).prod(axis=1)
        return self.commitment_line.apply(1 - none)

    def decide(self, probabilities: Floats) -> list[tuple[str, ...]]:
        """Choose each sentence's types from its probabilities.

        A type is given from its threshold on. A sentence with none gets the one that comes closest to its
        threshold, and so does every sentence where the schema allows one type only. The exclusive type is
        given only when it comes further above its threshold than every other.

        Args:
            probabilities: Shape (sentences, types) or (sentences, types + 1); salience is ignored.
        """
        return list(self._decisions(probabilities))

    def _decisions(self, probabilities: Floats) -> Iterator[tuple[str, ...]]:
        names = self.schema.names
        for row in probabilities[:, : len(names)] / self.thresholds:
            best = names[int(row.argmax())]
            chosen = [name for name, ratio in zip(names, row, strict=True) if ratio >= 1] or [best]
            if not self.schema.several:
                chosen = [best]
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
            "confidence": asdict(self.confidence_line),
            "commitment": asdict(self.commitment_line),
            "fitted_on_sentences": self.fitted_on,
        }

    @classmethod
    def from_dict(cls, schema: LabelSchema, data: dict[str, Any]) -> Calibration:
        """Read what `to_dict` wrote."""
        temperatures = [data["temperatures"][name] for name in [*schema.names, "salience"]]
        thresholds = [data["thresholds"][name] for name in schema.names]
        # Folders written before 0.2 lack the two lines.
        lines = [Line(**data.get(name, {})) for name in ("confidence", "commitment")]
        return cls(schema, np.array(temperatures), np.array(thresholds), data["fitted_on_sentences"], *lines)


def _sigmoid(values: Floats) -> Floats:
    # Beyond 60 the result is 0 or 1 to machine precision; clipping keeps exp from overflowing.
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))))


def _logit(probabilities: Floats) -> Floats:
    clipped = np.clip(probabilities, TINY, 1 - TINY)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


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
