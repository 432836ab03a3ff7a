"""What the package returns: frozen dataclasses whose JSON has the same names."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..models.explanation import Evidence
from ..models.spans import Fact
from ..models.summarizer import Abstract, AbstractSentence

if TYPE_CHECKING:
    import pandas

__all__ = ["Abstract", "AbstractSentence", "Analysis", "Evidence", "Fact", "LabelledSentence"]


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with its types."""

    index: int
    """Its place in the text, from 0."""
    start: int
    """Offset of its first character: `text[start:end]` is the sentence."""
    end: int
    text: str
    types: tuple[str, ...]
    """All its types, strongest first; empty where the classifier abstained."""
    primary: str | None
    """The strongest type; None where the classifier abstained."""
    probabilities: dict[str, float]
    """Each type's calibrated probability, given or not."""
    is_commitment: bool
    """Whether one of its types binds its actor."""
    salience: float
    """How much an abstract should mention it, between 0 and 1."""
    confidence: float
    """How likely the primary type is the right one, or would have been where the classifier abstained."""
    commitment_probability: float
    """How likely the sentence binds anybody, whatever types it was given."""
    explanation: tuple[Evidence, ...] = ()
    """With `explain`: the words that speak most for the primary type, strongest first; offsets count in `text`."""
    facts: tuple[Fact, ...] = ()
    """With `facts`: its actors, addressees, dates, deadlines and amounts; offsets count in the whole text."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything the package says of one text."""

    source: str | None
    """The file or address it was read from, if any."""
    title: str | None
    sentences: tuple[LabelledSentence, ...]
    abstract: Abstract | None
    """None when no abstract was asked for."""
    models: dict[str, str]
    """Names of the models by what they did."""
    dates_counted_from: str | None = None
    """With `facts`: the day from which relative dates were counted, ISO 8601; None where the text tells none."""
    warnings: tuple[str, ...] = ()
    """What a reader of the result should know of the text or of how it was read."""
    date: str | None = None
    """The text's date as its source writes it, if it was found."""
    publisher: str | None = None
    """Who published it, if that was found."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data, ready for JSON."""
        return asdict(self)

    def to_json(self, indent: int | None = None) -> str:
        """Return the result as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def to_frame(self) -> pandas.DataFrame:
        """Return the sentences as a pandas data frame, a row each, with the columns of `--format parquet`.

        Raises:
            MissingExtraError: If the extra `tables` is not installed.
        """
        from .reports import sentence_table
        from .tables import to_frame

        return to_frame(sentence_table([self]))
