"""Text generation with OpenVINO GenAI, from a GGUF file that is converted once."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import openvino_genai

from ..folder import cache_folder
from .openvino import cpu_properties

TEMPERATURE = 0.6
TOP_P = 0.9


class OpenVinoTextGenerator:
    """Runs a causal language model stored as GGUF.

    The first use converts the file and keeps the result in the cache folder, under the file's hash and
    OpenVINO's version.

    Args:
        gguf: The weights.
        sha256: Their hash, already checked.
        threads: Processor threads; None for all cores.
    """

    def __init__(self, gguf: Path, sha256: str, threads: int | None = None) -> None:
        folder = _converted(gguf, sha256)
        self._pipeline = openvino_genai.LLMPipeline(str(folder), "CPU", **cpu_properties(threads))

    def generate(self, prompt: str, max_new_tokens: int, seed: int | None = None) -> str:
        """Continue a prompt: the likeliest continuation, or with a seed a sampled one."""
        config = openvino_genai.GenerationConfig()
        config.max_new_tokens = max_new_tokens
        config.apply_chat_template = False
        config.do_sample = seed is not None
        if seed is not None:
            config.rng_seed = seed
            config.temperature = TEMPERATURE
            config.top_p = TOP_P
        return str(self._pipeline.generate(prompt, config))


def _converted(gguf: Path, sha256: str) -> Path:
    """Return the folder with the converted model, converting it if it is not there.

    The conversion is written aside and renamed, so that of two processes that start at once each finds
    a whole one.
    """
    target = cache_folder() / "openvino" / f"{sha256[:16]}-{openvino_genai.__version__.split('-')[0]}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        link = work / gguf.name
        try:
            link.symlink_to(gguf.resolve())
        except OSError:  # Windows without the privilege to link
            shutil.copyfile(gguf, link)
        openvino_genai.LLMPipeline(str(link), "CPU", enable_save_ov_model=True)
        link.unlink()
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target
