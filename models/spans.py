"""Stretches of a text with what they stand for: facts, and what the grammars that find them are built from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

FactKind = Literal["country", "body", "office", "addressee", "date", "deadline", "amount"]
FACT_KINDS: tuple[FactKind, ...] = get_args(FactKind)
"""What facts there are; `seeds/facts/GUIDELINE.md` says what each covers."""
ACTOR_KINDS: tuple[FactKind, ...] = ("country", "body", "office")


@dataclass(frozen=True, slots=True)
class Fact:
    """Who, whom, when or how much: a span of the text and what it stands for."""

    kind: FactKind
    start: int
    """Offset in the whole text: `text[start:end]` is the span."""
    end: int
    text: str
    value: str | None
    """Normalized: ISO 3166-1 alpha-3 code of a country, full name of a body, office in small letters, ISO 8601 date
    (of a deadline the last day, or a duration such as P6M from an event), number and unit of an amount. None for a
    date that needs the document's date when that is not known."""


class Span(NamedTuple):
    """A stretch of a text: `text[start:end]` stands for `value`."""

    start: int
    end: int
    value: str


class Word(NamedTuple):
    """A word, without possessive ending, and its place."""

    text: str
    start: int
    end: int

    @property
    def is_capitalised(self) -> bool:
        """Whether it begins with a capital."""
        return self.text[0].isupper()


_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W_](?:[\w’'.&-]*\w)?")
_POSSESSIVE = re.compile(r"['’]s$")


def words(text: str) -> list[Word]:
    """Return the words of a text; "U.N." keeps its full stops, "Council's" loses its ending."""
    found = []
    for match in _WORD.finditer(text):
        bare = _POSSESSIVE.sub("", match.group())
        found.append(Word(bare, match.start(), match.start() + len(bare)))
    return found


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    """Say whether a span shares a character with one of the others."""
    return any(span.start < other.end and other.start < span.end for other in others)


class Lexicon:
    """Names that are looked up in texts, the longest first.

    Args:
        names: What each name stands for.
        plural: Whether a plural "s" may follow.
    """

    def __init__(self, names: Iterable[tuple[str, str]], *, plural: bool = False) -> None:
        self._plural = plural
        self._by_opening: dict[str, list[tuple[str, str]]] = {}
        for name, value in sorted(names, key=lambda item: -len(item[0])):
            self._by_opening.setdefault(name[:2], []).append((name, value))

    def find(self, text: str) -> Iterator[Span]:
        """Yield the names of a text; where two begin at one place, the longer."""
        end = 0
        for match in re.finditer(r"(?<!\w)[^\W\d_]", text):
            start = match.start()
            if start < end:
                continue
            for name, value in self._by_opening.get(text[start : start + 2], ()):
                end = start + len(name)
                if not text.startswith(name, start):
                    continue
                if self._plural and text[end : end + 1] == "s":
                    end += 1
                if not text[end : end + 1].isalnum():
                    yield Span(start, end, value)
                    break
            else:
                end = start
