"""Names, places and actors of an abstract sentence that its source does not have, or has elsewhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

import numpy as np

from .acts import is_actor, opens_with_pronoun
from .country_mentions import seats_of_government
from .names import (
    TITLE_WORDS,
    Name,
    NameIndex,
    dateline_end,
    find_names,
    is_in_organisation,
    is_part_of_name,
    is_place,
    is_subject,
    is_subject_with_others,
    is_venue,
    spelled_out,
)
from .source_text import CONFIDENT, SourceText, Surroundings, UnsupportedItem, UnsupportedKind

CERTAIN = 0.45
"""From this share of the surroundings on, another country or place in a source sentence is a contradiction."""
PRONOUN_CERTAIN = 0.5
"""The same where the source sentence says "he" or "it" and nothing before it names the actor."""
ANTECEDENTS = 4
"""Sentences before a pronoun in which the actor is looked for."""
TIED = 0.6
"""Source sentences that hold this share of what the best holds can tell an act as well."""
LISTED = 3
"""More countries in a sentence are a list, which is compared only with a list: sources name members elsewhere."""


def unsupported_names(
    sentence: str, source: SourceText, surroundings: Surroundings
) -> Iterator[UnsupportedItem]:
    """Yield the names, places and actors of a sentence that the source does not support."""
    names = find_names(sentence)
    spelled = spelled_out(sentence, source.everything)
    told = NameIndex([sentence], [names])
    for name in names:
        in_acronym = any(start <= name.start and name.end <= end for start, end in spelled)
        if name.key in TITLE_WORDS or in_acronym:
            continue
        kind = _kind(sentence, name)
        if not _is_known(name, kind, source.everything):
            if not is_in_organisation(sentence, name, names, source.everything):
                yield UnsupportedItem(kind, sentence[name.start : name.end], name.start, name.end, None)
            continue
        if kind == "place":
            if is_venue(sentence, name.start):
                other = _other_venue(name, told, source)
            else:
                other = _other_place(name, told, source, surroundings)
        else:
            other = _other_surname(sentence, name, names, told, source)
            if other is None and kind == "actor" and not _follows_a_name(sentence, name, names):
                through_office = not is_actor(sentence, name.end)
                other = _other_actor(name, told, source, surroundings, through_office=through_office)
            if other is None and not is_actor(sentence, name.end):
                other = _other_country(sentence, name, told, source, surroundings)
            if other is None and _ACRONYM.fullmatch(sentence, name.start, name.end):
                other = _other_acronym(name, told, source, surroundings)
        if other is not None:
            yield UnsupportedItem(kind, sentence[name.start : name.end], name.start, name.end, other)


def _kind(sentence: str, name: Name) -> UnsupportedKind:
    if is_place(sentence, name.start):
        return "place"
    acts = is_actor(sentence, name.end)
    if name.countries and not acts:
        acts = is_subject(sentence, name.end) or is_subject_with_others(sentence, name.end)
    return "actor" if acts else "name"


def _is_known(name: Name, kind: UnsupportedKind, index: NameIndex) -> bool:
    # Dhaka can act where the source says Bangladesh, but nobody has met there.
    return index.holds(name) if kind == "place" and not name.countries else index.acts_for(name)


def _follows_a_name(sentence: str, name: Name, names: Sequence[Name]) -> bool:
    """Say whether a word is the end of a longer name, such as "Pact" of "Warsaw Pact"."""
    spaced = sentence[name.start - 1 : name.start] == " "
    return not name.countries and spaced and any(other.end + 1 == name.start for other in names)


def _other_venue(name: Name, told: NameIndex, source: SourceText) -> int | None:
    """Find the sentence that says where the meeting was, when it was not there."""
    opening = [i for i, text in enumerate(source.sentences[:2]) if not dateline_end(text)]
    if any(source.names_near(i).holds(name) for i in opening):
        return None
    if any(venue.key == name.key or _acts_for(venue) & name.countries for _, venue in source.venues):
        return None
    return next((i for i, venue in source.venues if not told.holds(venue)), None)


def _other_place(name: Name, told: NameIndex, source: SourceText, surroundings: Surroundings) -> int | None:
    def rivals(index: int) -> list[tuple[int, int]]:
        return [
            (other.start, other.end)
            for other in source.names[index]
            if not told.holds(other) and is_place(source.sentences[index], other.start)
        ]

    return surroundings.displaced_by(
        name.start, name.end, lambda i: source.names_near(i).holds(name), rivals, CERTAIN
    )


def _other_country(
    sentence: str, name: Name, told: NameIndex, source: SourceText, surroundings: Surroundings
) -> int | None:
    if not name.countries or is_part_of_name(sentence, name):
        return None

    listed = len(told.countries) > LISTED

    def rivals(index: int) -> list[tuple[int, int]]:
        if listed and len(told.countries & source.names_near(index).countries) < 2:
            return []
        return [
            (other.start, other.end)
            for other in source.names[index]
            if other.countries
            and not told.holds(other)
            and not is_part_of_name(source.sentences[index], other)
        ]

    return surroundings.displaced_by(
        name.start, name.end, lambda i: source.speaks_of(name, i, source.antecedents(i)), rivals, CERTAIN
    )


def _other_acronym(name: Name, told: NameIndex, source: SourceText, surroundings: Surroundings) -> int | None:
    def rivals(index: int) -> list[tuple[int, int]]:
        text = source.sentences[index]
        if text.isupper():
            return []
        return [
            (other.start, other.end)
            for other in source.names[index]
            if _ACRONYM.fullmatch(text, other.start, other.end) and not told.holds(other)
        ]

    return surroundings.displaced_by(
        name.start,
        name.end,
        lambda i: source.names_near(i, source.antecedents(i)).holds(name),
        rivals,
        CERTAIN,
    )


_ACRONYM = re.compile(r"[A-Z]{3,6}")


def _other_surname(
    sentence: str, name: Name, names: Sequence[Name], told: NameIndex, source: SourceText
) -> int | None:
    """Find the sentence in which the first name has another surname."""
    first_name = next((other for other in names if other.end + 1 == name.start), None)
    if first_name is None or first_name.countries or name.countries or first_name.key in TITLE_WORDS:
        return None
    found = None
    for i, group in enumerate(source.names):
        for first, second in itertools.pairwise(group):
            if first.key != first_name.key:
                continue
            adjacent = second.start == first.end + 1
            if not adjacent or told.holds(second) or name.key in source.names_near(i).words:
                return None
            found = i
    return found


def _other_actor(
    name: Name, told: NameIndex, source: SourceText, surroundings: Surroundings, *, through_office: bool
) -> int | None:
    """Find the sentence that tells this act of somebody else.

    The "it" of a source can be a government that no sentence gives its country, so that of an act through
    an office nothing follows from it.

    An act that no sentence tells in like words is not judged, nor one whose actor the source leaves open.
    """
    scores = surroundings.scores(name.start, name.end, after_only=True)
    best = scores.max(initial=0)
    if best < CONFIDENT:
        return None
    other = None
    for i in map(int, np.flatnonzero(scores >= TIED * best)):
        if source.speaks_of(name, i, 0):
            if not _is_bystander(name, told, source, i):
                return None
            other = i
        elif opens_with_pronoun(source.sentences[i]):
            if _is_about_another(name, told, source, i):
                other = i
            elif through_office or source.speaks_of(name, i, ANTECEDENTS):
                return None
            else:
                other = i if scores[i] >= PRONOUN_CERTAIN else other
        elif any(_is_rival(rival, name, told, source.sentences[i]) for rival in source.names[i]):
            other = i
        elif source.speaks_of(name, i, 3):
            return None
    return other


def _acts_for(name: Name) -> frozenset[str]:
    """Return the countries that a name can act for: its own, or those that are governed from there."""
    return name.countries or seats_of_government().get(name.key, frozenset())


def _is_bystander(name: Name, told: NameIndex, source: SourceText, index: int) -> bool:
    """Say whether a sentence names a country only after another that acts in it, as "Mali" in "Chad will aid Mali"."""
    text = source.sentences[index]
    mentions = [other for other in source.names[index] if _acts_for(other) & name.countries]
    if not mentions or any(is_subject(text, other.end) for other in mentions):
        return False
    return any(
        _is_rival(other, name, told, text) and is_subject(text, other.end)
        for other in source.names[index]
        if other.start < mentions[0].start
    )


_PERSON_OPENING = re.compile(r"^[\W\d]*(?:He|She|His|Her)\b")


def _is_about_another(name: Name, told: NameIndex, source: SourceText, index: int) -> bool:
    """Say whether the nearest sentence before one with a pronoun in which anybody acts tells of somebody else."""
    if not _PERSON_OPENING.match(source.sentences[index]):
        return False
    for i in range(index - 1, max(-1, index - 1 - ANTECEDENTS), -1):
        text = source.sentences[i]
        acting = [other for other in source.names[i] if is_subject(text, other.end)]
        if source.speaks_of(name, i, 0):
            return False
        if acting:
            return any(_is_rival(other, name, told, text) for other in acting)
    return False


def _is_rival(rival: Name, name: Name, told: NameIndex, text: str) -> bool:
    """Say whether a source sentence names another actor of the same sort."""
    if told.holds(rival):
        return False
    if not name.countries:
        return not rival.countries and rival.key not in TITLE_WORDS and is_actor(text, rival.end)
    if rival.countries:
        return True
    countries = _acts_for(rival)
    acts = is_subject(text, rival.end) and not is_place(text, rival.start)
    return bool(countries) and acts and not countries & told.countries


# A group that is said to have asked, promised or warned, and the one person who may have done so.
_SPEECH_ACT = r"(?P<act>urg|call|ask|demand|warn|pledg|vow|promis|offer|appeal)(?:es|ed|s)\b"
_GROUP_ACT = re.compile(
    r"\b(?P<group>(?:[Tt]he |[Tt]heir |[Bb]oth )?(?:\w+ )?"
    r"(?:ministers|chiefs|leaders|members|delegates|delegations|officials|envoys|presidents|governments|sides|they|They))"
    rf" (?:also )?{_SPEECH_ACT}"
)
_PERSON_ACT = re.compile(
    r"(?:^[\W\d]*(?:He|She)|\b(?:he|she)|\b[Tt]he (?:\w+ )?(?:minister|general|chairman|chair|president|spokesman|spokeswoman"
    rf"|official|ambassador|envoy|chancellor|premier)) (?:also |again |then )?{_SPEECH_ACT}"
)
_ACT_STEM = re.compile(_SPEECH_ACT)


def unsupported_groups(sentence: str, source: SourceText) -> Iterator[UnsupportedItem]:
    """Yield groups to which a sentence gives an act of speech that the source tells of one person only.

    Cautious: every source sentence with that act must tell it of "he", "she" or an office in the singular.
    """
    for match in _GROUP_ACT.finditer(sentence):
        acting = [
            (i, text)
            for i, text in enumerate(source.sentences)
            if any(found["act"] == match["act"] for found in _ACT_STEM.finditer(text))
        ]
        persons = [
            i
            for i, text in acting
            if any(found["act"] == match["act"] for found in _PERSON_ACT.finditer(text))
            and not any(found["act"] == match["act"] for found in _GROUP_ACT.finditer(text))
        ]
        if acting and len(persons) == len(acting):
            yield UnsupportedItem(
                "actor", match["group"], match.start("group"), match.end("group"), persons[0]
            )
