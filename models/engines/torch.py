"""The torch engine: the reference that every other engine is held against, and the model to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingExtraError

try:
    import torch
    from torch import Tensor, nn
    from transformers import AutoConfig, AutoModel
except ImportError:
    raise MissingExtraError("The torch engine", "train") from None

from ..classifier import POSITION_FEATURES

WeightPrecision = Literal["float16", "int8"]
SALIENCE_HIDDEN = 64
SMALLEST_QUANTIZED = 64
"""Matrices with a side smaller than this stay in float16: they are few numbers."""
SCALE = ".scale"


class SentenceEncoder(nn.Module):
    """An encoder with a head for the types and one for salience.

    The encoder's output is averaged over the sentence's own tokens. The salience head also sees where
    in the document the sentence stands.

    Args:
        encoder: A transformers encoder.
        types: How many types the schema has.
        dropout: Applied to the averaged output while training.
    """

    def __init__(self, encoder: Any, types: int, dropout: float = 0.1) -> None:  # noqa: ANN401
        super().__init__()
        self.encoder = encoder
        hidden = encoder.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.types = nn.Linear(hidden, types)
        self.salience = nn.Sequential(
            nn.Linear(hidden + POSITION_FEATURES, SALIENCE_HIDDEN), nn.GELU(), nn.Linear(SALIENCE_HIDDEN, 1)
        )
        self._takes_token_types = getattr(encoder.config, "type_vocab_size", 0) > 1

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pooling_mask: Tensor,
        position: Tensor,
    ) -> Tensor:
        """Return logits of shape (batch, types + 1), salience last."""
        pooled = self.dropout(self.embed(input_ids, attention_mask, token_type_ids, pooling_mask))
        salience = self.salience(torch.cat([pooled, position.to(pooled.dtype)], dim=1))
        return torch.cat([self.types(pooled), salience], dim=1)

    def embed(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, pooling_mask: Tensor
    ) -> Tensor:
        """Return the encoder's output averaged over the sentence's own tokens. Shape (batch, hidden)."""
        extra = {"token_type_ids": token_type_ids} if self._takes_token_types else {}
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **extra).last_hidden_state
        weights = pooling_mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)


def save_weights(network: SentenceEncoder, weights: Path, precision: WeightPrecision) -> None:
    """Write a network's weights as a safetensors file.

    Args:
        network: The network; with "int8" its matrices are rounded in place to what is written, so that whatever
            is measured or converted afterwards is the very model on disk.
        weights: The file.
        precision: "float16", or "int8" for matrices of whole numbers with a scale for each row (symmetric
            round-to-nearest quantization) and float16 for the rest.
    """
    from safetensors.torch import save_file

    state: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        if precision == "int8" and tensor.ndim == 2 and min(tensor.shape) >= SMALLEST_QUANTIZED:
            scale = tensor.abs().amax(dim=1, keepdim=True).clamp(min=1e-12).float() / 127
            numbers = (tensor / scale).round().clamp(-127, 127)
            tensor.copy_(numbers * scale)
            state[name], state[name + SCALE] = numbers.to(torch.int8), scale
        else:
            state[name] = tensor.half()
    save_file({name: tensor.cpu().contiguous() for name, tensor in state.items()}, str(weights))


def load_weights(network: SentenceEncoder, weights: Path) -> None:
    """Fill a network with the weights of a classifier's safetensors file."""
    from safetensors.torch import load_file

    stored = {name: tensor.float() for name, tensor in load_file(str(weights)).items()}
    scales = {name: stored.pop(name) for name in list(stored) if name.endswith(SCALE)}
    for name, scale in scales.items():
        stored[name.removesuffix(SCALE)] *= scale
    network.load_state_dict(stored)


class TorchClassifierEngine:
    """Runs a classifier with torch in float32.

    Args:
        config: The model folder's `config.json`.
        weights: The safetensors file.
        types: How many types the schema has.
        threads: Processor threads; None for torch's choice. Torch has one setting for the process.
    """

    def __init__(self, config: dict[str, Any], weights: Path, types: int, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        settings = dict(config["encoder"])
        encoder = AutoModel.from_config(AutoConfig.for_model(**settings), dtype=torch.float32)
        self.network = SentenceEncoder(encoder, types)
        load_weights(self.network, weights)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network.to(self._device).eval()

    def logits(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return logits of shape (batch, types + 1), salience last."""
        with torch.inference_mode():
            return np.asarray(self.network(**self._tensors(batch)).cpu().numpy(), dtype=np.float64)

    def embeddings(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the encoder's output averaged over each sentence's own tokens. Shape (batch, hidden)."""
        tensors = self._tensors(batch)
        del tensors["position"]
        with torch.inference_mode():
            return np.asarray(self.network.embed(**tensors).cpu().numpy(), dtype=np.float64)

    def _tensors(self, batch: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
        return {name: torch.from_numpy(array).to(self._device) for name, array in batch.items()}
