"""What the routes share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ...errors import InputError, ServerError
from ..api import Analyzer
from .analysis_queue import AnalysisQueue
from .corrections import CorrectionStore
from .limits import Limits
from .metrics import Metrics
from .uploads import Uploads

Result = TypeVar("Result")


class TextTooLongError(InputError):
    """A text has more characters than the server takes."""


class TookTooLongError(ServerError):
    """The answer was not there in time."""


@dataclass(frozen=True)
class Services:
    """What the routes work with."""

    analyzer: Analyzer
    store: CorrectionStore
    queue: AnalysisQueue
    uploads: Uploads
    limits: Limits
    metrics: Metrics

    async def answer(self, client: str, work: Callable[[], Result]) -> Result:
        """Do what needs the models when its turn comes, and wait for it.

        What runs when the time is over cannot be stopped: it is finished, and its result dropped.

        Raises:
            TookTooLongError: If it is not done within the limit.
            TooManyJobsError: If the client has too many requests in progress.
            QueueFullError: If all clients together have.
        """
        job = self.queue.submit(client, lambda report: work())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job.future), self.limits.seconds)
        except TimeoutError:
            raise TookTooLongError(
                f"there was no answer within {self.limits.seconds:g} seconds; send a shorter text, or try again when "
                "less is going on"
            ) from None

    def check_length(self, text: str, limit: int | None = None) -> None:
        """Refuse a text that is too long.

        Raises:
            TextTooLongError: If it has more characters than `limit`, or the server's limit.
        """
        limit = self.limits.characters if limit is None else limit
        if len(text) > limit:
            raise TextTooLongError(
                f"the text has {len(text):,} characters, and {limit:,} are taken; send it in parts"
            )
