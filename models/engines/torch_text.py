"""Text generation with torch and transformers: the reference for other engines, and any checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError, MissingExtraError

try:
    import torch
    import transformers
    from transformers import (
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
        StoppingCriteria,
        StoppingCriteriaList,
    )
except ImportError:
    raise MissingExtraError("The torch engine", "train") from None

TEMPERATURE = 0.6
TOP_P = 0.9
SEQ2SEQ_SETTINGS: dict[str, Any] = {"num_beams": 1, "min_length": 0, "no_repeat_ngram_size": 0}
"""Checkpoints of summarizers ask for beams and least lengths of the corpus that they were made for."""


class TorchTextGenerator:
    """Runs a causal or a sequence-to-sequence language model with transformers in float32.

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
        settings = transformers.AutoConfig.from_pretrained(str(folder), local_files_only=True, **source)
        self._is_seq2seq = bool(settings.is_encoder_decoder)
        self._tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, **source)
        loader = AutoModelForSeq2SeqLM if self._is_seq2seq else AutoModelForCausalLM
        self._model = loader.from_pretrained(
            str(folder), dtype=torch.float32, local_files_only=True, **source
        )
        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def generate(
        self,
        prompt: str,
        max_new_tokens: int,
        seed: int | None = None,
        on_text: Callable[[str], bool] | None = None,
    ) -> str:
        """Continue a prompt; see `TextGenerator`.

        Raises:
            InputError: If the prompt is longer than the positions that the model knows.
        """
        inputs = self._tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
        length = inputs["input_ids"].shape[1]
        longest = getattr(self._model.config, "max_position_embeddings", None)
        if longest is not None and length > longest:
            raise InputError(f"the prompt has {length} tokens; this model reads {longest} at most")
        settings = SEQ2SEQ_SETTINGS if self._is_seq2seq else {"pad_token_id": self._tokenizer.eos_token_id}
        sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None}
        if seed is not None:
            torch.manual_seed(seed)
            sampling = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P}
        # A sequence-to-sequence model does not repeat the prompt.
        prompt_length = 0 if self._is_seq2seq else length
        watching: dict[str, Any] = {}
        if on_text is not None:
            watch = _Watch(self._tokenizer, prompt_length, on_text)
            watching["stopping_criteria"] = StoppingCriteriaList([watch])
        with torch.inference_mode():
            output = self._model.generate(
                **inputs.to(self._model.device),
                max_new_tokens=max_new_tokens,
                **settings,
                **sampling,
                **watching,
            )
        return str(self._tokenizer.decode(output[0, prompt_length:], skip_special_tokens=True))

    def generate_all(self, prompts: Sequence[str], max_new_tokens: int, seed: int | None = None) -> list[str]:
        """Continue several prompts, one after another; see `TextGenerator`."""
        return [self.generate(prompt, max_new_tokens, seed) for prompt in prompts]


class _Watch(StoppingCriteria):
    """Hands on what each token adds to the text, and ends the generation when told to."""

    def __init__(self, tokenizer: Any, prompt_length: int, on_text: Callable[[str], bool]) -> None:  # noqa: ANN401
        self._tokenizer = tokenizer
        self._prompt_length = prompt_length
        self._on_text = on_text
        self._handed_on = 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ANN401
        text = self._tokenizer.decode(
            input_ids[0, self._prompt_length :], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        # A token may end in the middle of a character.
        piece = "" if text.endswith("\ufffd") else text[self._handed_on :]
        self._handed_on += len(piece)
        return torch.full((len(input_ids),), self._on_text(piece), device=input_ids.device)
