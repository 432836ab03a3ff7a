"""Accuracy and speed of the classifier beside simpler and slower systems, in one run on one machine.

Accuracy comes from `training.evaluation`. Speed is measured in a process of its own for each system and number
of threads, so that no system warms up another and each has its own peak of memory.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..inference.api import load
from ..models.classifier import SentenceClassifier, sentence_inputs
from ..models.folder import open_model_folder
from .baselines import BASELINE_CLASSIFIERS, learned_types
from .config import data_path
from .corpus import load_documents
from .evaluation import evaluate_models, judge_types
from .figures import speed_and_accuracy
from .machine import machine_description, peak_memory_mb, run_in_own_process
from .report import markdown_tables

SENTENCES = 1000
SINGLE_SENTENCES = 100
OURS = "communique (OpenVINO)"
TORCH = "communique (torch)"
PIPELINE = "transformers pipeline, one by one"
PIPELINE_BATCHED = "transformers pipeline, batches of 32"
SPEED_SYSTEMS = (OURS, TORCH, PIPELINE, PIPELINE_BATCHED)
TRAINING_DATA = "package:seeds/corpus/train.jsonl"


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a system labels sentences."""

    system: str
    threads: int
    load_seconds: float
    """From the import to a loaded model."""
    sentences_per_second: float
    """Over a list of sentences of natural lengths, the first pass not counted."""
    p50_milliseconds: float
    """Of one sentence alone, half are faster."""
    p95_milliseconds: float
    peak_memory_mb: int


def benchmark_classifier(
    model: str | Path,
    data: Sequence[Path],
    *,
    baselines: bool = False,
    sentences: int = SENTENCES,
    threads: Sequence[int] = (1, 2),
    report: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Measure accuracy and speed.

    Args:
        model: A shipped classifier's name, or a model folder.
        data: Files of annotated documents that no model has learned from.
        baselines: Judge the simpler systems, and time the slower ones, beside it.
        sentences: How many sentences of the data to time, repeated if there are fewer.
        threads: Numbers of processor threads to time.
        report: Called with a line before each measurement.

    Returns:
        Plain data: `machine`, `accuracy` as from `evaluate_models`, and `speed`, a list of `Speed`.

    Raises:
        CorpusError: If a document is broken.
        ModelFolderError: If the model is damaged, or lacks weights for an engine.
    """
    analyzer = load(model)
    report("accuracy of the classifier")
    accuracy = evaluate_models(analyzer, data, baselines=baselines, abstracts=False)
    if baselines:
        documents = load_documents(data, analyzer.schema)
        training = load_documents([data_path(TRAINING_DATA)], analyzer.schema)
        for name in BASELINE_CLASSIFIERS:
            report(f"accuracy of {name}")
            given = learned_types(name, training, documents, analyzer.schema)
            accuracy["systems"][name] = judge_types(given, documents, analyzer.schema)
    systems = SPEED_SYSTEMS if baselines else (OURS,)
    speeds = []
    for system in systems:
        for count in threads:
            report(f"speed of {system}, {count} thread(s)")
            speeds.append(_speed_in_own_process(system, model, data, sentences, count))
    return {
        "communique": __version__,
        "machine": machine_description(),
        "sentences": sentences,
        "accuracy": accuracy,
        "speed": [asdict(speed) for speed in speeds],
    }


def write_benchmark(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write a benchmark as `benchmark.json`, `benchmark.md` and `benchmark.png`; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"benchmark.{ending}" for ending in ("json", "md", "png")]
    paths[0].write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    paths[1].write_text(benchmark_tables(result) + "\n", encoding="utf-8")
    speed_and_accuracy(result, paths[2])
    return paths


def benchmark_tables(result: dict[str, Any]) -> str:
    """Write a benchmark as Markdown tables."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; {result['sentences']} sentences of natural lengths",
        "",
        "| system | threads | sentences/s | one sentence, p50 ms | p95 ms | load s | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for speed in result["speed"]:
        lines.append(
            f"| {speed['system']} | {speed['threads']} | {speed['sentences_per_second']:.1f} "
            f"| {speed['p50_milliseconds']:.1f} | {speed['p95_milliseconds']:.1f} "
            f"| {speed['load_seconds']:.2f} | {speed['peak_memory_mb']} |"
        )
    return "\n".join([*lines, "", markdown_tables(result["accuracy"])])


def measure_speed(system: str, model: str, data: Sequence[Path], sentences: int, threads: int) -> Speed:
    """Time one system in this process."""
    started = time.perf_counter()
    label = _labeller(system, model, threads)
    load_seconds = time.perf_counter() - started
    schema = open_model_folder(model, "classifier").schema
    groups = [document.sentence_texts() for document in load_documents(data, schema)]
    wanted: list[list[str]] = []
    while sum(map(len, wanted)) < sentences:
        wanted += groups
    texts, left = [], sentences
    for group in wanted:
        if left > 0:
            texts.append(group[:left])
            left -= len(texts[-1])
    label(texts[:5])
    started = time.perf_counter()
    label(texts)
    rate = sentences / (time.perf_counter() - started)
    alone = [text for group in texts for text in group][:SINGLE_SENTENCES]
    times = []
    for text in alone:
        started = time.perf_counter()
        label([[text]])
        times.append(1000 * (time.perf_counter() - started))
    p50, p95 = (float(value) for value in np.percentile(times, [50, 95]))
    return Speed(system, threads, load_seconds, rate, p50, p95, peak_memory_mb())


def _labeller(system: str, model: str, threads: int) -> Callable[[Sequence[Sequence[str]]], object]:
    if system in (OURS, TORCH):
        classifier = SentenceClassifier.load(model, "openvino" if system == OURS else "torch", threads)
        return classifier.score_documents
    return pipeline_labeller(model, threads, 1 if system == PIPELINE else 32)


def pipeline_labeller(
    model: str, threads: int, batch_size: int
) -> Callable[[Sequence[Sequence[str]]], object]:
    """Put our encoder behind the pipeline that a transformers user would write; its head costs the same."""
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast, pipeline

    transformers.logging.set_verbosity_error()
    torch.set_num_threads(threads)
    classifier = SentenceClassifier.load(model, "torch", threads)
    settings = AutoConfig.for_model(
        **classifier.folder.config["encoder"], num_labels=len(classifier.schema.names)
    )
    network = AutoModelForSequenceClassification.from_config(settings, dtype=torch.float32).eval()
    encoder = classifier._engine.network.encoder  # type: ignore[attr-defined]
    getattr(network, network.base_model_prefix).load_state_dict(encoder.state_dict(), strict=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=classifier.tokenizer,
        pad_token=classifier.tokenizer.id_to_token(classifier.padding_id),
        model_max_length=classifier.max_length,
    )
    classify = pipeline(
        "text-classification", model=network, tokenizer=tokenizer, batch_size=batch_size, top_k=None
    )

    def label(documents: Sequence[Sequence[str]]) -> object:
        # The pipeline streams a generator and would take a list's iterator for one text. It fails on a sentence that
        # is longer than the encoder's window unless it may cut it off, where the classifier reads on in windows.
        return list(
            classify(
                (
                    {"text": item.text, "text_pair": item.context}
                    for texts in documents
                    for item in sentence_inputs(texts, classifier.context_sentences)
                ),
                truncation=True,
            )
        )

    return label


def _speed_in_own_process(
    system: str, model: str | Path, data: Sequence[Path], sentences: int, threads: int
) -> Speed:
    arguments = [system, str(model), [str(path) for path in data], sentences, threads]
    name = f"the measurement of '{system}'"
    return Speed(**run_in_own_process("communique.training.benchmark", arguments, threads, name))


if __name__ == "__main__":
    system_, model_, data_, sentences_, threads_ = json.loads(sys.argv[1])
    speed_ = measure_speed(system_, model_, [Path(path) for path in data_], sentences_, threads_)
    sys.stdout.write(json.dumps(asdict(speed_)) + "\n")
