"""Throughput of batch runs beside the ways that users would write themselves, in one run on one machine.

Each system works through the same documents in a process of its own, the loading of its models included. Memory is
that of the process and its children together, taken again and again, so that growth shows. What a system does not
need itself is imported where it is used, for the same reason.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import CommuniqueError, InputError, MissingExtraError
from ..inference.api import load
from ..inference.batch import BatchProgress, run_batch
from ..inference.batch_inputs import BatchDocument, describe, read_documents
from ..models.summarizer import Method
from ..models.text import Document, segment

try:
    import psutil
except ImportError:
    raise MissingExtraError("The benchmark of batch runs", "train") from None

LOCAL = "communique batch"
RAY = "communique batch --engine ray"
LOOP = "a loop over communique"
DATASETS = "datasets.map with a transformers pipeline"
METHODS: dict[str, Method | None] = {"types": None, "extractive": "extractive", "abstractive": "abstractive"}
MEMORY_SAMPLES = 50
"""Times that memory is taken in a run."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast a system works through documents."""

    system: str
    method: str
    workers: int
    documents: int
    sentences: int
    seconds: float
    """From loading the models to the last result."""
    memory: tuple[tuple[int, int], ...]
    """Memory in MB after so many documents, all processes together."""

    @property
    def documents_per_second(self) -> float:
        """Rate."""
        return self.documents / self.seconds

    @property
    def sentences_per_second(self) -> float:
        """Rate."""
        return self.sentences / self.seconds

    @property
    def core_hours_per_million(self) -> float:
        """Core hours that a million sentences take: all cores of the machine count for the whole time."""
        return self.seconds * (os.cpu_count() or 1) / 3600 / self.sentences * 1e6

    @property
    def memory_growth(self) -> float:
        """Memory at the end in proportion to what it was after a tenth of the documents."""
        early = next(memory for documents, memory in self.memory if documents * 10 >= self.documents)
        return self.memory[-1][1] / early


def benchmark_batch(
    data: Sequence[Path],
    *,
    classifier: str = "classifier",
    summarizer: str = "summarizer",
    documents: int = 5000,
    methods: Sequence[str] = tuple(METHODS),
    workers: Sequence[int] = (1, 2),
    baselines: bool = False,
    report: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Measure throughput.

    Args:
        data: Any inputs of a batch run.
        classifier: A shipped classifier's name, or a model folder.
        summarizer: The same for the summarizer.
        documents: How many to work through; the data's are repeated if there are fewer.
        methods: What to measure: "types", "extractive", "abstractive".
        workers: Numbers of workers to measure.
        baselines: Measure the loop, and for types `datasets.map`, beside it.
        report: Called with a line before each measurement, and one with its rates after it.

    Returns:
        Plain data: `machine` and `throughput`, a list of `Throughput`.

    Raises:
        InputError: If the data hold no readable document.
        CommuniqueError: If a measurement fails.
    """
    from .machine import processor_name

    throughput = []
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "documents.jsonl"
        _repeat(data, texts, documents)
        for method in methods:
            systems = [(LOCAL, count) for count in workers]
            if importlib.util.find_spec("ray") is not None:
                systems += [(RAY, count) for count in workers]
            if baselines:
                systems.append((LOOP, 1))
            if baselines and method == "types":
                systems.append((DATASETS, 1))
            for system, count in systems:
                report(f"{system}, {method}, {count} worker(s)")
                measured = _in_own_process(system, method, count, str(texts), classifier, summarizer)
                report(
                    f"  {measured.documents_per_second:.2f} documents/s, "
                    f"{measured.sentences_per_second:.1f} sentences/s"
                )
                throughput.append(measured)
    return {
        "communique": __version__,
        "machine": {
            "processor": processor_name(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "classifier": classifier,
        "throughput": [asdict(measured) for measured in throughput],
    }


def batch_table(result: dict[str, Any]) -> str:
    """Write a benchmark as a Markdown table."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; classifier {result['classifier']}",
        "",
        "| system | results | workers | documents | documents/s | in proportion to the loop | sentences/s "
        "| core hours per million sentences | peak MB | memory, end / after a tenth |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [Throughput(**row) for row in result["throughput"]]
    loops = {row.method: row.documents_per_second for row in rows if row.system == LOOP}
    for measured in rows:
        loop = loops.get(measured.method)
        proportion = f"{measured.documents_per_second / loop:.2f}" if loop else ""
        lines.append(
            f"| {measured.system} | {measured.method} | {measured.workers} | {measured.documents} "
            f"| {measured.documents_per_second:.2f} | {proportion} | {measured.sentences_per_second:.1f} "
            f"| {measured.core_hours_per_million:.1f} | {max(memory for _, memory in measured.memory)} "
            f"| {measured.memory_growth:.2f} |"
        )
    return "\n".join(lines)


def measure(
    system: str, method: str, workers: int, texts: str, classifier: str, summarizer: str
) -> Throughput:
    """Let one system work through a file of documents, in this process."""
    total = describe(Path(texts)).documents
    memory: list[tuple[int, int]] = []

    def sample(handled: int) -> None:
        if not memory or handled == total or handled - memory[-1][0] >= total / MEMORY_SAMPLES:
            memory.append((handled, _memory_mb()))

    started = time.perf_counter()
    if system in (LOCAL, RAY):
        sentences = _batch(system, method, workers, texts, classifier, summarizer, sample)
    elif system == LOOP:
        sentences = _loop(method, texts, classifier, summarizer, sample)
    else:
        sentences = _datasets_map(texts, classifier, sample)
    seconds = time.perf_counter() - started
    return Throughput(system, method, workers, total, sentences, round(seconds, 2), tuple(memory))


def _batch(
    system: str,
    method: str,
    workers: int,
    texts: str,
    classifier: str,
    summarizer: str,
    sample: Callable[[int], None],
) -> int:
    def report(progress: BatchProgress) -> None:
        sample(progress.handled)

    with tempfile.TemporaryDirectory() as output:
        summary = run_batch(
            [texts],
            output,
            method=METHODS[method],
            classifier=classifier,
            summarizer=summarizer,
            workers=workers,
            engine="ray" if system == RAY else "local",
            report=report,
        )
    return summary.sentences


def _loop(method: str, texts: str, classifier: str, summarizer: str, sample: Callable[[int], None]) -> int:
    analyzer = load(classifier, summarizer)
    sentences = 0
    for handled, document in enumerate(_documents(texts), start=1):
        if method == "types":
            sentences += len(analyzer.classify(document))
        else:
            sentences += len(analyzer.analyze(document, method=METHODS[method]).sentences)
        sample(handled)
    return sentences


def _datasets_map(texts: str, classifier: str, sample: Callable[[int], None]) -> int:
    import datasets

    from .benchmark import pipeline_labeller

    label = pipeline_labeller(classifier, os.cpu_count() or 1, 32)
    datasets.disable_progress_bars()
    handled = sentences = 0

    def labelled(batch: dict[str, list[str]]) -> dict[str, list[int]]:
        nonlocal handled, sentences
        groups = [[sentence.text for sentence in segment(text)] for text in batch["text"]]
        label(groups)
        handled += len(groups)
        sentences += sum(map(len, groups))
        sample(handled)
        return {"sentences": [len(group) for group in groups]}

    rows = datasets.Dataset.from_list([{"text": document.text} for document in _documents(texts)])
    rows.map(labelled, batched=True, batch_size=16, load_from_cache_file=False)
    return sentences


def _documents(texts: str) -> Iterator[Document]:
    for document in read_documents([describe(Path(texts))]):
        if isinstance(document, BatchDocument):
            yield document.document


def _repeat(data: Sequence[Path], target: Path, count: int) -> None:
    """Write so many documents of the data as JSON Lines, going round and round."""
    texts = [
        document.document.text
        for document in read_documents(map(describe, data))
        if isinstance(document, BatchDocument)
    ]
    if not texts:
        raise InputError(f"{', '.join(map(str, data))}: there is no document that can be read")
    with target.open("w", encoding="utf-8") as file:
        for text in islice(cycle(texts), count):
            file.write(json.dumps({"text": text}) + "\n")


def _memory_mb() -> int:
    process = psutil.Process()
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return round(total / 1024 / 1024)


def _in_own_process(*arguments: str | int) -> Throughput:
    # The packages are found as this process found them.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "communique.training.batch_benchmark", json.dumps(arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        raise CommuniqueError(f"the measurement of '{arguments[0]}' failed: {result.stderr.strip()[-2000:]}")
    return Throughput(**json.loads(result.stdout.strip().split("\n")[-1]))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(measure(*json.loads(sys.argv[1])))) + "\n")
