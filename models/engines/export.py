"""Converting a trained model for the OpenVINO engine."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import warnings
from pathlib import Path
from typing import Literal

import openvino
import torch

from ...errors import MissingExtraError, ModelFolderError
from ..classifier import OPENVINO_MODEL, WEIGHTS
from ..folder import find_model_folder, new_model_folder, open_model_folder, write_hashes
from ..summarizer import GGUF_WEIGHTS, TRANSFORMERS_FOLDER, TRANSFORMERS_WEIGHTS
from .torch import TorchClassifierEngine

try:
    from transformers.utils import logging
except ImportError:
    raise MissingExtraError("Exporting a model", "train") from None


def export_model(
    model: str | Path, engine: Literal["openvino", "torch"], output: Path, *, overwrite: bool = False
) -> Path:
    """Write a model folder that holds only what one engine needs.

    Args:
        model: A shipped model's name, or a model folder.
        engine: The engine to write for.
        output: The folder to write.
        overwrite: Replace an earlier output.

    Returns:
        `output`.

    Raises:
        ModelFolderError: If the model is damaged, has no weights for the engine and cannot be
            converted, or the output exists and `overwrite` is false.
    """
    source = find_model_folder(model)
    kind = json.loads((source / "config.json").read_text(encoding="utf-8"))["kind"]
    opened = open_model_folder(source, kind)
    unwanted = _files_of_other_engine(kind, engine)
    with new_model_folder(output, overwrite=overwrite) as folder:
        opened.copy_to(folder, [name for name in opened.hashes if not name.startswith(unwanted)])
        written = open_model_folder(folder, kind)
        if kind == "classifier" and engine == "openvino" and not written.has(OPENVINO_MODEL):
            shutil.copyfile(opened.file(WEIGHTS), folder / WEIGHTS)
            write_hashes(folder)
            export_classifier(folder)
            (folder / WEIGHTS).unlink()
        elif kind == "classifier" and engine == "torch":
            opened.file(WEIGHTS)
        elif kind == "summarizer" and engine == "openvino" and not written.parts(GGUF_WEIGHTS):
            raise ModelFolderError(
                f"{source}: has no {GGUF_WEIGHTS}; OpenVINO runs summarizers whose base is a GGUF file, "
                "such as smollm2-135m. Use --engine torch"
            )
        elif kind == "summarizer" and engine == "torch" and not written.has(TRANSFORMERS_WEIGHTS):
            for part in opened.parts(GGUF_WEIGHTS):
                shutil.copyfile(part, folder / part.name)
            write_hashes(folder)
    return output


def _files_of_other_engine(kind: str, engine: Literal["openvino", "torch"]) -> tuple[str, ...]:
    """Name what a model folder holds for the other engine, by file or by folder."""
    if kind == "classifier":
        return (WEIGHTS,) if engine == "openvino" else ("openvino/",)
    return (f"{TRANSFORMERS_FOLDER}/",) if engine == "openvino" else (GGUF_WEIGHTS,)


def export_classifier(folder: Path) -> Path:
    """Convert a classifier's weights to OpenVINO, stored in their own precision, beside the torch ones.

    Args:
        folder: The model folder; its hashes are written anew.

    Returns:
        The `.xml` file.

    Raises:
        ModelFolderError: If the folder is no classifier or is damaged.
    """
    model = open_model_folder(folder, "classifier")
    logging.set_verbosity_error()
    network = TorchClassifierEngine(model.config, model.file(WEIGHTS), len(model.schema.names)).network.cpu()
    # Two rows of different lengths, so that neither axis is taken for a constant.
    ids = torch.ones((2, 16), dtype=torch.int64)
    example = {
        "input_ids": ids,
        "attention_mask": ids,
        "token_type_ids": torch.zeros_like(ids),
        "pooling_mask": ids,
        "position": torch.zeros((2, 3)),
    }
    with warnings.catch_warnings():
        # The converter traces the network and warns of branches that our inputs never take.
        warnings.simplefilter("ignore")
        converted = openvino.convert_model(network, example_input=example)
    # The converter keeps the order of the arguments but not always their names.
    for name, item in zip(example, converted.inputs, strict=True):
        item.get_node().set_partial_shape(openvino.PartialShape([-1, 3] if name == "position" else [-1, -1]))
        item.get_tensor().set_names({name})
    converted.validate_nodes_and_infer_types()
    if model.config.get("weights") == "int8":
        converted = _with_int8_weights(converted)
    path = folder / OPENVINO_MODEL
    path.parent.mkdir(exist_ok=True)
    openvino.save_model(converted, path, compress_to_fp16=True)
    write_hashes(folder)
    return path


def _with_int8_weights(model: openvino.Model) -> openvino.Model:
    """Store the matrices as whole numbers again: they lie on that grid already, so no figure changes."""
    import nncf

    nncf.set_log_level("ERROR")
    # Its progress bar would go to standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
