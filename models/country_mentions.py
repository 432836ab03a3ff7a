"""Mentions of countries under names, nationalities and seats of government, which texts use for one another.

"Chinese", "Peking" and "China" can all be the same actor. Names that texts of the last fifty years use
are among them, such as the Soviet Union's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from .countries import country_table

# Texts treat these as actors like any country. Names, adjectives, seats.
_EUROPEAN_NAMES = (
    *("European Union", "EU", "E.U.", "European Community", "European Communities"),
    *("EC", "E.C.", "EEC", "European Commission", "Europe"),
)
_UNIONS = (
    (_EUROPEAN_NAMES, ("European",), ("Brussels",)),
    (("United Nations", "UN", "U.N."), (), ("New York",)),
)


@cache
def country_terms() -> dict[str, frozenset[str]]:
    """Map names and nationalities, in lower case without full stops, to the countries they can stand for.

    The European Union and the United Nations count as countries: texts treat them as actors like any.
    """
    found: dict[str, frozenset[str]] = {}
    for names, nationalities, _ in _rows():
        for term in (*names, *nationalities):
            for key in (normalized_term(term), normalized_term(term) + "s"):
                found[key] = found.get(key, frozenset()) | {names[0]}
    return found


@cache
def seats_of_government() -> dict[str, frozenset[str]]:
    """Map capitals, in lower case without full stops, to the countries they can stand for."""
    found: dict[str, frozenset[str]] = {}
    for names, _, seats in _rows():
        for seat in seats:
            key = normalized_term(seat)
            found[key] = found.get(key, frozenset()) | {names[0]}
    return found


@dataclass(frozen=True, slots=True)
class CountryMention:
    """A country's name or nationality in a text."""

    start: int
    end: int
    countries: frozenset[str]
    """What it can stand for: "Congolese" leaves two."""


def find_countries(text: str) -> Iterator[CountryMention]:
    """Find the names and nationalities of countries; the longest that fits counts."""
    by_first_word = _terms_by_first_word()
    position = 0
    for match in _CAPITALISED.finditer(text):
        if match.start() < position:
            continue
        for term, countries in by_first_word.get(_head(match.group()), ()):
            end = match.start() + len(term)
            if text.startswith(term, match.start()):
                end += text.startswith("s", end) and term[-1].islower()
                if not text[end : end + 1].isalnum():
                    yield CountryMention(match.start(), end, countries)
                    position = end
                    break


def country_names() -> list[str]:
    """Return each country's first name."""
    return [names[0] for names, _, _ in _rows()]


def normalized_term(term: str) -> str:
    """Lower-case a name and leave out its full stops: "U.S." becomes "us"."""
    return " ".join(term.replace(".", "").replace("’", "'").lower().split())


_CAPITALISED = re.compile(r"(?<![\w.])[^\W\d_a-z][\w.]*")


def _head(word: str) -> str:
    """Leave out what can end a word beside its letters, so that "Thais" and "Vietnam." are found."""
    return word.rstrip(".").rstrip("s")


@cache
def _terms_by_first_word() -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Group terms by their first word, the longest first."""
    found: dict[str, set[str]] = {}
    for names, nationalities, _ in _rows():
        for term in (*names, *nationalities):
            word = _CAPITALISED.match(term)
            if word is None:
                continue  # "former Yugoslav Republic of …": "Yugoslav" is found
            found.setdefault(_head(word.group()), set()).add(term)
    terms = country_terms()
    return {
        word: tuple(
            (term, terms[normalized_term(term)]) for term in sorted(group, key=lambda t: (-len(t), t))
        )
        for word, group in found.items()
    }


@cache
def _rows() -> tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...]:
    """Return names, adjectives and seats of government of all actors, the usual name first."""
    table = country_table().values()
    countries = ((row.names, (*row.demonyms, *row.also), (*row.capitals, *row.seats)) for row in table)
    return (*countries, *_UNIONS)
