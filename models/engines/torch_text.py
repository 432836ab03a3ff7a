"""Text generation with torch and transformers: the reference for other engines, and any checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import MissingExtraError

try:
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer
except ImportError:
    raise MissingExtraError("The torch engine", "train") from None

TEMPERATURE = 0.6
TOP_P = 0.9


class TorchTextGenerator:
    """Runs a causal language model with transformers in float32.

    Args:
        folder: The checkpoint's folder.
        gguf_file: The GGUF file in it, if the weights are stored so.
        threads: Processor threads; None for torch's choice. Torch has one setting for the process.
    """

    def __init__(self, folder: Path, gguf_file: str | None = None, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        source = {"gguf_file": gguf_file} if gguf_file else {}
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, **source)
        self._model = AutoModelForCausalLM.from_pretrained(
            str(folder), dtype=torch.float32, local_files_only=True, **source
        )
        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def generate(self, prompt: str, max_new_tokens: int, seed: int | None = None) -> str:
        """Continue a prompt: the likeliest continuation, or with a seed a sampled one."""
        inputs = self._tokenizer(prompt, return_tensors="pt").to(self._model.device)
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None}
        if seed is not None:
            torch.manual_seed(seed)
            sampling = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P}
        with torch.inference_mode():
            output = self._model.generate(
                **inputs,
                max_new_tokens=max_new_tokens,
                pad_token_id=self._tokenizer.eos_token_id,
                **sampling,
            )
        return str(
            self._tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        )
