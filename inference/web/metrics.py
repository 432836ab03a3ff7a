"""Counts and times of the server in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 20, 40, 80, 160)


class Metrics:
    """The measures of one server.

    Args:
        unfinished: Tells how many jobs wait or run.
    """

    def __init__(self, unfinished: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        # Memory, processor time and open files; Linux only.
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        labels = ("method", "path", "status")
        self._requests = Histogram(
            "communique_request_seconds",
            "Time from a request to its answer, by route.",
            labels,
            buckets=_SECONDS,
            registry=self._registry,
        )
        Gauge(
            "communique_jobs_unfinished", "Jobs that wait for the models or run.", registry=self._registry
        ).set_function(unfinished)
        self.sentences = Counter(
            "communique_sentences_labelled", "Sentences labelled.", registry=self._registry
        )
        self.corrections = Counter("communique_corrections", "Corrections kept.", registry=self._registry)

    def count_request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count an answered request; `path` is its route's, so that there are few."""
        self._requests.labels(method, path, str(status)).observe(seconds)

    def text(self) -> bytes:
        """Return all measures in the text format."""
        return generate_latest(self._registry)
