"""Parts of annotated documents on which a system may do better or worse than on the whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument

LENGTHS = ((15, "up to 15 words"), (30, "16 to 30 words"), (45, "31 to 45 words"))
LONGEST = "more than 45 words"

# Who or what it speaks of stands in a sentence before: "He also urged …", "The two sides agreed …".
_CONTEXT_DEPENDENT = re.compile(
    r"^[\"“'‘]?(?:(?:But|And|However,|Meanwhile,|Moreover,|Furthermore,|In addition,)\s+)?"
    r"(?:(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Tt]his|[Tt]hese|[Tt]hat|[Tt]hose|[Bb]oth|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)\b"
    r"|[Tt]he (?:two|three|latter|former|same)\b|(?:\S+ ){1,4}also\b)"
)
_QUOTATION = re.compile('["“”«»]')
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


def slices(documents: Sequence[AnnotatedDocument], schema: LabelSchema) -> dict[str, list[list[str]]]:
    """Say to which part each sentence belongs.

    Returns:
        For each division (genre, primary type, length, decade, context, quotation) the name of the part of each
        sentence of each document.
    """
    return {
        "genre": [[document.genre or "unknown"] * len(document.sentences) for document in documents],
        "primary type": [
            [schema.primary(sentence.types) for sentence in document.sentences] for document in documents
        ],
        "length": [[_length(text) for text in document.sentence_texts()] for document in documents],
        "decade": [[_decade(document.date)] * len(document.sentences) for document in documents],
        "context": [
            ["needs context" if needs_context(text) else "stands alone" for text in document.sentence_texts()]
            for document in documents
        ],
        "quotation": [
            ["quotation" if _QUOTATION.search(text) else "no quotation" for text in document.sentence_texts()]
            for document in documents
        ],
    }


def needs_context(sentence: str) -> bool:
    """Say whether a sentence opens with a pronoun or a link to what stands before, as "He also urged …" does."""
    return _CONTEXT_DEPENDENT.match(" ".join(sentence.split())) is not None


def _length(sentence: str) -> str:
    words = len(sentence.split())
    return next((name for most, name in LENGTHS if words <= most), LONGEST)


def _decade(date: str) -> str:
    """Find the decade in a date as its source writes it, such as 2014-05-01 or 27-MAR-1987."""
    year = _YEAR.search(date)
    return f"{year.group(1)[:3]}0s" if year else "unknown"
