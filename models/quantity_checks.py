"""Numbers and dates of an abstract sentence that its source does not have, or has of something else."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from .quantities import DateKey, DatePart, Quantity, find_date_parts, find_quantities
from .source_text import SourceText, Surroundings, UnsupportedItem
from .words import ContentWord

_STATES = re.compile(
    r"(?:[\s-]\w+){0,4}?[\s-](?:states?|countries|nations?|governments|members?|sides|neighbou?rs|parties|capitals)\b"
)


def unsupported_numbers(
    sentence: str, source: SourceText, surroundings: Surroundings
) -> Iterator[UnsupportedItem]:
    """Yield the numbers of a sentence that the source does not support."""
    quantities = list(find_quantities(sentence))
    told = {quantity.value for quantity in quantities}
    for quantity in quantities:
        if quantity.refers_back:
            continue
        start, end = quantity.start, quantity.end
        if not any(_has_value(group, quantity.value) for group in source.quantities):
            if not _counts_states(quantity, sentence, source):
                yield UnsupportedItem("number", sentence[start:end], start, end, None)
            continue
        other = _other_number(quantity, told, source, surroundings)
        if other is not None:
            yield UnsupportedItem("number", sentence[start:end], start, end, other)


def unsupported_dates(
    sentence: str, source: SourceText, surroundings: Surroundings
) -> Iterator[UnsupportedItem]:
    """Yield the years, months, days and weekdays of a sentence that the source does not support."""
    parts = find_date_parts(sentence)
    told = {(part.kind, part.value) for part in parts}
    for part in parts:
        key = (part.kind, part.value)
        if not any(key in keys for keys in source.dates):
            yield UnsupportedItem("date", sentence[part.start : part.end], part.start, part.end, None)
            continue

        other = _other_date(part, told, source, surroundings)
        if other is not None:
            yield UnsupportedItem("date", sentence[part.start : part.end], part.start, part.end, other)


def _has_value(quantities: Sequence[Quantity], value: float) -> bool:
    return any(quantity.value == value for quantity in quantities)


def _counts_states(quantity: Quantity, sentence: str, source: SourceText) -> bool:
    """Say whether a number counts the states that a source sentence names one by one."""
    if not _STATES.match(sentence, quantity.end):
        return False
    return any(
        len({min(name.countries) for name in names if name.countries}) == quantity.value
        for names in source.names
    )


def _other_number(
    quantity: Quantity, told: set[float], source: SourceText, surroundings: Surroundings
) -> int | None:
    """Find the sentence in which another number counts the same thing."""
    counted = _next_stems(surroundings.words, quantity.end, 1)

    def rivals(index: int) -> list[tuple[int, int]]:
        return [
            (other.start, other.end)
            for other in source.quantities[index]
            if other.value not in told and same_unit(other, index)
        ]

    def same_unit(other: Quantity, index: int) -> bool:
        if other.is_money or quantity.is_money:
            return other.is_money and quantity.is_money
        return bool(counted & _next_stems(source.words[index], other.end, 2))

    def holds(index: int) -> bool:
        figures = [other for other in source.quantities[index] if not other.refers_back]
        return _has_value(figures, quantity.value)

    return surroundings.displaced_by(quantity.start, quantity.end, holds, rivals)


def _other_date(
    part: DatePart, told: set[DateKey], source: SourceText, surroundings: Surroundings
) -> int | None:
    """Find the sentence that tells this with another date."""

    def rivals(index: int) -> list[tuple[int, int]]:
        return [
            (other.start, other.end)
            for other in source.date_parts[index]
            if other.kind == part.kind and (other.kind, other.value) not in told
        ]

    key = (part.kind, part.value)
    return surroundings.displaced_by(part.start, part.end, lambda i: key in source.dates[i], rivals)


def _next_stems(words: Sequence[ContentWord], end: int, count: int) -> set[str]:
    return set(itertools.islice((word.stem for word in words if word.start >= end), count))
