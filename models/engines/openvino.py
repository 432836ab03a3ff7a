"""The OpenVINO engine, the default on a CPU. Needs no torch."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray


class OpenVinoClassifierEngine:
    """Runs a classifier that was converted to OpenVINO.

    Args:
        model: The `.xml` file; its `.bin` lies beside it.
        threads: Processor threads; None for all cores.
    """

    def __init__(self, model: Path, threads: int | None = None) -> None:
        self._model = model
        self._threads = threads
        self._compiled = self._compile()

    def logits(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return logits of shape (batch, types + 1), salience last."""
        return _infer(self._compiled, batch)

    def embeddings(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return the encoder's output averaged over each sentence's own tokens. Shape (batch, hidden)."""
        return _infer(self._compiled_encoder, batch)

    @cached_property
    def _compiled_encoder(self) -> Any:  # noqa: ANN401 - openvino is untyped
        return self._compile(encoder_only=True)

    def _compile(self, *, encoder_only: bool = False) -> Any:  # noqa: ANN401 - openvino is untyped
        core = openvino.Core()
        # Mapped into memory, weights that somebody writes over would end the whole process with a bus error.
        core.set_property({"ENABLE_MMAP": False})
        # In bfloat16, the default of some processors, a sentence near a threshold could get other types
        # on another machine or in another batch.
        properties = {
            **cpu_properties(self._threads),
            "INFERENCE_PRECISION_HINT": "f32",
            # So it could with activations rounded on the fly, which int8 weights would bring along.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        }
        network = core.read_model(self._model)
        if encoder_only:
            network = openvino.Model([_pooled(network)], network.get_parameters())
        return core.compile_model(network, "CPU", properties)


def _infer(compiled: Any, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:  # noqa: ANN401
    # A request of its own for each call: several threads may share one engine.
    outputs = compiled.create_infer_request().infer(batch, share_inputs=True)
    return np.asarray(outputs[0], dtype=np.float64)


def _pooled(network: Any) -> Any:  # noqa: ANN401 - openvino is untyped
    """Return what the head for the types reads, as `SentenceEncoder` computes it."""
    node = network.output(0).node.input_value(0).node  # both heads, joined
    while node.get_type_name() != "MatMul":
        node = node.input_value(0).node
    return node.input_value(0)


def cpu_properties(threads: int | None) -> dict[str, Any]:
    """Return OpenVINO's settings for computing one thing at a time on a CPU."""
    properties: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        properties["INFERENCE_NUM_THREADS"] = threads
    return properties
