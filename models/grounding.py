"""Which source sentences support an abstract sentence, and what in it the source does not hold.

`check_support` judges any abstract, whoever wrote it. It compares words, names, numbers and dates; it
does not understand the texts, so a sentence that passes may still be wrong in how it joins them.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .acts import DENIES, DIRECTS, Cue, Polarity, find_cues, is_actor, is_passive, is_reversed, is_vague, opens_anaphoric, opens_with_pronoun
from .names import Name, NameIndex, dateline_end, find_names, is_in_organisation, is_part_of_name, is_place, is_venue, spelled_out, TITLE_WORDS
from .quantities import DatePartKind, find_date_parts, find_quantities, related_date_parts
from .text import segment
from .words import ContentWord, content_words

UnsupportedKind = Literal["name", "number", "date", "place", "actor", "polarity"]

MAX_SOURCES = 3
MIN_GAIN = 0.12
"""A further source is named when it alone accounts for this share of the sentence's words."""
FIDELITY_WINDOW = 5
"""Content words within which two words of a source count as neighbours."""
MIN_COVERAGE = 0.6
"""Below this share of words found in its sources, a sentence is not told by them."""
REACH = 3.0
"""Content words after which a word counts half for where an item of its sentence is told."""
OTHER_CLAUSE = 0.25
"""What a word of the next clause counts for it."""
CONFIDENT = 0.3
"""Share of an item's surroundings that a source sentence must hold before it can contradict the item."""
RELATED = 0.2
ELSEWHERE = 0.75
"""An item that is told only where less than this share of the best match is told can be misplaced."""
SLOT = 4
"""Content words around an item of the source within which its slot is compared."""


@dataclass(frozen=True, slots=True)
class UnsupportedItem:
    """Something that an abstract sentence says and its source does not."""

    kind: UnsupportedKind
    text: str
    start: int
    """Offsets in the sentence: `sentence[start:end] == text`."""
    end: int
    source: int | None
    """The source sentence that tells this otherwise; None when the source does not hold the item at all."""


@dataclass(frozen=True, slots=True)
class Support:
    """What carries one abstract sentence."""

    text: str
    start: int
    """Offset in the abstract, when that was given as one text; 0 in a list of sentences."""
    sources: tuple[int, ...]
    """Indices of the source sentences that support it, in their order; empty when none does."""
    unsupported: tuple[UnsupportedItem, ...]
    """In the order of the sentence."""
    coverage: float
    """Share of its words, weighted by rarity, that its sources hold; between 0 and 1."""
    fidelity: float
    """Share of its neighbouring words that follow one another in a source too; between 0 and 1.

    Low where the words are the source's and the way they are joined is not.
    """


def check_support(
    abstract: str | Sequence[str], source: str | Sequence[str], *, dated: date | None = None
) -> list[Support]:
    """Find the sources of every abstract sentence and what the source does not support.

    TODO
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
        self.sentences = list(sentences)
        self._words = [content_words(sentence) for sentence in sentences]
        self._stems = [{word.stem for word in words} for words in self._words]
        self._names = [find_names(sentence) for sentence in sentences]
        self._numbers = [list(find_quantities(sentence)) for sentence in sentences]
        self._dates = [find_date_parts(sentence) for sentence in sentences]
        anchor = dated or self._first_date()
        self._related: list[set[tuple[DatePartKind, int | tuple[int, int]]]] = [
            related_date_parts(text, anchor) if anchor is not None else set() for text in sentences
        ]
        if dated is not None and self._related:
            self._related[0] |= {
                ("year", dated.year),
                ("month", dated.month),
                ("day", (dated.month, dated.day)),
                ("weekday", dated.weekday()),
            }
        self._anchor = anchor
        self._all = NameIndex(sentences, self._names)
        self._venues = [
            (i, name)
            for i, (text, group) in enumerate(zip(sentences, self._names, strict=True))
            for name in group
            if name.start < dateline_end(text) or is_venue(text, name.start)
        ]
        self._links = _linked_countries(self.sentences, self._names)
        self._local: dict[tuple[int, int], NameIndex] = {}
        counts = Counter(stem for stems in self._stems for stem in stems)
        self._weights = {stem: math.log(1 + len(self._stems) / count) for stem, count in counts.items()}
        self._unknown_weight = math.log(1 + max(1, len(self._stems)))

    def support(self, sentence: str, start: int = 0) -> Support:
        """Judge one abstract sentence that begins at `start` of its abstract."""
        words = content_words(sentence)
        weights = {word.stem: self._weights.get(word.stem, self._unknown_weight) for word in words}
        total = sum(weights.values())
        sources, coverage = self._sources(weights, total) if total else ((), 0.0)
        found = self._unsupported(sentence, words) if self.sentences else ()
        unsupported = sorted(found, key=lambda item: (item.start, item.end))
        fidelity = self._fidelity([word.stem for word in words], sources)
        return Support(sentence, start, sources, tuple(unsupported), coverage, fidelity)

    def _first_date(self) -> date | None:
        """Find the day that the source gives itself: the first full date near its beginning."""
        for parts in self._dates[:3]:
            days = [part.value for part in parts if part.kind == "day"]
            years = {part.value for part in parts if part.kind == "year"}
            if len(years) == 1 and days:
                month, day = days[-1]
                try:
                    return date(int(str(years.pop())), month, day)
                except ValueError:
                    continue
        return None

    def _fidelity(self, stems: Sequence[str], sources: Sequence[int]) -> float:
        pairs = list(itertools.pairwise(stems))
        joined = {
            (first.stem, second.stem)
            for source in sources
            for words in [self._words[source]]
            for i, first in enumerate(words)
            for second in words[i + 1 : i + 1 + FIDELITY_WINDOW]
        }
        return round(sum(pair in joined for pair in pairs) / len(pairs), 4) if pairs else 1.0

    def _sources(self, weights: dict[str, float], total: float) -> tuple[tuple[int, ...], float]:
        """Choose the sentences that hold most of the words, each for what the ones before it lack."""
        chosen: list[int] = []
        missing = dict(weights)
        while len(chosen) < MAX_SOURCES and missing:
            gains = [
                sum(weight for stem, weight in missing.items() if stem in stems) / total
                for stems in self._stems
            ]
            best = max(range(len(gains)), key=gains.__getitem__, default=None)
            if best is None or gains[best] < MIN_GAIN:
                break
            # One shared word, such as a name in passing, does not make a further source.
            if chosen and len(missing.keys() & self._stems[best]) < 2:
                break
            chosen.append(best)
            missing = {stem: weight for stem, weight in missing.items() if stem not in self._stems[best]}
        return tuple(sorted(chosen)), round(1 - sum(missing.values()) / total, 4)

    def _unsupported(self, sentence: str, words: Sequence[ContentWord]) -> Iterator[UnsupportedItem]:
        surroundings = _Surroundings(words, self._stems, self._weights, self._unknown_weight)
        yield from self._unsupported_names(sentence, surroundings)
        yield from self._unsupported_numbers(sentence, surroundings)
        yield from self._unsupported_dates(sentence, surroundings)
        yield from self._unsupported_polarity(sentence, surroundings)

    # --- names

    def _unsupported_names(self, sentence: str, surroundings: _Surroundings) -> Iterator[UnsupportedItem]:
        spelled = spelled_out(sentence, self._all)
        names = find_names(sentence)
        told = NameIndex([sentence], [names])
        for name in names:
            if name.key in TITLE_WORDS or any(start <= name.start and name.end <= end for start, end in spelled):
                continue
            place = is_place(sentence, name.start)
            actor = is_actor(sentence, name.end)
            known = self._all.holds(name) if place and not name.countries else self._all.acts_for(name)
            kind: UnsupportedKind = "place" if place else "actor" if actor else "name"
            text = sentence[name.start : name.end]
            if not known and not name.countries and is_in_organisation(sentence, name, names, self._all):
                continue
            if not known:
                yield UnsupportedItem(kind, text, name.start, name.end, None)
                continue
            if place:
                if is_venue(sentence, name.start):
                    other = self._other_venue(name, told)
                else:
                    other = self._other_place(name, surroundings, told)
            elif actor:
                other = self._other_surname(name, names, told)
                in_a_run = not name.countries and any(n.end + 1 == name.start for n in names)
                if other is None and not in_a_run:
                    other = self._other_actor(name, surroundings, told)
            else:
                other = self._other_surname(name, names, told)
                if other is None:
                    other = self._other_name(name, sentence, surroundings, told)
            if other is not None:
                yield UnsupportedItem(kind, text, name.start, name.end, other)

    def _other_place(self, name: Name, surroundings: _Surroundings, told: NameIndex) -> int | None:
        def rivals(index: int) -> list[tuple[int, int]]:
            text = self.sentences[index]
            return [
                (other.start, other.end)
                for other in self._names[index]
                if not told.holds(other) and is_place(text, other.start)
            ]

        holders = [self._near(i, 0).holds(name) for i in range(len(self.sentences))]
        return self._in_its_slot(name.start, name.end, surroundings, holders, rivals, 0.6)

    def _other_name(self, name: Name, sentence: str, surroundings: _Surroundings, told: NameIndex) -> int | None:
        if not name.countries or is_part_of_name(sentence, name) or len(told.countries) > 3:
            return None

        def rivals(index: int) -> list[tuple[int, int]]:
            return [
                (other.start, other.end)
                for other in self._names[index]
                if other.countries
                and not told.holds(other)
                and not is_part_of_name(self.sentences[index], other)
            ]

        holders = [self._stands_for(name, i, self._antecedents(i)) for i in range(len(self.sentences))]
        return self._in_its_slot(name.start, name.end, surroundings, holders, rivals, 0.6)

    def _antecedents(self, index: int) -> int:
        """Return how many sentences before this one can name whom it speaks of."""
        text = self.sentences[index]
        if opens_with_pronoun(text):
            return 3
        nobody = not any(name.countries for name in self._names[index])
        return 2 if nobody and opens_anaphoric(text) else 0

    def _other_surname(self, name: Name, names: Sequence[Name], told: NameIndex) -> int | None:
        """Find a sentence in which the name before this one is followed by another, as in "Kadri Saar"."""
        before = next((other for other in names if other.end + 1 == name.start), None)
        if before is None or before.countries or name.countries or before.key in TITLE_WORDS:
            return None
        found = None
        for i, group in enumerate(self._names):
            for first, second in itertools.pairwise(group):
                if first.key == before.key:
                    if name.key in self._near(i, 0).words or second.start != first.end + 1 or told.holds(second):
                        return None
                    found = i
        return found

    def _other_venue(self, name: Name, told: NameIndex) -> int | None:
        """Find the sentence that names where the meeting was, when it was not here."""
        opening = [i for i in range(min(2, len(self.sentences))) if not dateline_end(self.sentences[i])]
        if any(self._near(i, 0).holds(name) for i in opening):
            return None
        if any(venue.key == name.key or venue.countries & name.countries for _, venue in self._venues):
            return None
        return next((i for i, venue in self._venues if not told.holds(venue)), None)

    def _other_actor(self, name: Name, surroundings: _Surroundings, told: NameIndex) -> int | None:
        scores = surroundings.scores(name.start, name.end, after_only=True)
        if not len(scores) or scores.max() < CONFIDENT:
            return None
        other = None
        for i in map(int, np.flatnonzero(scores >= 0.6 * scores.max())):
            if self._stands_for(name, i, 0):
                return None
            if opens_with_pronoun(self.sentences[i]):
                if self._stands_for(name, i, 4):
                    return None
                other = i if scores[i] >= 0.5 else other
            elif any(self._is_rival(n, name, i, told) for n in self._names[i]):
                other = i
            elif self._stands_for(name, i, 3):
                return None
        return other

    def _is_rival(self, other: Name, name: Name, index: int, told: NameIndex) -> bool:
        """Say whether a source sentence names another actor of the same sort."""
        if told.holds(other) or bool(other.countries) != bool(name.countries):
            return False
        return bool(other.countries) or (
            other.key not in TITLE_WORDS and is_actor(self.sentences[index], other.end)
        )

    def _stands_for(self, name: Name, index: int, back: int) -> bool:
        """Say whether a sentence, or one of those before it, names this actor or somebody of that country."""
        near = self._near(index, back)
        if near.acts_for(name):
            return True
        return any(self._links.get(key, frozenset()) & name.countries for key in near.keys)

    def _near(self, index: int, back: int) -> NameIndex:
        key = (index, back)
        if key not in self._local:
            chosen = range(max(0, index - back), index + 1)
            self._local[key] = NameIndex(
                [self.sentences[i] for i in chosen], [self._names[i] for i in chosen]
            )
        return self._local[key]

    def _in_its_slot(
        self,
        start: int,
        end: int,
        surroundings: _Surroundings,
        holders: Sequence[bool],
        rivals: Callable[[int], list[tuple[int, int]]],
        certain: float = 1.1,
    ) -> int | None:
        """Find the source sentence that tells this with another item in the place of the one judged.

        Such a sentence holds the words around the item clearly better than any that has the item, and
        another item of its sort stands among the same neighbours there.
        """
        scores = surroundings.scores(start, end)
        if not len(scores) or scores.max() < RELATED:
            return None
        held = max((float(score) for score, holds in zip(scores, holders, strict=True) if holds), default=0.0)
        neighbours = surroundings.neighbours(start, end)
        for index in map(int, np.argsort(-scores, kind="stable")[:2]):
            if scores[index] < max(RELATED, 0.8 * scores.max()) or held >= ELSEWHERE * scores[index]:
                continue
            words = self._words[index]
            for first, last in rivals(index):
                before = [word.stem for word in words if word.end <= first][-SLOT:]
                after = [word.stem for word in words if word.start >= last][:SLOT]
                if scores[index] >= certain or neighbours & {*before, *after}:
                    return index
        return None

    # --- numbers and dates

    def _unsupported_numbers(self, sentence: str, surroundings: _Surroundings) -> Iterator[UnsupportedItem]:
        quantities = list(find_quantities(sentence))
        told = {quantity.value for quantity in quantities}
        for quantity in quantities:
            value = quantity.value
            holders = [any(other.value == value for other in group) for group in self._numbers]
            text = sentence[quantity.start : quantity.end]
            if not any(holders):
                if self._counts(value, sentence[quantity.end :]):
                    continue
                yield UnsupportedItem("number", text, quantity.start, quantity.end, None)
                continue

            counted = surroundings.next_word(quantity.end)

            def rivals(
                index: int, counted: set[str] = counted, currency: bool = quantity.is_money
            ) -> list[tuple[int, int]]:
                return [
                    (q.start, q.end)
                    for q in self._numbers[index]
                    if q.value not in told
                    and (
                        q.is_money and currency
                        if q.is_money or currency
                        else counted & _next_stems(self._words[index], q.end, 2)
                    )
                ]

            other = self._in_its_slot(quantity.start, quantity.end, surroundings, holders, rivals)
            if other is not None:
                yield UnsupportedItem("number", text, quantity.start, quantity.end, other)

    def _counts(self, value: float, rest: str) -> bool:
        """Say whether a number counts the states that a source sentence names one by one."""
        if not _STATES.match(rest):
            return False
        named = [
            len({min(name.countries) for name in group if name.countries}) for group in self._names
        ]
        return value in named

    def _unsupported_dates(self, sentence: str, surroundings: _Surroundings) -> Iterator[UnsupportedItem]:
        parts = find_date_parts(sentence)
        told = {(part.kind, part.value) for part in parts}
        for part in parts:
            key = (part.kind, part.value)
            holders = [
                key in related or any((other.kind, other.value) == key for other in group)
                for group, related in zip(self._dates, self._related, strict=True)
            ]
            text = sentence[part.start : part.end]
            if not any(holders):
                if part.kind == "year" and self._anchor is not None and part.value == self._anchor.year:
                    continue
                yield UnsupportedItem("date", text, part.start, part.end, None)
                continue

            def rivals(index: int, kind: str = part.kind) -> list[tuple[int, int]]:
                return [
                    (p.start, p.end)
                    for p in self._dates[index]
                    if p.kind == kind and (p.kind, p.value) not in told
                ]

            other = self._in_its_slot(part.start, part.end, surroundings, holders, rivals)
            if other is not None:
                yield UnsupportedItem("date", text, part.start, part.end, other)

    # --- polarity

    def _unsupported_polarity(self, sentence: str, surroundings: _Surroundings) -> Iterator[UnsupportedItem]:
        names = find_names(sentence)
        for cue in find_cues(sentence):
            scores = surroundings.scores(cue.start, cue.end, after_only=not is_passive(sentence, cue))
            if not len(scores) or scores.max() < CONFIDENT:
                continue
            passive = is_passive(sentence, cue)
            predicate = surroundings.preceding(cue.start) if passive else surroundings.following(cue.end)
            if len(predicate) < (1 if scores.max() > 0.6 else 2) or is_vague(sentence, cue) or is_reversed(sentence, cue.end):
                continue
            subject = surroundings.subject(names, cue.start) if cue.polarity == "denied" else None
            verdicts = [
                self._contradicts(cue, i, predicate, float(scores[i]))
                for i in map(int, np.flatnonzero(scores >= 0.6 * scores.max()))
                if subject is None or self._stands_for(subject, i, self._antecedents(i))
            ]
            if True in verdicts and False not in verdicts:
                source = int(scores.argmax())
                yield UnsupportedItem(
                    "polarity", sentence[cue.start : cue.end], cue.start, cue.end, source
                )

    def _contradicts(self, cue: Cue, index: int, predicate: Sequence[str], score: float) -> bool | None:
        """Say whether a source sentence tells the same act with another polarity; None if it cannot be told."""
        text = self.sentences[index]
        words = self._words[index]
        clauses = {word.clause for word in words if word.stem in predicate}
        governing: set[Polarity] = set()
        nearby: set[Polarity] = set()
        for other in find_cues(text):
            first = sum(word.start < (other.start if other.polarity == "done" else other.end) for word in words)
            scope = words[max(0, first - 9) : first] if is_passive(text, other) else words[first : first + 8]
            stems = {word.stem for word in scope}
            shared = len(stems & set(predicate)) / len(predicate)
            strict = cue.polarity in ("done", "promised") and other.polarity in ("denied", "directed")
            if strict and (predicate[0] not in stems or is_vague(text, other)):
                continue
            if shared >= 0.5 or predicate[0] in [w.stem for w in scope[:4]]:
                governing.add(other.polarity)
            around = {word.clause for word in words[max(0, first - 1) : first + 1]}
            if around & clauses:
                nearby.add(other.polarity)
        if cue.polarity in governing:
            return False
        if not cue.modal and f" {cue.text.lower()} " in f" {text.lower()} ":
            return None
        positive = governing & ({"promised"} if cue.polarity == "directed" else {"promised", "done"})
        if cue.polarity in nearby and not (positive and cue.polarity in ("denied", "directed")):
            return None
        if cue.polarity in ("denied", "directed"):
            if positive and not governing & {"denied", "directed"}:
                return True
            if cue.polarity == "denied":
                around_text = " ".join(self.sentences[index : index + 2])
                return None if DENIES.search(around_text) or score < 0.5 else True
            around = " ".join(self.sentences[max(0, index - 1) : index + 1])
            return None if DIRECTS.search(around) or score < 0.65 or not cue.modal else True
        if positive:
            return None
        return True if governing else None


_STATES = re.compile(
    r"(?:[\s-]\w+){0,4}?[\s-](?:states?|countries|nations?|governments|members?|sides|neighbou?rs|parties|capitals)\b"
)


def _linked_countries(
    sentences: Sequence[str], names: Sequence[Sequence[Name]]
) -> dict[str, frozenset[str]]:
    """Link people to the countries beside their names, as in "Iranian Minister Ahmad Kalantari"."""
    links: dict[str, frozenset[str]] = {}
    for text, group in zip(sentences, names, strict=True):
        for country, name in itertools.product(group, group):
            if not country.countries or name.countries or name.key in TITLE_WORDS:
                continue
            between = text[country.end : name.start] or text[name.end : country.start]
            if len(between) < 70 and not re.search(r"[;.:]|,.*,|\b(?:and|said|told|met|with|from|in)\b", between):
                links[name.key] = links.get(name.key, frozenset()) | country.countries
    return links


def _next_stems(words: Sequence[ContentWord], end: int, count: int) -> set[str]:
    return set(itertools.islice((word.stem for word in words if word.start >= end), count))


class _Surroundings:
    """How well each source sentence holds the words around a place in an abstract sentence."""

    def __init__(
        self,
        words: Sequence[ContentWord],
        stems: Sequence[set[str]],
        weights: dict[str, float],
        unknown_weight: float,
    ) -> None:
        self._words = words
        self._weights = np.array([weights.get(word.stem, unknown_weight) for word in words])
        self._present = np.array([[word.stem in group for group in stems] for word in words], dtype=float)
        self._clauses = np.array([word.clause for word in words])

    def scores(self, start: int, end: int, *, after_only: bool = False) -> NDArray[np.float64]:
        """Return for each source sentence the share of the surrounding words that it holds.

        Nearer and rarer words count more, those of other clauses less.

        Args:
            start: Where the item begins that is judged; its own words do not count.
            end: Where it ends.
            after_only: Leave the words before it out.
        """
        before = np.array([word.end <= start for word in self._words])
        after = np.array([word.start >= end for word in self._words])
        position = int(before.sum())
        order = np.arange(len(self._words))
        distance = np.where(before, position - 1 - order, order - position)
        clause = next((word.clause for word in self._words if word.end > start), None)
        if clause is None:
            clause = self._words[-1].clause if self._words else 0
        near = 1 / (1 + np.maximum(distance, 0) / REACH) * OTHER_CLAUSE ** np.abs(self._clauses - clause)
        counted = self._weights * near * (after if after_only else before | after)
        total = counted.sum()
        return counted @ self._present / total if total else np.zeros(0)

    def neighbours(self, start: int, end: int) -> set[str]:
        """Return the stems of the two content words on either side of an item."""
        before = [word.stem for word in self._words if word.end <= start]
        after = [word.stem for word in self._words if word.start >= end]
        return {*before[-2:], *after[:2]}

    def next_word(self, end: int) -> set[str]:
        """Return the stem of the next content word."""
        return _next_stems(self._words, end, 1)

    def following(self, end: int) -> list[str]:
        """Return the stems of up to four content words that follow in the same clause."""
        after = [word for word in self._words if word.start >= end][:4]
        return [word.stem for word in after if word.clause == after[0].clause]

    def preceding(self, start: int) -> list[str]:
        """Return the stems of up to four content words that precede in the same clause, the nearest first."""
        before = [word for word in self._words if word.end <= start][-4:]
        return [word.stem for word in reversed(before) if word.clause == before[-1].clause]

    def subject(self, names: Sequence[Name], start: int) -> Name | None:
        """Return the last name before a place in its clause."""
        clauses = {word.start: word.clause for word in self._words}
        here = next((word.clause for word in self._words if word.end > start), None)
        before = [name for name in names if name.end <= start and clauses.get(name.start) == here]
        return before[-1] if before else None
