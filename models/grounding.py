"""Which source sentences support an abstract sentence, and what in it the source does not hold.

`check_support` judges any abstract, whoever wrote it. It compares words, names, numbers and dates, and
who acts with what polarity; it does not understand the texts, so a sentence that passes may still be
wrong. `communique benchmark support` measures how often it finds planted errors and raises false alarms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from .name_checks import unsupported_groups, unsupported_names
from .polarity_checks import unsupported_objects, unsupported_polarity
from .quantity_checks import unsupported_dates, unsupported_numbers
from .source_text import SourceText, Surroundings, UnsupportedItem, UnsupportedKind
from .text import segment

__all__ = ["MIN_COVERAGE", "SourceIndex", "Support", "UnsupportedItem", "UnsupportedKind", "check_support"]

MAX_SOURCES = 3
MIN_GAIN = 0.12
"""A further source is named when it alone accounts for this share of the sentence's words."""
FIDELITY_WINDOW = 5
"""Content words within which two words of a source count as neighbours."""
MIN_COVERAGE = 0.6
"""Below this share of words found in its sources, a sentence is not told by them."""


@dataclass(frozen=True, slots=True)
class Support:
    """What carries one abstract sentence."""

    text: str
    start: int
    """Where the sentence begins in the abstract, if that was given as one text; 0 in a list of sentences."""
    sources: tuple[int, ...]
    """Indices of the source sentences that support it, in their order; empty when none does."""
    unsupported: tuple[UnsupportedItem, ...]
    """What the source does not support, in the order of the sentence."""
    coverage: float
    """Share of its words, weighted by rarity, that its sources hold; between 0 and 1."""
    fidelity: float
    """Share of its neighbouring words that follow one another in a source too; between 0 and 1.

    Low where the words are the source's and the way they are joined is not.
    """

    @property
    def is_told(self) -> bool:
        """Whether sources hold most of its words; if not, it may be made up even with nothing unsupported."""
        return bool(self.sources) and self.coverage >= MIN_COVERAGE


def check_support(
    abstract: str | Sequence[str], source: str | Sequence[str], *, dated: date | None = None
) -> list[Support]:
    """Find the sources of every abstract sentence and what in it the source does not support.

    Values are compared, not spellings: "$1.5 billion" is "1,500 million dollars", "two" is "2", "May 14"
    is "14 May", a weekday is the date next to the day the source was written. A name may be a
    surname, a nationality ("Chinese" for "China"), a capital for the government that sits there, an
    acronym or its long form. An item is unsupported when the source does not have it, or when the
    sentence that tells the same thing has another item in its place. For actors ("Japan pledged") and
    polarity ("failed to agree" for "agreed", "should" for "will", "pledged" for "was urged to") the rules
    are cautious: what the source leaves open is not reported.

    Args:
        abstract: The abstract as one text, or its sentences.
        source: The text that it is about, or its sentences.
        dated: The day the source was written, where its text does not say; gives weekdays, "yesterday" and
            dates without a year their value.

    Returns:
        One `Support` for each abstract sentence; the indices count the source's sentences. Without a
        source sentence nothing is compared: no sources, no unsupported items, coverage 0.

    Examples:
        >>> (support,) = check_support("Finland pledged nine ships.", "Finland pledged two ships.")
        >>> [(item.kind, item.text) for item in support.unsupported]
        [('number', 'nine')]
    """
    if isinstance(abstract, str):
        sentences = [(sentence.text, sentence.start) for sentence in segment(abstract)]
    else:
        sentences = [(text, 0) for text in abstract]
    texts = [sentence.text for sentence in segment(source)] if isinstance(source, str) else list(source)
    index = SourceIndex(texts, dated)
    return [index.support(text, start) for text, start in sentences]


class SourceIndex:
    """The sentences of a source, prepared for `support`.

    Args:
        sentences: The sentences, in order.
        dated: The day the source was written; see `check_support`.
    """

    def __init__(self, sentences: Sequence[str], dated: date | None = None) -> None:
        self._source = SourceText(sentences, dated)

    def support(self, sentence: str, start: int = 0) -> Support:
        """Judge one abstract sentence that begins at `start` of its abstract."""
        surroundings = Surroundings(sentence, self._source)
        stems = [word.stem for word in surroundings.words]
        sources, coverage = self._sources(stems)
        found = self._unsupported(sentence, surroundings) if self._source.sentences else ()
        unsupported = tuple(sorted(found, key=lambda item: (item.start, item.end)))
        return Support(sentence, start, sources, unsupported, coverage, self._fidelity(stems, sources))

    def _unsupported(self, sentence: str, surroundings: Surroundings) -> Iterator[UnsupportedItem]:
        yield from unsupported_names(sentence, self._source, surroundings)
        yield from unsupported_groups(sentence, self._source)
        yield from unsupported_numbers(sentence, self._source, surroundings)
        yield from unsupported_dates(sentence, self._source, surroundings)
        yield from unsupported_polarity(sentence, self._source, surroundings)
        yield from unsupported_objects(sentence, self._source)

    def _sources(self, stems: Sequence[str]) -> tuple[tuple[int, ...], float]:
        """Choose the sentences that hold most of the words, each for what the ones before it lack."""
        missing = {stem: self._source.weight(stem) for stem in stems}
        total = sum(missing.values())
        chosen: list[int] = []
        while len(chosen) < MAX_SOURCES and missing:
            gains = [
                sum(weight for stem, weight in missing.items() if stem in held) / total
                for held in self._source.stems
            ]
            best = max(range(len(gains)), key=gains.__getitem__, default=None)
            if best is None or gains[best] < MIN_GAIN:
                break
            held = self._source.stems[best]
            # One shared word, such as a name in passing, does not make a further source.
            if chosen and len(missing.keys() & held) < 2:
                break
            chosen.append(best)
            missing = {stem: weight for stem, weight in missing.items() if stem not in held}
        coverage = round(1 - sum(missing.values()) / total, 4) if total else 0.0
        return tuple(sorted(chosen)), coverage

    def _fidelity(self, stems: Sequence[str], sources: Sequence[int]) -> float:
        pairs = list(itertools.pairwise(stems))
        joined = {
            (first.stem, second.stem)
            for source in sources
            for words in [self._source.words[source]]
            for i, first in enumerate(words)
            for second in words[i + 1 : i + 1 + FIDELITY_WINDOW]
        }
        return round(sum(pair in joined for pair in pairs) / len(pairs), 4) if pairs else 1.0
