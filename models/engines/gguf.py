"""Writing a fine-tuned language model as GGUF, after the pattern of the file it was fine-tuned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import MissingExtraError, TrainingError

try:
    import gguf
except ImportError:
    raise MissingExtraError("Writing GGUF", "train") from None

# transformers' names of a Llama model's tensors, by the names that GGUF gives them.
_BLOCK_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OTHER_TENSORS = {"token_embd": "embed_tokens", "output_norm": "norm"}


def write_gguf(template: Path, state: dict[str, NDArray[np.float32]], path: Path, name: str) -> None:
    """Write new weights with the metadata and tokenizer of an existing file, in eight bits.

    Four bits, in which the base comes, are too coarse: fine-tuning moves most weights by less than one
    step, and rounding takes them back to where they were.

    Args:
        template: A GGUF file of a Llama model, the base of the fine-tuning.
        state: The weights by transformers' names, in float32.
        path: The file to write.
        name: The model's name, stored in the file.

    Raises:
        TrainingError: If the template is of another architecture.
    """
    reader = gguf.GGUFReader(template)
    architecture = _value(reader, "general.architecture")
    if architecture != "llama":
        raise TrainingError(
            f"{template}: has architecture '{architecture}'; only llama can be written as GGUF"
        )
    writer = gguf.GGUFWriter(path, architecture)
    for field in reader.fields.values():
        # The writer sets the GGUF.* fields and the architecture itself.
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        changed = {"general.name": name, "general.file_type": int(gguf.LlamaFileType.MOSTLY_Q8_0)}
        value = changed.get(field.name, field.contents())
        kind = field.types[0]
        writer.add_key_value(field.name, value, kind, field.types[-1] if len(field.types) > 1 else None)
    for tensor in reader.tensors:
        weights = _weights_for(tensor.name, state, reader)
        exact = tensor.tensor_type == gguf.GGMLQuantizationType.F32
        kind = gguf.GGMLQuantizationType.F32 if exact else gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(tensor.name, gguf.quants.quantize(weights, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _weights_for(name: str, state: dict[str, NDArray[np.float32]], reader: Any) -> NDArray[np.float32]:  # noqa: ANN401
    if name.startswith("blk."):
        _, block, tensor, _ = name.split(".")
        weights = state[f"model.layers.{block}.{_BLOCK_TENSORS[tensor]}.weight"]
        if tensor in ("attn_q", "attn_k"):
            key = "llama.attention.head_count" + ("_kv" if tensor == "attn_k" else "")
            return _interleaved(weights, int(_value(reader, key)))
        return weights
    tensor = name.removesuffix(".weight")
    return (
        state[f"model.{_OTHER_TENSORS[tensor]}.weight"]
        if tensor in _OTHER_TENSORS
        else state["lm_head.weight"]
    )


def _interleaved(weights: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder rows for rotary embedding: GGUF pairs neighbours, transformers rows half a head apart."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def _value(reader: Any, key: str) -> Any:  # noqa: ANN401 - any GGUF value
    return reader.fields[key].contents()
