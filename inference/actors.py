"""Who acts and who is addressed in a labelled sentence, from its facts."""

from __future__ import annotations

from collections.abc import Iterable

from ..models.spans import ACTOR_KINDS, Fact
from .results import LabelledSentence


def addressees(sentence: LabelledSentence) -> list[Fact]:
    """Return those whom a sentence calls upon."""
    return [fact for fact in sentence.facts if fact.kind == "addressee"]


def actors(sentence: LabelledSentence) -> list[Fact]:
    """Return the countries, bodies and offices of a sentence, but for those that it addresses."""
    addressed = addressees(sentence)
    return [
        fact
        for fact in sentence.facts
        if fact.kind in ACTOR_KINDS
        and not any(other.start <= fact.start and fact.end <= other.end for other in addressed)
    ]


def values(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return what facts stand for, each once."""
    return tuple(dict.fromkeys(fact.value or fact.text for fact in facts))
