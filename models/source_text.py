"""A source text prepared for checks: its words, names, numbers and dates, and where it tells something."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .acts import opens_anaphoric, opens_with_pronoun
from .names import TITLE_WORDS, Name, NameIndex, dateline_end, find_names, is_heading_place, is_venue
from .quantities import DateKey, find_date_parts, find_quantities, related_date_parts
from .words import ContentWord, content_words

UnsupportedKind = Literal["name", "number", "date", "place", "actor", "polarity"]
Rivals = Callable[[int], list[tuple[int, int]]]
"""Gives the spans of a source sentence's items that could stand in the place of the item judged."""

REACH = 3.0
"""Content words after which a word counts half for where an item of its sentence is told."""
OTHER_CLAUSE = 0.25
"""What a word of the next clause counts for it."""
RELATED = 0.2
"""Share of an item's surroundings that a source sentence must hold to be about the same thing."""
CONFIDENT = 0.3
"""The same for actors and polarity, where words decide and not values."""
ELSEWHERE = 0.75
"""An item told only where less than this share of the best match is held can be misplaced."""
SLOT = 4
"""Content words around an item of the source within which its neighbours are compared."""


@dataclass(frozen=True, slots=True)
class UnsupportedItem:
    """Something that an abstract sentence says and its source does not."""

    kind: UnsupportedKind
    """`actor` is a name before a verb that tells an act; `polarity` a word such as "failed" or "should"."""
    text: str
    start: int
    """Offsets in the abstract sentence: `sentence[start:end] == text`."""
    end: int
    source: int | None
    """Index of the source sentence that tells it otherwise; None when no sentence has the item at all."""


class SourceText:
    """The sentences of a source with what they hold.

    Args:
        sentences: The sentences, in order.
        dated: The day the source was written. Without it the first full date near the beginning is used.
    """

    def __init__(self, sentences: Sequence[str], dated: date | None = None) -> None:
        self.sentences = list(sentences)
        self.words = [content_words(sentence) for sentence in sentences]
        self.stems = [{word.stem for word in words} for words in self.words]
        self.names = [find_names(sentence) for sentence in sentences]
        self.quantities = [list(find_quantities(sentence)) for sentence in sentences]
        self.date_parts = [find_date_parts(sentence) for sentence in sentences]
        self.dated = dated or self._first_date()
        self.dates = self._dates(known=dated)
        self.everything = NameIndex(sentences, self.names)
        self.venues = [
            (i, name)
            for i, (text, group) in enumerate(zip(sentences, self.names, strict=True))
            for name in group
            if name.start < dateline_end(text)
            or is_venue(text, name.start)
            or (i == 0 and is_heading_place(text, name.start))
        ]
        counts = Counter(stem for stems in self.stems for stem in stems)
        self._weights = {stem: math.log(1 + len(self.stems) / count) for stem, count in counts.items()}
        self._unknown_weight = math.log(1 + max(1, len(self.stems)))
        self._links = _linked_countries(self.sentences, self.names)
        self._near: dict[tuple[int, int], NameIndex] = {}

    def weight(self, stem: str) -> float:
        """Return how much a word counts: the rarer in the source the more."""
        return self._weights.get(stem, self._unknown_weight)

    def names_near(self, index: int, back: int = 0) -> NameIndex:
        """Return the names of a sentence and of so many before it."""
        if (index, back) not in self._near:
            chosen = range(max(0, index - back), index + 1)
            self._near[index, back] = NameIndex(
                [self.sentences[i] for i in chosen], [self.names[i] for i in chosen]
            )
        return self._near[index, back]

    def speaks_of(self, name: Name, index: int, back: int) -> bool:
        """Say whether a sentence, or one of those before it, names somebody or a person of that country."""
        near = self.names_near(index, back)
        linked = (self._links.get(key, frozenset()) for key in near.keys)
        return near.acts_for(name) or any(countries & name.countries for countries in linked)

    def antecedents(self, index: int) -> int:
        """Return how many sentences before this one can name whom it speaks of."""
        if opens_with_pronoun(self.sentences[index]):
            return 3
        nobody = not any(name.countries for name in self.names[index])
        return 2 if nobody and opens_anaphoric(self.sentences[index]) else 0

    def _first_date(self) -> date | None:
        for parts in self.date_parts[:3]:
            days = [part.value for part in parts if isinstance(part.value, tuple)]
            years = {part.value for part in parts if part.kind == "year"}
            if len(years) == 1 and days:
                try:
                    return date(int(str(years.pop())), *days[-1])
                except ValueError:  # such as 31 June
                    continue
        return None

    def _dates(self, known: date | None) -> list[set[DateKey]]:
        dates = [{(part.kind, part.value) for part in parts} for parts in self.date_parts]
        if self.dated is not None:
            for text, keys in zip(self.sentences, dates, strict=True):
                keys |= related_date_parts(text, self.dated)
            if dates:
                dates[0].add(("year", self.dated.year))
        if known is not None and dates:
            dates[0] |= {
                ("month", known.month),
                ("day", (known.month, known.day)),
                ("weekday", known.weekday()),
            }
        return dates


class Surroundings:
    """How well each source sentence holds the words around a place in an abstract sentence."""

    def __init__(self, sentence: str, source: SourceText) -> None:
        self.words = content_words(sentence)
        self._source = source
        self._weights = np.array([source.weight(word.stem) for word in self.words])
        self._present = np.array(
            [[word.stem in group for group in source.stems] for word in self.words], dtype=float
        ).reshape(len(self.words), len(source.stems))
        self._clauses = np.array([word.clause for word in self.words])

    def scores(self, start: int, end: int, *, after_only: bool = False) -> NDArray[np.float64]:
        """Return for each source sentence the share of the surrounding words that it holds.

        Nearer and rarer words count more, those of other clauses less.

        Args:
            start: Where the item begins that is judged; its own words do not count.
            end: Where it ends.
            after_only: Leave the words before it out.

        Returns:
            Shares between 0 and 1, shape (source sentences,).
        """
        before = np.array([word.end <= start for word in self.words], dtype=bool)
        after = np.array([word.start >= end for word in self.words], dtype=bool)
        counted = after if after_only else before | after
        if not counted.any():
            return np.zeros(len(self._source.stems))
        order = np.arange(len(self.words))
        first_after = int(before.sum())
        distance = np.maximum(np.where(before, first_after - 1 - order, order - first_after), 0)
        clauses = np.abs(self._clauses - self.clause_at(start))
        weights = self._weights * counted * OTHER_CLAUSE**clauses / (1 + distance / REACH)
        shares: NDArray[np.float64] = weights @ self._present / weights.sum()
        return shares

    def clause_at(self, start: int) -> int:
        """Return the number of the clause at a place of the sentence."""
        here = next((word.clause for word in self.words if word.end > start), None)
        return self.words[-1].clause if here is None else here

    def following(self, end: int) -> list[str]:
        """Return the stems of up to four content words that follow in the same clause."""
        after = [word for word in self.words if word.start >= end][:4]
        return [word.stem for word in after if word.clause == after[0].clause]

    def preceding(self, start: int) -> list[str]:
        """Return the stems of up to four content words that precede in the same clause, the nearest first."""
        before = [word for word in self.words if word.end <= start][-4:]
        return [word.stem for word in reversed(before) if word.clause == before[-1].clause]

    def displaced_by(
        self, start: int, end: int, holds: Callable[[int], bool], rivals: Rivals, certain: float = math.inf
    ) -> int | None:
        """Find the source sentence that tells this with another item in the place of the one judged.

        Such a sentence holds the words around the item clearly better than any that has the item, and
        another item of its sort stands among the same neighbours there.

        Args:
            start: Where the item begins.
            end: Where it ends.
            holds: Says whether a source sentence has the item.
            rivals: The items of the same sort in a source sentence.
            certain: From this share on the neighbours are not compared.

        Returns:
            The index of the source sentence, or None.
        """
        scores = self.scores(start, end)
        if scores.max(initial=0) < RELATED:
            return None
        held = max((float(score) for i, score in enumerate(scores) if score > 0 and holds(i)), default=0.0)
        before = [word.stem for word in self.words if word.end <= start]
        after = [word.stem for word in self.words if word.start >= end]
        neighbours = {*before[-2:], *after[:2]}
        for index in map(int, np.argsort(-scores, kind="stable")[:2]):
            if scores[index] < max(RELATED, 0.8 * scores.max()) or held >= ELSEWHERE * scores[index]:
                continue
            if any(
                scores[index] >= certain or neighbours & _stems_around(self._source.words[index], *rival)
                for rival in rivals(index)
            ):
                return index
        return None


def _stems_around(words: Sequence[ContentWord], start: int, end: int) -> set[str]:
    before = [word.stem for word in words if word.end <= start]
    after = [word.stem for word in words if word.start >= end]
    return {*before[-SLOT:], *after[:SLOT]}


_APART = re.compile(r"[;.:]|,.*,|\b(?:and|said|told|met|with|from|in)\b")


def _linked_countries(sentences: Sequence[str], names: Sequence[Sequence[Name]]) -> dict[str, frozenset[str]]:
    """Link people to the countries beside their names, as in "Iranian Minister Ahmad Kalantari"."""
    links: dict[str, frozenset[str]] = {}
    for text, group in zip(sentences, names, strict=True):
        for country, name in itertools.product(group, group):
            if not country.countries or name.countries or name.key in TITLE_WORDS:
                continue
            between = text[country.end : name.start] or text[name.end : country.start]
            if len(between) < 70 and not _APART.search(between):
                links[name.key] = links.get(name.key, frozenset()) | country.countries
    return links
