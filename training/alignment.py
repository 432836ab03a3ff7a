"""Sentences that a system cut for itself, held against the annotated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which sentence of a system is which annotated sentence."""

    matched: tuple[int | None, ...]
    """For each annotated sentence, the system's sentence with the same boundaries; None where it has none."""
    extra: tuple[int, ...]
    """The system's sentences that overlap an annotated one without being one."""


def align(annotated: Sequence[Span], given: Sequence[Span], text: str) -> Alignment:
    """Align the sentences of a text by their offsets; white space at the ends does not count.

    A sentence with other boundaries is not the annotated one: what is cut wrongly is labelled wrongly. Sentences
    in parts of the text that nobody annotated are not judged.

    Args:
        annotated: Offsets of the annotated sentences, in order.
        given: Offsets of the system's sentences.
        text: The text that both cut.
    """
    places = {_trimmed(span, text): index for index, span in enumerate(given)}
    matched = tuple(places.get(_trimmed(span, text)) for span in annotated)
    judged = bytearray(len(text))
    for start, end in annotated:
        judged[start:end] = b"\x01" * (end - start)
    found = set(matched)
    extra = tuple(i for i, (start, end) in enumerate(given) if i not in found and any(judged[start:end]))
    return Alignment(matched, extra)


def _trimmed(span: Span, text: str) -> Span:
    start, end = span
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
