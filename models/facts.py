"""Facts beside the types: who, whom, when, how much, as spans of the text with normalized values.

Countries, bodies and offices come from tables and small grammars, dates from a grammar of the forms that
diplomatic texts use; nothing is learned and nothing is loaded but a table. `seeds/facts/GUIDELINE.md` says what
each kind covers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from .addressees import addressees
from .amounts import amounts
from .bodies import BodyNames, bodies, body_names
from .countries import countries
from .dates import dates, find_date
from .offices import offices
from .spans import Fact, FactKind, Span, overlaps
from .text import Document, Sentence


def document_date(document: Document) -> date | None:
    """Return the day from which a document's dates are counted.

    It is the date that the source gives, else the first day with a year in the text, else None.
    """
    given = find_date(document.date) if document.date else None
    return given or find_date(document.text)


def find_facts(document: Document, sentences: Sequence[Sentence]) -> list[tuple[Fact, ...]]:
    """Find the facts of every sentence of a document.

    Args:
        document: The document; its date, or else the first full date in its text, resolves "next year".
        sentences: Its sentences, from `segment`.

    Returns:
        For each sentence its facts in the order of the text.
    """
    written = document_date(document)
    flat = [_plain(sentence.text) for sentence in sentences]
    names = body_names(flat)
    return [
        tuple(
            Fact(kind, start + sentence.start, end + sentence.start, sentence.text[start:end], value)
            for start, end, kind, value in sorted(_facts(text, written, names), key=lambda fact: fact[:3])
        )
        for sentence, text in zip(sentences, flat, strict=True)
    ]


# Letters that count as s, i and k where letter case does not count.
_ODD_LETTERS = str.maketrans("ſİıK", "sIiK")


def _plain(text: str) -> str:
    """Write every kind of white space as a blank, at the same length, so that offsets stay."""
    return re.sub(r"\s", " ", text).translate(_ODD_LETTERS)


def _facts(
    text: str, written: date | None, names: BodyNames
) -> Iterator[tuple[int, int, FactKind, str | None]]:
    found_countries = countries(text, written)
    found_offices = offices(text, found_countries)
    found_bodies = bodies(text, found_countries, names)
    # Of a body in an office ("Trade Ministry Director") or an office in a body, the longer one is meant.
    found_bodies = [span for span in found_bodies if not _is_within(span, found_offices)]
    found_offices = [span for span in found_offices if not overlaps(span, found_bodies)]
    found_amounts = amounts(text)
    # "Swiss francs" and "US$" name a currency.
    found_countries = [
        span for span in found_countries if not overlaps(span, [*found_bodies, *found_amounts])
    ]
    actors: dict[FactKind, list[Span]] = {
        "country": found_countries,
        "body": found_bodies,
        "office": found_offices,
    }
    for kind, spans in actors.items():
        yield from ((span.start, span.end, kind, span.value) for span in spans)
    for span in addressees(text, [*found_countries, *found_bodies]):
        yield span.start, span.end, "addressee", span.value
    for mention in dates(text, written):
        yield mention.start, mention.end, "deadline" if mention.is_deadline else "date", mention.value
    for span in found_amounts:
        yield span.start, span.end, "amount", span.value


def _is_within(span: Span, others: Sequence[Span]) -> bool:
    return any(other.start <= span.start and span.end <= other.end for other in others)
