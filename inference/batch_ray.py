"""Batch runs on Ray: groups of documents are analysed by Ray tasks, on this machine or on a cluster.

Reading and writing stay with the process that was started, so that shards, journal and recovery are those of the
local engine, byte for byte. Ray runs a task again whose worker or machine dies; a worker process keeps its models from
one task to the next.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from ..errors import BatchError, MissingExtraError


class RayPool:
    """Runs functions as Ray tasks; has the part of `concurrent.futures.Executor` that a batch run needs.

    Args:
        workers: Tasks at a time on this machine; a cluster runs as many as it has room for.
        threads: Processor cores of a task.
        gpus: GPUs of a task; a fraction shares one.
        address: A running cluster, such as "auto" or "ray://host:10001"; None starts Ray on this machine. The package
            and the models must be on every machine of a cluster, under the same paths.

    Raises:
        MissingExtraError: If Ray is not installed.
        BatchError: If the cluster cannot be reached, or it has not the cores or GPUs of one task.
    """

    def __init__(self, workers: int, threads: int, gpus: float, address: str | None) -> None:
        # Ray would report its use to its makers.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise MissingExtraError("--engine ray", "ray") from None
        self._ray = ray
        self._options = {"num_cpus": threads, "num_gpus": gpus, "max_retries": -1}
        local: dict[str, Any] = {"num_cpus": workers * threads, "include_dashboard": False}
        settings = local if address is None else {"address": address}
        try:
            ray.init(**settings, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BatchError(
                f"Ray at {address or 'this machine'}: cannot be started or reached ({error})"
            ) from None
        available = ray.cluster_resources()
        for name, wanted in (("CPU", threads), ("GPU", gpus)):
            if available.get(name, 0) < wanted:
                self.shutdown()
                raise BatchError(
                    f"Ray has {available.get(name, 0):g} {name}s and a worker needs {wanted:g}; "
                    "ask for fewer threads or GPUs for each worker"
                )

    def submit(self, function: Callable[..., Any], *arguments: Any) -> RayResult:  # noqa: ANN401 - passed on
        """Run a function as a task."""
        return RayResult(self._ray, self._ray.remote(function).options(**self._options).remote(*arguments))

    def shutdown(self, *, wait: bool = False, cancel_futures: bool = True) -> None:
        """Leave Ray; unfinished tasks end."""
        self._ray.shutdown()


class RayResult:
    """What a task will return."""

    def __init__(self, ray: Any, reference: Any) -> None:  # noqa: ANN401 - an untyped module
        self._ray = ray
        self._reference = reference

    def result(self) -> Any:  # noqa: ANN401 - whatever the task returns
        """Wait for the task and return what it returned.

        Raises:
            BatchError: If Ray gave the task up.
            Exception: What the task raised.
        """
        try:
            return self._ray.get(self._reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except self._ray.exceptions.RayError as error:
            raise BatchError(
                f"Ray gave a task up ({error}); finished shards are kept: run the same command again"
            ) from None
