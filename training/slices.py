"""Parts of annotated documents on which a system may do better or worse than on the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument

LENGTHS = ((15, "up to 15 words"), (30, "16 to 30 words"), (45, "31 to 45 words"))
LONGEST = "more than 45 words"
SEEN, UNSEEN, UNKNOWN = "seen", "unseen", "unknown"
SEEN_PARTS = (SEEN, UNSEEN, UNKNOWN)
"""Whether training data hold a body or topic; unknown where a document does not say its own."""

# Who or what it speaks of stands in a sentence before: "He also urged …", "The two sides agreed …".
_CONTEXT_DEPENDENT = re.compile(
    r"^[\"“'‘]?(?:(?:But|And|However,|Meanwhile,|Moreover,|Furthermore,|In addition,)\s+)?"
    r"(?:(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Tt]his|[Tt]hese|[Tt]hat|[Tt]hose|[Bb]oth|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)\b"
    r"|[Tt]he (?:two|three|latter|former|same)\b|(?:\S+ ){1,4}also\b)"
)
_QUOTATION = re.compile('["“”«»]')
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Division:
    """One way to part the sentences of documents."""

    parts: tuple[str, ...]
    """The names of the parts that occur, in the order in which to show them."""
    of_sentences: list[list[str]]
    """The part of each sentence of each document."""


def slices(
    documents: Sequence[AnnotatedDocument],
    schema: LabelSchema,
    seen: Sequence[AnnotatedDocument] = (),
) -> dict[str, Division]:
    """Part the sentences by genre, primary type, length, decade, dependence on context, and quotation.

    Args:
        documents: Annotated documents.
        schema: Their labels.
        seen: What a model learned from; with it the sentences are also parted by whether their document's body is
            named there, as a document's body or in a text, and whether its topic is one of theirs.
    """
    texts = [document.sentence_texts() for document in documents]
    lengths = [*(name for _, name in LENGTHS), LONGEST]
    divisions = {
        "genre": _division([[d.genre or "unknown"] * len(d.sentences) for d in documents]),
        "primary type": _division(
            [[schema.primary(s.types) for s in d.sentences] for d in documents], schema.names
        ),
        "length": _division([[_length(text) for text in group] for group in texts], lengths),
        "decade": _division([[_decade(d.date)] * len(d.sentences) for d in documents]),
        "context": _division(
            [
                ["needs context" if needs_context(text) else "stands alone" for text in group]
                for group in texts
            ]
        ),
        "quotation": _division(
            [
                ["quotation" if _QUOTATION.search(text) else "no quotation" for text in group]
                for group in texts
            ]
        ),
    }
    if seen:
        bodies, topics = ({_plain(getattr(d, key)) for d in seen} for key in ("body", "topic"))
        told = "\n".join(_plain(document.text) for document in seen)

        def has_body(body: str) -> bool:
            return body in bodies or re.search(rf"(?<!\w){re.escape(body)}(?!\w)", told) is not None

        known = {body: has_body(body) for body in {_plain(document.body) for document in documents}}
        divisions["body"] = _division(
            [[_seen(d.body, known[_plain(d.body)])] * len(d.sentences) for d in documents], SEEN_PARTS
        )
        divisions["topic"] = _division(
            [[_seen(d.topic, _plain(d.topic) in topics)] * len(d.sentences) for d in documents], SEEN_PARTS
        )
    return divisions


def needs_context(sentence: str) -> bool:
    """Say whether a sentence opens with a pronoun or a link to what stands before, as "He also urged …" does."""
    return _CONTEXT_DEPENDENT.match(" ".join(sentence.split())) is not None


def _division(of_sentences: list[list[str]], order: Sequence[str] | None = None) -> Division:
    occurring = {part for group in of_sentences for part in group}
    return Division(tuple(p for p in order or sorted(occurring) if p in occurring), of_sentences)


def _length(sentence: str) -> str:
    words = len(sentence.split())
    return next((name for most, name in LENGTHS if words <= most), LONGEST)


def _decade(date: str) -> str:
    """Find the decade in a date as its source writes it, such as 2014-05-01 or 27-MAR-1987."""
    year = _YEAR.search(date)
    return f"{year.group(1)[:3]}0s" if year else "unknown"


def _seen(name: str, is_known: bool) -> str:
    return UNKNOWN if not name.strip() else SEEN if is_known else UNSEEN


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
