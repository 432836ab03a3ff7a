"""Many documents: labels and abstracts of any number of files in constant memory, with nothing lost in a crash.

Documents are read one after another and handed to workers in groups; the sentences of a group are batched together
by length. Results come back in order and are written in shards. What is on the disk decides where a run goes
on, see `batch_output`; a run with other options, models or inputs is refused.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, Protocol

from .._version import __version__
from ..errors import BatchError, CommuniqueError, InputError
from ..models.classifier import Engine
from ..models.folder import HASHES, ModelFolder, file_hash, open_model_folder
from ..models.summarizer import LENGTHS, Length, Method
from .api import CLASSIFIER, SUMMARIZER, Analyzer, load
from .batch_inputs import (
    BatchDocument,
    InputFile,
    Rejection,
    describe,
    find_files,
    import_pyarrow,
    read_documents,
)
from .batch_output import (
    FORMAT_VERSION,
    INPUTS,
    Format,
    ShardWriter,
    locked,
    read_inputs,
    read_manifest,
    recover,
    write_inputs,
    write_manifest,
)
from .reports import to_dict
from .results import Analysis

BatchEngine = Literal["local", "ray"]

SHARD_SIZE = 128
"""Documents of a shard; what a crash may cost is the work on so many."""
GROUP_DOCUMENTS = 16
GROUP_CHARACTERS = 200_000
"""A group of documents is handed to a worker when it has so many documents or characters."""
GROUPS_AHEAD = 2
"""Groups that wait for each worker, so that reading and writing do not keep it waiting."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a run is."""

    handled: int
    """Documents that have their result or their rejection, those of an earlier start included."""
    documents: int
    """All documents of the run."""
    documents_per_second: float
    """Since this start."""
    sentences_per_second: float
    seconds_left: float | None
    """An estimate; None before the first documents are through."""

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {_duration(self.seconds_left)} left"
        return (
            f"{self.handled} of {self.documents} documents, {self.documents_per_second:.1f} documents/s, "
            f"{self.sentences_per_second:.0f} sentences/s{left}"
        )


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What a finished run holds."""

    documents: int
    """Documents with a result."""
    rejected: int
    sentences: int
    commitments: int
    """Sentences that bind their actor."""
    shards: int
    seconds: float
    """The work on all shards, of every start."""

    def __str__(self) -> str:
        rate = f", {self.sentences / self.seconds:.0f} sentences/s" if self.seconds else ""
        return (
            f"{self.documents} document(s), {self.sentences} sentence(s), {self.commitments} of them commitments, "
            f"in {self.shards} shard(s); {self.rejected} rejected; {_duration(self.seconds)}{rate}"
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker does with documents."""

    classifier: str
    summarizer: str
    model_engine: Engine
    threads: int | None
    method: Method | None
    length: Length


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are analysed together, all of one shard."""

    documents: tuple[BatchDocument, ...]
    rejections: tuple[Rejection, ...]
    """Those between them that could not be read."""
    ends_shard: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a group."""

    rows: tuple[str, ...]
    """Results as JSON."""
    rejections: tuple[Rejection, ...]
    sentences: int
    commitments: int


class Pending(Protocol):
    """What will become of a group."""

    def result(self) -> Outcome:
        """Wait for it."""
        ...


class Pool(Protocol):
    """What runs the work: threads, processes or Ray."""

    def submit(
        self,
        function: Callable[[Work, Sequence[BatchDocument]], Outcome],
        work: Work,
        documents: Sequence[BatchDocument],
        /,
    ) -> Pending:
        """Have a function called."""
        ...

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        """Stop."""
        ...


def run_batch(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    method: Method | None = "abstractive",
    length: Length = "medium",
    format: Format = "jsonl",
    classifier: str | Path = CLASSIFIER,
    summarizer: str | Path = SUMMARIZER,
    model_engine: Engine = "auto",
    workers: int = 1,
    threads: int | None = None,
    shard_size: int = SHARD_SIZE,
    engine: BatchEngine = "local",
    gpus: float = 0,
    ray_address: str | None = None,
    report: Callable[[BatchProgress], None] = lambda progress: None,
) -> BatchSummary:
    """Analyse any number of documents into a folder; called again, go on where an earlier run stopped.

    Args:
        inputs: Text files, JSON Lines and Parquet files, and folders of them; see `batch_inputs`.
        output: The folder for results; see `batch_output`.
        method: As in `Analyzer.analyze`; None leaves abstracts out.
        length: As in `Analyzer.summarize`.
        format: The format of results.
        classifier: A shipped model's name, or a model folder.
        summarizer: The same.
        model_engine: What computes.
        workers: Processes that analyse; 1 works in this process. Each has models of its own in memory. In a script,
            several need the usual `if __name__ == "__main__":`.
        threads: Processor threads of each worker; None for all cores, shared by the workers.
        shard_size: Documents of a shard; a crash costs the work on so many at most.
        engine: "local" for threads and processes of this machine, "ray" for Ray; both write the same.
        gpus: GPUs of each worker, with Ray.
        ray_address: A running Ray cluster; None starts Ray on this machine.
        report: Called after each group of documents.

    Returns:
        The summary. Of a run that was finished before, the summary it had; nothing is done.

    Raises:
        InputError: If an input does not exist, or there is no document.
        BatchError: If the folder belongs to another run, or to one with other options, models or inputs; if it
            cannot be written to; if an input or a model is changed in mid-run; if a worker dies.
        ModelFolderError: If a model is unknown, damaged, or lacks what the engine needs.
        MissingExtraError: If something needs an extra that is not installed.
        ValueError: If `workers` or `shard_size` is less than 1, or `length` is not valid.
    """
    if workers < 1 or shard_size < 1:
        raise ValueError(f"workers = {workers}, shard_size = {shard_size}; both must be at least 1")
    if length not in LENGTHS:
        raise ValueError(f"length = {length!r}; valid are {', '.join(map(repr, LENGTHS))}")
    if format == "parquet":
        import_pyarrow()
    output = Path(output)
    models = [open_model_folder(classifier, "classifier")]
    if method == "abstractive":
        models.append(open_model_folder(summarizer, "summarizer"))
    states = [_state(model) for model in models]
    options = {
        "method": method or "types only",
        "length": length if method else None,
        "format": format,
        "shard_size": shard_size,
        "model_engine": model_engine,
    }
    threads = threads if threads or workers == 1 else max(1, _cores() // workers)
    work = Work(str(classifier), str(summarizer), model_engine, threads, method, length)
    with locked(output):
        manifest = _begun(output, [Path(path) for path in inputs], options, models)
        totals = recover(output)
        if manifest["status"] == "finished":
            return BatchSummary(**manifest["summary"])
        documents = read_documents(read_inputs(output), totals.handled)
        meter = _Meter(manifest["input"]["documents"], totals.handled)
        writer = None
        pool = _pool(engine, workers, work.threads, gpus, ray_address)
        with closing(_analysed(group_documents(documents, shard_size), work, workers, pool)) as outcomes:
            for group, outcome in outcomes:
                if writer is None:
                    types = models[0].schema.names
                    writer = ShardWriter(output, totals, format, types, abstracts=method is not None)
                rejections = sorted((*group.rejections, *outcome.rejections), key=lambda row: row.number)
                writer.add(outcome.rows, rejections, outcome.sentences, outcome.commitments)
                report(meter.counted(len(outcome.rows) + len(rejections), outcome.sentences))
                if group.ends_shard:
                    for model, state in zip(models, states, strict=True):
                        _check_unchanged(model, state)
                    totals = writer.commit(meter.lap())
                    writer = None
        summary = BatchSummary(
            totals.documents,
            totals.rejected,
            totals.sentences,
            totals.commitments,
            totals.shards,
            round(totals.seconds, 1),
        )
        write_manifest(output, {**manifest, "status": "finished", "summary": asdict(summary)})
        return summary


class _Meter:
    """Measures how fast a run is; by a clock that cannot be set back."""

    def __init__(self, documents: int, handled: int) -> None:
        self._documents = documents
        self._handled_before = self._handled = handled
        self._sentences = 0
        self._started = self._lap = time.monotonic()

    def counted(self, documents: int, sentences: int) -> BatchProgress:
        """Count a group; return how far the run is."""
        self._handled += documents
        self._sentences += sentences
        seconds = max(time.monotonic() - self._started, 1e-9)
        rate = (self._handled - self._handled_before) / seconds
        left = (self._documents - self._handled) / rate if rate else None
        return BatchProgress(self._handled, self._documents, rate, self._sentences / seconds, left)

    def lap(self) -> float:
        """Return the seconds since the call before."""
        before, self._lap = self._lap, time.monotonic()
        return self._lap - before


def _begun(
    output: Path, inputs: Sequence[Path], options: dict[str, Any], models: Sequence[ModelFolder]
) -> dict[str, Any]:
    """Return the manifest of the run in a folder: a new one, or the present one if it is of the same run.

    Raises:
        BatchError: If the run there has other options, models or inputs.
        InputError: If an input does not exist, or there is no document.
    """
    wanted = {
        "format_version": FORMAT_VERSION,
        "communique": __version__,
        "options": options,
        "models": {
            model.config["kind"]: f"{model.name}, sha256 {file_hash(model.path / HASHES)}" for model in models
        },
    }
    manifest = read_manifest(output)
    if manifest is None:
        documents = write_inputs(output, map(describe, find_files(inputs, output)))
        if documents == 0:
            raise InputError(f"{', '.join(map(str, inputs))}: there is no file to read")
        manifest = {
            **wanted,
            "input": {"documents": documents, "sha256": file_hash(output / INPUTS)},
            "status": "unfinished",
        }
        write_manifest(output, manifest)
        return manifest
    for name, was, now in _pairs(manifest, wanted):
        if was != now:
            raise BatchError(
                f"{output}: was begun with another {name} ({was}; now {now}); "
                "run it with the same, or choose another output folder"
            )
    for was, now in zip_longest(read_inputs(output), map(describe, find_files(inputs, output))):
        if was != now:
            raise BatchError(
                f"{output}: was begun with other inputs ({_input_difference(was, now)}); "
                "restore them, or choose another output folder"
            )
    return manifest


def _pairs(manifest: dict[str, Any], wanted: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what a manifest and this run say of the same thing, with its name."""
    yield "format_version", manifest.get("format_version"), wanted["format_version"]
    yield "version of communique", manifest["communique"], wanted["communique"]
    for part in ("options", "models"):
        for name in dict.fromkeys((*manifest[part], *wanted[part])):
            yield name, manifest[part].get(name), wanted[part].get(name)


def _input_difference(was: InputFile | None, now: InputFile | None) -> str:
    if was is None or now is None:
        return f"'{now.path}' is new" if now else f"'{was.path}' is gone" if was else ""
    if was.path == now.path:
        return f"'{was.path}' was changed"
    return f"where '{was.path}' was, there is now '{now.path}'"


def _state(model: ModelFolder) -> dict[str, tuple[int, int, int] | None]:
    """Return what changes when a file of a model is written or replaced; quick, unlike its hash."""
    states: dict[str, tuple[int, int, int] | None] = {}
    for name in (HASHES, *model.hashes):
        try:
            found = (model.path / name).stat()
        except OSError:
            states[name] = None
        else:
            states[name] = (found.st_ino, found.st_size, found.st_mtime_ns)
    return states


def _check_unchanged(model: ModelFolder, before: dict[str, tuple[int, int, int] | None]) -> None:
    changed = [name for name, state in _state(model).items() if state != before[name]]
    if changed:
        raise BatchError(
            f"{model.path / changed[0]}: was changed while the run used the model; the shard in progress was left out. "
            "Restore the model and run the same command again, or choose another output folder"
        )


def group_documents(documents: Iterable[BatchDocument | Rejection], shard_size: int) -> Iterator[Group]:
    """Put documents that follow one another into groups, none of which reaches from one shard into the next.

    A group is the same whenever a run is begun or taken up at its shard, so that its results are too.
    """
    read: list[BatchDocument] = []
    rejected: list[Rejection] = []
    characters = 0
    ends_shard = True
    for document in documents:
        if isinstance(document, Rejection):
            rejected.append(document)
        else:
            read.append(document)
            characters += len(document.document.text)
        ends_shard = (document.number + 1) % shard_size == 0
        if ends_shard or len(read) >= GROUP_DOCUMENTS or characters >= GROUP_CHARACTERS:
            yield Group(tuple(read), tuple(rejected), ends_shard)
            read, rejected, characters = [], [], 0
    if not ends_shard:
        yield Group(tuple(read), tuple(rejected), ends_shard=True)


def _analysed(
    groups: Iterator[Group], work: Work, workers: int, pool: Pool
) -> Generator[tuple[Group, Outcome], None, None]:
    """Have groups analysed, and yield them in order with what became of them."""
    waiting: deque[tuple[Group, Pending]] = deque()
    try:
        for group in groups:
            waiting.append((group, pool.submit(analyse, work, group.documents)))
            if len(waiting) > GROUPS_AHEAD * workers:
                yield _result(*waiting.popleft())
        while waiting:
            yield _result(*waiting.popleft())
    except BrokenProcessPool:
        raise BatchError(
            "a worker process died, perhaps for want of memory; finished shards are kept: "
            "run the same command again, with fewer workers if it happens again"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        _analyzer.cache_clear()


def _result(group: Group, outcome: Pending) -> tuple[Group, Outcome]:
    return group, outcome.result()


def _pool(engine: BatchEngine, workers: int, threads: int | None, gpus: float, address: str | None) -> Pool:
    if engine == "ray":
        from .batch_ray import RayPool

        return RayPool(workers, threads or 1, gpus, address)
    if workers == 1:
        return ThreadPoolExecutor(1)
    # A forked process would inherit the threads' locks of numeric libraries, but not their threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_stay_with_parent)


def _stay_with_parent() -> None:
    """Let a worker process end with its parent, even when that is killed; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _analyzer(work: Work) -> Analyzer:
    """Load the models, once in a process."""
    return load(work.classifier, work.summarizer, engine=work.model_engine, threads=work.threads)


def analyse(work: Work, documents: Sequence[BatchDocument]) -> Outcome:
    """Analyse documents together; one that cannot be analysed becomes a rejection.

    Raises:
        BatchError: If several documents fail in a way that no text should; it is then not the texts' fault.
        ModelFolderError: If a model is damaged, or lacks what the engine needs.
        MissingExtraError: If the engine needs an extra that is not installed.
    """
    rows, rejections = [], []
    sentences = commitments = 0
    results = _results(_analyzer(work), documents, work) if documents else []
    for document, result in zip(documents, results, strict=True):
        if isinstance(result, str):
            rejections.append(Rejection(document.number, document.source, document.id, result))
            continue
        rows.append(_row(document, result))
        sentences += len(result.sentences)
        commitments += sum(sentence.is_commitment for sentence in result.sentences)
    return Outcome(tuple(rows), tuple(rejections), sentences, commitments)


def _results(analyzer: Analyzer, documents: Sequence[BatchDocument], work: Work) -> list[Analysis | str]:
    """Return the analysis of each document, or why there is none."""
    try:
        texts = [document.document for document in documents]
        return [*analyzer.analyze(texts, method=work.method, length=work.length)]
    except InputError:
        pass
    except CommuniqueError:
        raise
    except Exception:
        pass
    results: list[Analysis | str] = []
    unexpected = 0
    for document in documents:
        try:
            results.append(analyzer.analyze(document.document, method=work.method, length=work.length))
        except InputError as error:
            results.append(str(error).removeprefix(f"{document.source}: "))
        except CommuniqueError:
            raise
        except Exception as error:
            results.append(f"cannot be analysed ({type(error).__name__}: {error})")
            unexpected += 1
    if unexpected == len(documents) > 1:
        raise BatchError(
            f"{documents[0].source} and the {unexpected - 1} document(s) after it cannot be analysed: {results[0]}; "
            "finished shards are kept: run the same command again when the cause is removed"
        )
    return results


def _row(document: BatchDocument, analysis: Analysis) -> str:
    content = to_dict(
        replace(analysis, warnings=(*document.warnings, *analysis.warnings)),
        "sentences" if analysis.abstract is None else "analysis",
    )
    return json.dumps({"number": document.number, "id": document.id, **content}, ensure_ascii=False)
