"""Converting a trained model for the OpenVINO engine."""

from __future__ import annotations

from pathlib import Path

import openvino
import torch

from ...errors import MissingExtraError
from ..classifier import OPENVINO_MODEL, WEIGHTS
from ..folder import open_model_folder, write_hashes
from .torch import TorchClassifierEngine

try:
    from transformers.utils import logging
except ImportError:
    raise MissingExtraError("Exporting a model", "train") from None


def export_classifier(folder: Path) -> Path:
    """Convert a classifier's weights to OpenVINO, stored in half precision, beside the torch ones.

    Args:
        folder: The model folder; its hashes are written anew.

    Returns:
        The `.xml` file.

    Raises:
        ModelFolderError: If the folder is no classifier or is damaged.
    """
    model = open_model_folder(folder, "classifier")
    logging.set_verbosity_error()
    network = TorchClassifierEngine(model.config, model.file(WEIGHTS)).network.cpu()
    # Two rows of different lengths, so that neither axis is taken for a constant.
    ids = torch.ones((2, 16), dtype=torch.int64)
    example = {
        "input_ids": ids,
        "attention_mask": ids,
        "token_type_ids": torch.zeros_like(ids),
        "pooling_mask": ids,
        "position": torch.zeros((2, 3)),
    }
    converted = openvino.convert_model(network, example_input=example)
    # The converter keeps the order of the arguments but not always their names.
    for name, item in zip(example, converted.inputs, strict=True):
        item.get_node().set_partial_shape(openvino.PartialShape([-1, 3] if name == "position" else [-1, -1]))
        item.get_tensor().set_names({name})
    converted.validate_nodes_and_infer_types()
    path = folder / OPENVINO_MODEL
    path.parent.mkdir(exist_ok=True)
    openvino.save_model(converted, path, compress_to_fp16=True)
    write_hashes(folder)
    return path
