"""Files and texts that people give the page: read, analysed and kept one after the other, with their progress."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Literal
from uuid import uuid4

from ...errors import CommuniqueError
from ..api import Analyzer
from ..readers.worker import Worker
from ..reading import ReadText, read_data
from .analysis_queue import AnalysisQueue, Job, Report
from .corrections import CorrectionStore
from .limits import MAX_DOCUMENTS_IN_FILE, Limits
from .metrics import Metrics

UPLOADS_REMEMBERED = 1000
"""How many uploads can still be asked for; their documents stay in any case."""


@dataclass(frozen=True, slots=True)
class UploadReport:
    """How far an upload is and what came of it."""

    id: str
    name: str
    state: Literal["waiting", "running", "finished"]
    ahead: int
    """Requests that are to be finished before it runs."""
    progress: str
    documents: tuple[str, ...]
    """Names of the documents that are kept by now."""
    problems: tuple[str, ...]
    """What could not be read or analysed, and why."""
    warnings: tuple[str, ...]


@dataclass(eq=False)
class _Upload:
    name: str
    job: Job[None] | None = None
    documents: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Uploads:
    """Takes files, and knows how far each is.

    Args:
        analyzer: What analyses them.
        store: Where they are kept.
        queue: Where they wait.
        limits: What is too much.
        metrics: Where labelled sentences are counted.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        store: CorrectionStore,
        queue: AnalysisQueue,
        limits: Limits,
        metrics: Metrics,
    ) -> None:
        self._analyzer = analyzer
        self._store = store
        self._queue = queue
        self._limits = limits
        self._metrics = metrics
        self._parser = Worker(timeout=limits.seconds)
        self._uploads: OrderedDict[str, _Upload] = OrderedDict()
        self._lock = Lock()

    def submit(self, client: str, name: str, data: bytes, date: str | None = None) -> UploadReport:
        """Queue a file.

        Args:
            client: Who sent it.
            name: Its name.
            data: The file.
            date: The date of its texts, ISO 8601, in place of the one that they tell.

        Raises:
            TooManyJobsError: If this client has too many requests in progress.
            QueueFullError: If all clients together have.
        """
        upload = _Upload(name)
        identifier = uuid4().hex
        upload.job = self._queue.submit(client, lambda report: self._analyse(upload, data, date, report))
        with self._lock:
            self._uploads[identifier] = upload
            if len(self._uploads) > UPLOADS_REMEMBERED:
                self._uploads.popitem(last=False)
        return self._report(identifier, upload)

    def report(self, identifier: str) -> UploadReport | None:
        """Tell how far an upload is, or None if it is unknown or was long ago."""
        with self._lock:
            upload = self._uploads.get(identifier)
        return None if upload is None else self._report(identifier, upload)

    def _report(self, identifier: str, upload: _Upload) -> UploadReport:
        job = upload.job
        assert job is not None
        # In this order: what is finished after the first line has all its documents in the last ones.
        state: Literal["waiting", "running", "finished"] = (
            "finished" if job.future.done() else "running" if job.future.running() else "waiting"
        )
        return UploadReport(
            identifier,
            upload.name,
            state,
            self._queue.ahead_of(job) if state == "waiting" else 0,
            job.progress,
            tuple(upload.documents),
            tuple(upload.problems),
            tuple(upload.warnings),
        )

    def _analyse(self, upload: _Upload, data: bytes, date: str | None, report: Report) -> None:
        report("reading")
        for number, outcome in enumerate(read_data(data, upload.name, self._parser), start=1):
            if number > MAX_DOCUMENTS_IN_FILE:
                upload.problems.append(
                    f"{upload.name}: holds more than {MAX_DOCUMENTS_IN_FILE} documents; the page takes the first of "
                    "them, and `communique batch` takes all"
                )
                break
            if not isinstance(outcome, ReadText):
                upload.problems.append(str(outcome))
                continue
            report(f"analysing document {number}" if number > 1 else "analysing")
            try:
                self._keep(upload, outcome, date)
            except CommuniqueError as error:
                upload.problems.append(str(error))
            except Exception as error:
                # One text that breaks the models must not take the rest of its file with it.
                upload.problems.append(
                    f"{outcome.document.identifier}: cannot be analysed ({type(error).__name__}: {error})"
                )
        report("")

    def _keep(self, upload: _Upload, read: ReadText, date: str | None) -> None:
        document = replace(read.document, date=date) if date else read.document
        if len(document.text) > self._limits.characters:
            upload.problems.append(
                f"{document.identifier}: has {len(document.text):,} characters, and this server takes "
                f"{self._limits.characters:,}; use `communique analyze`, or start it with --max-characters"
            )
            return
        analysis = self._analyzer.analyze(document, facts=True)
        self._metrics.sentences.inc(len(analysis.sentences))
        upload.documents.append(self._store.add(document.text, analysis, self._analyzer.schema))
        upload.warnings += read.warnings

    def close(self) -> None:
        """End the process in which files are parsed."""
        self._parser.close()
