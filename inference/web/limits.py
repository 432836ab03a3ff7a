"""How much one server takes on."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DOCUMENTS_IN_FILE = 50
"""Documents of one JSON Lines, CSV or Parquet file; more are for `communique batch`."""
MAX_EXPLAINED_CHARACTERS = 10_000
"""Of a text with `explain`, for which every sentence is read once more for each of its words."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused beyond, each with a message that names the limit."""

    characters: int = 300_000
    """Of a text."""
    megabytes: int = 20
    """Of a request, such as a file."""
    seconds: float = 120.0
    """Until an answer of the JSON API, waiting included, and of parsing one file."""
    waiting: int = 32
    """Requests for the models that may wait or run."""
    per_client: int = 16
    """The same, of one client."""
