"""Countries in a text: their names, adjectives and people, and capitals that act for their governments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter

from .spans import Lexicon, Span
from .validation import read_yaml

_DATA = Path(__file__).with_name("countries.yaml")


class Country(BaseModel):
    """A state or territory, as `countries.yaml` has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...]
    demonyms: tuple[str, ...] = ()
    """Its adjectives and its people, in the singular."""
    capitals: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Further names and adjectives that can stand for it, though they often mean something else."""
    seats: tuple[str, ...] = ()
    """Further cities of which the same is true of its government."""
    until: int | None = None
    """The last year of a former state, whose capital passed to another."""


def countries(text: str, written: date | None = None) -> list[Span]:
    """Find countries.

    Args:
        text: A sentence or a text.
        written: When it was written, which tells whether Moscow speaks for Russia or the Soviet Union.

    Returns:
        Spans in their order, with the ISO 3166-1 alpha-3 code.
    """
    lexicons = _lexicons()
    capital_letters = text.isupper()
    found = [
        span
        for span in (lexicons.upper_names if capital_letters else lexicons.names).find(text)
        if not _is_part_of_another_name(text, span)
    ]
    if not capital_letters:
        found += [
            span for span in _acting_capitals(text, written) if not any(s.start == span.start for s in found)
        ]
    return sorted(found)


# The Gulf of Guinea is no country, nor is Mr. Jordan; "Latin American" is no country's adjective.
_NAME_BEFORE = re.compile(
    r"\b(?:(?:Gulf|Sea|Straits?|Bay|Horn|Port) of (?:the )?|(?:Lake|River|Rio|Mount|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Sir) )$"
)
_NAMES_BEFORE = {
    "American": re.compile(r"\b(?:Latin|Central|South|North|Inter|Meso|Pan|Native)[ -]$"),
    "Ireland": re.compile(r"\bNorthern $"),
    "Mexico": re.compile(r"\bNew $"),
}
_NAME_AFTER = re.compile(
    r" (?:Sea|Ocean|Peninsula|Canal|Straits?|Gulf|River|Basin|Delta|Valley|Columbia|Virgin|Samoa|Polynesia|Guiana)\b"
)


def _is_part_of_another_name(text: str, span: Span) -> bool:
    before = _NAMES_BEFORE.get(text[span.start : span.end].removesuffix("s"), _NAME_BEFORE)
    nearby = text[max(0, span.start - 30) : span.start]
    return before.search(nearby) is not None or _NAME_AFTER.match(text, span.end) is not None


# A capital is a place after these, and a government before a finite verb.
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|from|to|near|of|via|around|outside|inside|through|for|into|over|toward|towards|between|on|with|by)"
    r" (?:[A-Z]\w+ and )?$|, [A-Z]\w+,? and $"
)
_ACTS = re.compile(
    r"(?: also| still| nevertheless| now| then| again| and (?:its|the) (?:[\w-]+ ){1,3}?)?"
    r" ?(?:has|had|have|will|would|could|should|must|might|may|"
    r"cannot|did|does|says?|said|wants?|intends?|sees?|saw|holds?|held|gave|gives|took|takes|sent|sends|made|makes|"
    r"let|paid|pays|put|broke|kept|keeps|sought|seeks|found|went|(?!(?:based|situated|located|hosted)\b)[a-z]{2,}ed)\b"
)


def _acting_capitals(text: str, written: date | None) -> Iterator[Span]:
    for span in _lexicons().capitals.find(text):
        if text[span.end : span.end + 1] == " " and _ACTS.match(text, span.end):
            if _PLACE_BEFORE.search(text[max(0, span.start - 60) : span.start]):
                continue
            former = _former_states().get(text[span.start : span.end])
            if former and written and written.year <= former[1]:
                span = span._replace(value=former[0])
            yield span


class _Lexicons(NamedTuple):
    names: Lexicon
    upper_names: Lexicon
    capitals: Lexicon


@cache
def country_table() -> dict[str, Country]:
    """Return all countries by their codes."""
    return TypeAdapter(dict[str, Country]).validate_python(read_yaml(_DATA))


@cache
def _lexicons() -> _Lexicons:
    names = [
        (name, code)
        for code, country in country_table().items()
        for name in (*country.names, *country.demonyms)
    ]
    capitals = [
        (name, code)
        for code, country in country_table().items()
        if country.until is None
        for name in country.capitals
    ]
    return _Lexicons(
        Lexicon(names, plural=True),
        Lexicon(((name.upper(), code) for name, code in names), plural=False),
        Lexicon(capitals),
    )


@cache
def _former_states() -> dict[str, tuple[str, int]]:
    return {
        name: (code, country.until)
        for code, country in country_table().items()
        if country.until is not None
        for name in country.capitals
    }
