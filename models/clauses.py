"""Sentences that hold several acts, cut into one part an act: "agreed to open a hotline and to train guards"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that tells an act of its own."""

    text: str
    """With the words that it shares with the parts before it: "they agreed" + "to train guards"."""
    start: int
    """Offset of the part in its sentence, without the shared words."""
    end: int
    shared: int
    """The shared words are the first so many characters of the sentence; 0 where it shares none."""


_ACT_VERB = (
    r"(?:will|would|shall|must|should|agree[ds]?|pledge[ds]?|promise[ds]?|vow(?:s|ed)|undert(?:akes?|ook)|commit(?:s|ted)?"
    r"|decide[ds]?|resolve[ds]?|intends?|urge[ds]?|call(?:s|ed)? (?:up)?on|ask(?:s|ed)?|invite[ds]?|appeal(?:s|ed)?"
    r"|encourage[ds]?|demand(?:s|ed)?|request(?:s|ed)?|instruct(?:s|ed)?|offer(?:s|ed)?|(?:is|are) to"
    r"|adopt(?:s|ed)?|approve[ds]?|endorse[ds]?|establish(?:es|ed)?|elect(?:s|ed)?|extend(?:s|ed)?)"
)
# A second clause begins behind a semicolon, or with a subject of its own behind a comma and a conjunction.
_CLAUSE_BREAK = re.compile(
    rf";\s+(?:and\s+|but\s+)?|,\s+(?:and|but|while|whereas)\s+(?=(?:[^\s,;]+\s+){{1,6}}?{_ACT_VERB}\b)"
)
_SECOND_VERB = re.compile(
    r",?\s+(?:and|but)\s+(?:also\s+|then\s+)?(?P<mark>will|would|shall|must|should|to)\s+(?=[a-z])"
)
_GOVERNS_INFINITIVES = re.compile(
    r"\b(?:agree|pledg|vow|undert|promis|commit|resolv|decid|determin|intend|plan|urg|call(?:s|ed)? (?:up)?on|ask|invit"
    r"|appeal|request|encourag|instruct|demand|offer|ready|prepared)\w*\b[^,;]{0,80}$",
    re.IGNORECASE,
)
_NO_VERB = frozenset("the a an this that its their his her our all each any".split())
_FEWEST_WORDS = 4


def clauses(sentence: str) -> list[Clause]:
    """Cut a sentence into the parts that each tell an act.

    Clauses with a subject of their own are cut apart, and so are verbs that share a modal ("will … and will …") or
    a governing verb ("agreed to … and to …"), which is repeated before each.

    Returns:
        The parts in their order; the whole sentence as one part where it holds one act.
    """
    return [part for start, end in _own_clauses(sentence) for part in _verbs(sentence, start, end)]


def _own_clauses(sentence: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _CLAUSE_BREAK.finditer(sentence):
        before, after = sentence[start : match.start()], sentence[match.end() :]
        if all(len(part.split()) >= _FEWEST_WORDS for part in (before, after)):
            yield start, match.start()
            start = match.end()
    yield start, len(sentence)


def _verbs(sentence: str, start: int, end: int) -> Iterator[Clause]:
    shared = None
    place = start
    for match in _SECOND_VERB.finditer(sentence, start, end):
        opening = _opening(sentence, start, match)
        if opening is None:
            continue
        yield _clause(sentence, start, shared, place, match.start())
        shared, place = opening, match.start("mark")
    yield _clause(sentence, start, shared, place, end)


def _clause(sentence: str, first: int, shared: int | None, start: int, end: int) -> Clause:
    words = sentence[first:shared] if shared is not None else ""
    return Clause(words + sentence[start:end].strip(), start, end, shared or 0)


def _opening(sentence: str, start: int, second: re.Match[str]) -> int | None:
    """Return where the first of two verbs with the same mark begins; the words before it belong to both."""
    mark = second["mark"]
    for first in re.finditer(rf"\b{mark}\s+(?=(?P<verb>[a-z]+))", sentence[: second.start()]):
        if first.start() < start or (mark == "to" and first["verb"] in _NO_VERB):
            continue
        governed = _GOVERNS_INFINITIVES.search(sentence, start, first.start()) is not None
        return first.start() if mark != "to" or governed else None
    return None
