"""Polarity of an abstract sentence against its source: failed or agreed, promised or asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from .acts import (
    DENIES,
    DIRECTS,
    Cue,
    Polarity,
    find_cues,
    is_passive,
    is_reversed,
    is_vague,
)
from .names import Name, find_names
from .source_text import CONFIDENT, SourceText, Surroundings, UnsupportedItem
from .words import stem

TIED = 0.6
"""Source sentences that hold this share of what the best holds can tell an act as well."""
SCOPE = 8
"""Content words that a cue in the source governs."""
NO_DENIAL = 0.55
"""Share of an act's words in a source sentence from which its having no word of denial tells something."""
NO_DUTY = 0.35
"""The same for "should" and "must" where no word of direction stands."""
DENIAL_BEFORE = 70
"""Characters before the words of an act in which a denial of it can stand."""
DENIAL_AFTER = 40
"""Characters after them."""
SETTLED = ("with an agreement", "after agreeing")
"""Cues that a source contradicts by any word of denial, unless it tells an agreement too."""


def unsupported_polarity(
    sentence: str, source: SourceText, surroundings: Surroundings
) -> Iterator[UnsupportedItem]:
    """Yield the words of a sentence that give an act another polarity than the source does.

    Cautious: a source sentence that tells the act alike, or that leaves it open, outweighs one that
    contradicts.
    """
    names = find_names(sentence)
    for cue in find_cues(sentence):
        passive = is_passive(sentence, cue)
        scores = surroundings.scores(cue.start, cue.end, after_only=not passive)
        best = scores.max(initial=0)
        predicate = surroundings.preceding(cue.start) if passive else surroundings.following(cue.end)
        enough = 1 if best > 0.6 else 2
        if best < CONFIDENT or len(predicate) < enough:
            continue
        if is_vague(cue) or (cue.polarity != "directed" and is_reversed(sentence, cue.end)):
            continue
        subject = _subject(names, cue, surroundings) if cue.polarity == "denied" else None
        verdicts = {
            i: _contradicts(cue, predicate, float(scores[i]), source, i)
            for i in map(int, np.flatnonzero(scores >= TIED * best))
            if subject is None or _can_be_subject(subject, source, i)
        }
        contradicting = [i for i, verdict in verdicts.items() if verdict]
        if contradicting and False not in verdicts.values():
            worst = max(contradicting, key=lambda i: scores[i])
            yield UnsupportedItem("polarity", cue.text, cue.start, cue.end, worst)


def _subject(names: Sequence[Name], cue: Cue, surroundings: Surroundings) -> Name | None:
    """Return the last name before a cue in its clause."""
    here = surroundings.clause_at(cue.start)
    before = [name for name in names if name.end <= cue.start and surroundings.clause_at(name.start) == here]
    return before[-1] if before else None


def _can_be_subject(subject: Name, source: SourceText, index: int) -> bool:
    """Say whether a source sentence can speak of somebody; who "I" is, is left open."""
    first_person = _FIRST_PERSON.match(source.sentences[index]) is not None
    return first_person or source.speaks_of(subject, index, source.antecedents(index))


_FIRST_PERSON = re.compile(r"^(?:[A-Z]:)?[\W\d]*(?:I|My)\b")


def _contradicts(
    cue: Cue, predicate: Sequence[str], score: float, source: SourceText, index: int
) -> bool | None:
    """Say whether a source sentence tells the same act with another polarity; None where it is left open."""
    text = source.sentences[index]
    governing, nearby = _polarities(cue, predicate, source, index)
    if cue.polarity == "done" and _is_denied(cue, text):
        return True
    if cue.polarity in governing:
        return False
    if not cue.modal and f" {cue.text.lower()} " in f" {text.lower()} ":
        return None
    positive: set[Polarity] = {"promised"} if cue.polarity == "directed" else {"promised", "done"}
    told_positive = bool(governing & positive)
    if cue.text.lower() in SETTLED:
        return True if "done" not in nearby | governing and DENIES.search(text) else None
    if _PLEDGE.fullmatch(cue.text) and _REQUEST.search(text) and not _COMMITMENT.search(text):
        return True
    if cue.polarity in ("done", "promised"):
        return True if governing and not told_positive and cue.polarity not in nearby else None
    if told_positive:
        return True if not governing & {"denied", "directed"} else None
    if cue.polarity in nearby:
        return None
    if cue.polarity == "denied":
        around = _around(predicate, source, index)
        return True if score >= NO_DENIAL and not DENIES.search(around) else None
    # "Urged" and the like are put in too many ways; "should" and "must" are not.
    return True if cue.modal and score >= NO_DUTY and not DIRECTS.search(text) else None


# A promise in so many words, and a sentence that tells a request and nothing like a promise.
_PLEDGE = re.compile(r"(?:pledg|promis|vow|undert)\w+", re.IGNORECASE)
_REQUEST = re.compile(
    r"\b(?:urg\w+|ask(?:s|ed|ing)?|call(?:s|ed|ing)? (?:on|upon)|appeal(?:s|ed)|demand(?:s|ed)|request(?:s|ed)|telling)\b",
    re.IGNORECASE,
)
_COMMITMENT = re.compile(
    r"\b(?:will|would|pledg\w+|promis\w+|vow\w*|undert\w+|commit\w*|offer\w*|agree\w*|ready|readiness|willing\w*"
    r"|prepared|assur\w+|guarant\w+|intend\w*|plan\w*|consent\w*|accept\w*|decid\w+|resolv\w+|to do so)\b",
    re.IGNORECASE,
)
_DENIED_VERB = r"\b(?:not|never|refus\w+ to|fail\w* to|declin\w+ to|(?:unable|unwilling|impossible) to|without)(?: \w+ly)? "


def _is_denied(cue: Cue, text: str) -> bool:
    """Say whether a source sentence has the very verb of a cue with a denial before it, and never without."""
    verb = re.escape(stem(cue.text.split()[0].lower()))
    uses = re.findall(rf"\b{verb}\w*", text, re.IGNORECASE)
    denied = re.findall(rf"{_DENIED_VERB}{verb}\w*", text, re.IGNORECASE)
    return bool(denied) and len(denied) == len(uses)


def _around(predicate: Sequence[str], source: SourceText, index: int) -> str:
    """Return what stands around the words of an act in a source sentence; all of it where it has none."""
    text = source.sentences[index]
    words = [word for word in source.words[index] if word.stem in predicate]
    if not words:
        return text
    return text[max(0, words[0].start - DENIAL_BEFORE) : words[-1].end + DENIAL_AFTER]


def _polarities(
    cue: Cue, predicate: Sequence[str], source: SourceText, index: int
) -> tuple[set[Polarity], set[Polarity]]:
    """Collect the polarities that govern the act in a source sentence, and those of its clauses at all."""
    text, words = source.sentences[index], source.words[index]
    clauses = {word.clause for word in words if word.stem in predicate}
    governing: set[Polarity] = set()
    nearby: set[Polarity] = set()
    for other in find_cues(text):
        # "Agreed" can be the act itself, as in "failed to agree"; "would" never is.
        begin = other.start if other.polarity == "done" else other.end
        first = sum(word.start < begin for word in words)
        passive = is_passive(text, other)
        scope = words[max(0, first - SCOPE - 1) : first] if passive else words[first : first + SCOPE]
        if other.polarity in ("denied", "directed") and scope:
            scope = [word for word in scope if word.clause == scope[-1 if passive else 0].clause]
        stems = [word.stem for word in scope]
        # Against a promise or a success only a denial of this very act counts.
        turned = cue.polarity in ("done", "promised") and other.polarity in ("denied", "directed")
        shared = len({*stems} & {*predicate}) / len(predicate)
        if turned and (is_vague(other) or (predicate[0] not in stems and shared < 0.75)):
            continue
        if shared >= 0.5 or predicate[0] in stems[:4]:
            governing.add(other.polarity)
        if {word.clause for word in words[max(0, first - 1) : first + 1]} & clauses:
            nearby.add(other.polarity)
    return governing, nearby


# A formal act and its object, as far as the object's own words go.
_FORMAL_ACT = r"\b(?P<act>approv|adopt|endors|ratif|sign)(?:ed|es|s|ied|ies)\b"
_FORMAL_OBJECT = re.compile(
    rf"{_FORMAL_ACT} (?P<object>[^,.;]+?)(?= (?:and|in|on|for|at|to|of|with|next|last|this)\b|[,.;]|$)"
)
_FORMAL_VERB = re.compile(_FORMAL_ACT)
_ANOTHER_ACT = re.compile(
    r"(?:,| and| but| while| then)(?: also| then| later)? (?:\w+ed|held|met|spoke|took|made|gave|put|set|left|began)\b"
)


def unsupported_objects(sentence: str, source: SourceText) -> Iterator[UnsupportedItem]:
    """Yield what a sentence says was approved, adopted, endorsed, ratified or signed, and the source tells otherwise.

    So of "approved a plan and talked over an exercise" nobody can make "approved an exercise". Cautious: a source
    sentence must have the act and, after another act, the object; and none may have the two together.
    """
    for match in _FORMAL_OBJECT.finditer(sentence):
        noun = re.compile(rf"\b{re.escape(match['object'].split()[-1].lower())}", re.IGNORECASE)
        places = [
            (i, found.start() > verb.end() and _ANOTHER_ACT.search(text, verb.end(), found.start()))
            for i, text in enumerate(source.sentences)
            for verb in _FORMAL_VERB.finditer(text)
            if verb["act"] == match["act"]
            for found in noun.finditer(text)
        ]
        if places and all(apart for _, apart in places):
            start, end = match.span("object")
            yield UnsupportedItem("polarity", match["object"], start, end, places[-1][0])
