"""The OpenVINO engine, the default on a CPU. Needs no torch."""

from __future__ import annotations

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
        core = openvino.Core()
        # Mapped into memory, weights that somebody writes over would end the whole process with a bus error.
        core.set_property({"ENABLE_MMAP": False})
        # In bfloat16, the default of some processors, a sentence near a threshold could get other types
        # on another machine or in another batch.
        properties = {
            **cpu_properties(threads),
            "INFERENCE_PRECISION_HINT": "f32",
            # So it could with activations rounded on the fly, which int8 weights would bring along.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
        }
        self._compiled = core.compile_model(core.read_model(model), "CPU", properties)

    def logits(self, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return logits of shape (batch, types + 1), salience last."""
        # A request of its own for each call: several threads may share one engine.
        outputs = self._compiled.create_infer_request().infer(batch, share_inputs=True)
        return np.asarray(outputs[0], dtype=np.float64)


def cpu_properties(threads: int | None) -> dict[str, Any]:
    """Return OpenVINO's settings for computing one thing at a time on a CPU."""
    properties: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads is not None:
        properties["INFERENCE_NUM_THREADS"] = threads
    return properties
