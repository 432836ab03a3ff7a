"""Training a classifier on a handful of examples a label: the encoder is kept, or only drawn apart by contrast.

The heads are fitted by logistic regression on the encoder's sentence embeddings, which takes seconds; before
that, the encoder may learn from pairs of sentences that those with the same labels lie close together (as in
SetFit, Tunstall et al., 2022), because n examples make about n² pairs. configs/README.md compares both with
fine-tuning, which did better on the nine commitment types.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from ..models.calibration import Floats
from ..models.engines.torch import SentenceEncoder
from .config import FewShotConfig
from .runs import Fitted, use_bfloat16

Collate = Callable[[list[dict[str, Any]]], dict[str, Tensor]]
BATCH_SIZE = 32
ENCODER_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "pooling_mask")


def fit_few_shot(
    network: SentenceEncoder,
    rows: Sequence[dict[str, Any]],
    collate: Collate,
    settings: FewShotConfig,
    *,
    precision: str,
    seed: int,
) -> Fitted:
    """Fit a network to few examples; the salience head stays as it is.

    Args:
        network: The network to train, in place.
        rows: Training examples with `labels` and what the encoder reads.
        collate: Makes a batch of rows.
        settings: With or without the contrastive stage, and how long it is.
        precision: As in the configuration.
        seed: Fixes the choice of pairs.

    Returns:
        The steps of the contrastive stage and its losses.
    """
    log: list[dict[str, Any]] = []
    if settings.method == "contrastive":
        with torch.autocast("cpu", torch.bfloat16, enabled=use_bfloat16(precision)):
            log = _fit_by_contrast(network, rows, collate, settings, seed)
    network.eval()
    embeddings = _embeddings(network, rows, collate)
    labels = np.array([row["labels"] for row in rows])
    _fit_type_head(network.types, embeddings, labels, settings.regularization)
    return Fitted(steps=len(log), best_step=None, bfloat16=use_bfloat16(precision), log=log)


def contrastive_pairs(
    labels: Sequence[Sequence[float]], pairs_per_example: int, seed: int
) -> list[tuple[int, int, float]]:
    """Choose pairs of examples with how alike their labels are.

    Args:
        labels: A row of zeros and ones for each example.
        pairs_per_example: How many pairs of like labels, and as many of unlike ones, begin with each example.
        seed: Fixes the choice.

    Returns:
        Indices of two examples and the Jaccard similarity of their label sets, shuffled.
    """
    chance = random.Random(seed)
    sets = [frozenset(i for i, flag in enumerate(row) if flag > 0.5) for row in labels]
    pairs = []
    for first, own in enumerate(sets):
        like = [i for i, other in enumerate(sets) if i != first and own & other]
        unlike = [i for i, other in enumerate(sets) if not own & other]
        for pool, _ in itertools.product((like, unlike), range(pairs_per_example)):
            if pool:
                second = chance.choice(pool)
                pairs.append((first, second, len(own & sets[second]) / len(own | sets[second])))
    chance.shuffle(pairs)
    return pairs


def _fit_by_contrast(
    network: SentenceEncoder,
    rows: Sequence[dict[str, Any]],
    collate: Collate,
    settings: FewShotConfig,
    seed: int,
) -> list[dict[str, Any]]:
    """Move the cosine of each pair's embeddings towards the likeness of its labels."""
    torch.manual_seed(seed)
    pairs = contrastive_pairs([row["labels"] for row in rows], settings.pairs_per_example, seed)
    pairs = pairs[: settings.max_steps * BATCH_SIZE // 2]
    size = BATCH_SIZE // 2
    steps = math.ceil(len(pairs) / size)
    optimizer = torch.optim.AdamW(network.encoder.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / max(1, steps // 10), (steps - step) / steps)
    )
    log = []
    network.train()
    for step in range(steps):
        batch = pairs[step * size : (step + 1) * size]
        both = [rows[first] for first, _, _ in batch] + [rows[second] for _, second, _ in batch]
        embedded = _embed(network, collate(both)).float()
        cosine = nn.functional.cosine_similarity(embedded[: len(batch)], embedded[len(batch) :])
        loss = nn.functional.mse_loss(cosine, torch.tensor([likeness for _, _, likeness in batch]))
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        log.append({"step": step + 1, "loss": loss.item()})
    return log


def _embed(network: SentenceEncoder, batch: dict[str, Tensor]) -> Tensor:
    return network.embed(*(batch[name] for name in ENCODER_INPUTS))


def _embeddings(network: SentenceEncoder, rows: Sequence[dict[str, Any]], collate: Collate) -> Floats:
    with torch.inference_mode():
        batches = [
            _embed(network, collate(list(rows[start : start + BATCH_SIZE])))
            for start in range(0, len(rows), BATCH_SIZE)
        ]
    return np.concatenate([batch.float().numpy() for batch in batches])


def _fit_type_head(head: nn.Linear, embeddings: Floats, labels: Floats, regularization: float) -> None:
    """Fit the head's rows one by one; a label that all examples have, or none, gets a constant."""
    # Scaled to unit variance, so that one regularization suits every encoder; the scale is folded into the weights.
    scale = float(embeddings.std()) or 1.0
    with torch.no_grad():
        for column in range(labels.shape[1]):
            targets = labels[:, column]
            if 0 < targets.sum() < len(targets):
                fitted = LogisticRegression(C=regularization, max_iter=1000).fit(embeddings / scale, targets)
                head.weight[column] = torch.from_numpy(fitted.coef_[0] / scale).float()
                head.bias[column] = float(fitted.intercept_[0])
            else:
                head.weight[column] = 0.0
                head.bias[column] = 3.0 if targets.all() else -3.0
