"""Text generation with OpenVINO GenAI, from a GGUF file that is converted once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openvino_genai

from ..folder import in_cache, join_parts
from .openvino import cpu_properties

TEMPERATURE = 0.6
TOP_P = 0.9


class OpenVinoTextGenerator:
    """Runs a causal language model stored as GGUF.

    The first use converts the file and keeps the result in the cache folder, under the weights' hash and
    OpenVINO's version.

    Args:
        parts: The weights, as one file or in parts, already checked.
        threads: Processor threads; None for all cores.
    """

    def __init__(self, parts: list[Path], threads: int | None = None) -> None:
        version = openvino_genai.__version__.split("-")[0]
        folder = in_cache(f"openvino-{version}", parts, _convert)
        properties = {
            **cpu_properties(threads),
            # In less precision, the default of some processors, a text would depend on those written beside it.
            "INFERENCE_PRECISION_HINT": "f32",
            "KV_CACHE_PRECISION": "f32",
        }
        self._pipeline = openvino_genai.LLMPipeline(str(folder), "CPU", **properties)

    def generate(
        self,
        prompt: str,
        max_new_tokens: int,
        seed: int | None = None,
        on_text: Callable[[str], bool] | None = None,
    ) -> str:
        """Continue a prompt; see `TextGenerator`."""
        watch = _Watch(on_text)
        # Python sees Ctrl-C only in its own code: so it waits while another thread is in the library's.
        with ThreadPoolExecutor(1) as thread:
            writing = thread.submit(self._pipeline.generate, prompt, _settings(max_new_tokens, seed), watch)
            try:
                written = str(writing.result())
            finally:
                watch.stop = True
        if watch.error is not None:
            raise watch.error
        return written

    def generate_all(self, prompts: Sequence[str], max_new_tokens: int, seed: int | None = None) -> list[str]:
        """Continue several prompts in one batch, which those leave that are finished; see `TextGenerator`."""
        return list(self._pipeline.generate(list(prompts), _settings(max_new_tokens, seed)).texts)


class _Watch:
    """Hands on what is written. The library calls it in a thread of its own, and would only print an error."""

    def __init__(self, on_text: Callable[[str], bool] | None) -> None:
        self._on_text = on_text
        self.stop = False
        self.error: BaseException | None = None

    def __call__(self, piece: str) -> openvino_genai.StreamingStatus:
        if not self.stop and self._on_text is not None:
            try:
                self.stop = self._on_text(piece)
            except BaseException as error:
                self.error = error
                self.stop = True
        return openvino_genai.StreamingStatus.CANCEL if self.stop else openvino_genai.StreamingStatus.RUNNING


def _settings(max_new_tokens: int, seed: int | None) -> openvino_genai.GenerationConfig:
    config = openvino_genai.GenerationConfig()
    config.max_new_tokens = max_new_tokens
    config.apply_chat_template = False
    config.do_sample = seed is not None
    if seed is not None:
        config.rng_seed = seed
        config.temperature = TEMPERATURE
        config.top_p = TOP_P
    return config


def _convert(folder: Path, parts: list[Path]) -> None:
    """Fill a folder with the model in OpenVINO's format."""
    gguf = folder / "model.gguf"
    join_parts(parts, gguf)
    openvino_genai.LLMPipeline(str(gguf), "CPU", enable_save_ov_model=True)
    gguf.unlink()
