"""What needs the models waits here and is done one after the other, so that load costs time and never memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from ...errors import ServerError

Result = TypeVar("Result")
Report = Callable[[str], None]
"""Tells how far a piece of work is, in words."""


class QueueFullError(ServerError):
    """Too much work is waiting."""


class TooManyJobsError(ServerError):
    """One client has too much work waiting."""


@dataclass(eq=False)
class Job(Generic[Result]):
    """A piece of work that waits, runs or is finished."""

    client: str
    """Who sent it."""
    future: Future[Result] = field(default_factory=Future)
    progress: str = ""
    """How far it is, in words."""


class AnalysisQueue:
    """A queue in front of one thread.

    Args:
        max_waiting: Jobs that may wait or run at once.
        max_per_client: Jobs of one client that may wait or run at once.
    """

    def __init__(self, max_waiting: int, max_per_client: int) -> None:
        self._max_waiting = max_waiting
        self._max_per_client = max_per_client
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="analysis")
        self._lock = Lock()
        self._unfinished: list[Job[Any]] = []

    def submit(self, client: str, work: Callable[[Report], Result]) -> Job[Result]:
        """Queue a piece of work.

        Args:
            client: Who sent it, such as an address.
            work: Does it; gets a function to tell how far it is.

        Raises:
            TooManyJobsError: If the client has too many jobs that are not finished.
            QueueFullError: If all clients together have.
        """
        job: Job[Result] = Job(client)
        with self._lock:
            if sum(other.client == client for other in self._unfinished) >= self._max_per_client:
                raise TooManyJobsError(
                    f"you have {self._max_per_client} requests in progress, the most that this server takes from one "
                    "client; wait for one to be answered"
                )
            if len(self._unfinished) >= self._max_waiting:
                raise QueueFullError(
                    f"{self._max_waiting} requests are waiting, the most that this server takes; try again in a while"
                )
            self._unfinished.append(job)
            self._executor.submit(self._run, job, work)
        return job

    def _run(self, job: Job[Result], work: Callable[[Report], Result]) -> None:
        def report(progress: str) -> None:
            job.progress = progress

        try:
            # A job that nobody waits for any longer has been cancelled and is passed over.
            if not job.future.set_running_or_notify_cancel():
                return
            try:
                result = work(report)
            except BaseException as error:
                job.future.set_exception(error)
            else:
                job.future.set_result(result)
        finally:
            with self._lock:
                self._unfinished.remove(job)

    def ahead_of(self, job: Job[Any]) -> int:
        """Return how many jobs are to be finished before this one runs; 0 if it runs or is finished."""
        with self._lock:
            return self._unfinished.index(job) if job in self._unfinished else 0

    def __len__(self) -> int:
        return len(self._unfinished)

    def close(self) -> None:
        """Drop what waits, without waiting for what runs."""
        self._executor.shutdown(wait=False, cancel_futures=True)
