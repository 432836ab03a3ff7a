"""Batch runs on Ray: groups of documents are analysed by Ray actors, on this machine or on a cluster.

Reading and writing stay with the process that was started, so that shards, journal and recovery are those of the
local engine, byte for byte. An actor holds its models from one group to the next; one that dies, alone or with its
machine, is started again, and its groups with it. Ray Data would keep the order and survive a worker's death as well,
but it writes files of its own making, without a record of what is finished, and so could not take a run up again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..errors import BatchError, MissingExtraError

RETRIES = 5
"""Deaths of its actor that a group survives; what kills so many is more likely the group than the machines."""


class RayPool:
    """Runs functions in Ray actors; has the part of `concurrent.futures.Executor` that a batch run needs.

    Args:
        workers: Actors. All have the same resources, because processors and GPUs would round differently.
        threads: Processor cores of an actor.
        gpus: GPUs of an actor; a fraction shares one.
        address: A running cluster, such as "auto" or "ray://host:10001"; None starts Ray on this machine. The package
            and the models must be on every machine of a cluster, under the same paths.

    Raises:
        MissingExtraError: If Ray is not installed.
        BatchError: If the cluster cannot be reached, or it has not the cores or GPUs of all actors.
    """

    def __init__(self, workers: int, threads: int, gpus: float, address: str | None) -> None:
        # Ray would report its use to its makers.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self._ray = ray
        local: dict[str, Any] = {"num_cpus": workers * threads, "include_dashboard": False}
        settings = local if address is None else {"address": address}
        try:
            ray.init(**settings, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BatchError(
                f"Ray at {address or 'this machine'}: cannot be started or reached ({error})"
            ) from None
        available = ray.cluster_resources()
        for name, each in (("CPU", threads), ("GPU", gpus)):
            if available.get(name, 0) < workers * each:
                self.shutdown()
                raise BatchError(
                    f"Ray has {available.get(name, 0):g} {name}s and {workers} worker(s) with {each:g} each "
                    f"need {workers * each:g}; ask for fewer workers, or fewer threads or GPUs for each"
                )
        options = {
            "num_cpus": threads,
            "num_gpus": gpus,
            "max_restarts": -1,
            "max_task_retries": RETRIES,
        }
        actor = ray.remote(BatchWorker).options(**options)
        self._unfinished: dict[Any, int] = {actor.remote(): 0 for _ in range(workers)}
        self._lock = threading.Lock()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> RayResult:  # noqa: ANN401 - passed on
        """Run a function in the actor that has least to do."""
        with self._lock:
            actor = min(self._unfinished, key=self._unfinished.__getitem__)
            self._unfinished[actor] += 1
        future = actor.run.remote(function, *arguments).future()
        future.add_done_callback(lambda _: self._finished(actor))
        return RayResult(self._ray.exceptions, future)

    def _finished(self, actor: Any) -> None:  # noqa: ANN401 - an untyped module
        with self._lock:
            self._unfinished[actor] -= 1

    def shutdown(self, *, wait: bool = False, cancel_futures: bool = True) -> None:
        """Leave Ray; the actors end."""
        self._ray.shutdown()


class BatchWorker:
    """What an actor is: a process in which functions run, and find what an earlier one has cached."""

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - passed on
        """Run a function."""
        return function(*arguments)


class RayResult:
    """What an actor will return."""

    def __init__(self, exceptions: Any, future: Future[Any]) -> None:  # noqa: ANN401 - an untyped module
        self._exceptions = exceptions
        self._future = future

    def result(self) -> Any:  # noqa: ANN401 - whatever it returns
        """Wait for the function and return what it returned.

        Raises:
            BatchError: If Ray gave it up.
            Exception: What the function raised.
        """
        try:
            return self._future.result()
        except self._exceptions.RayTaskError as error:
            raise error.cause from None
        except self._exceptions.RayError as error:
            raise BatchError(
                f"Ray gave a group of documents up ({error}); finished shards are kept: run the same command again"
            ) from None
