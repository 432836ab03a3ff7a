"""Addressees in a text: who is urged, asked, called on, invited or told to act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .spans import Span

_CALLS = (
    r"(?:urg(?:e|es|ed|ing)|ask(?:s|ed|ing)?|invit(?:e|es|ed|ing)|exhort(?:s|ed|ing)?|request(?:s|ed|ing)?"
    r"|encourag(?:e|es|ed|ing)|implor(?:e|es|ed|ing)|press(?:es|ed|ing)?|direct(?:s|ed|ing)?|instruct(?:s|ed|ing)?|remind(?:s|ed|ing)?"
    r"|advis(?:e|es|ed|ing)|challeng(?:e|es|ed|ing)"
    r"|call(?:s|ed|ing)?(?: [a-z]+){0,2}? (?:up)?on|appeal(?:s|ed|ing)?(?: [a-z]+){0,2}? to"
    r"|plead(?:s|ed|ing)? with|beseech(?:es)?|order(?:s|ed)?)"
)
_TELLS = r"(?:told|tells?)"
# A call goes on with "to" and a verb; "to the" begins the object of something else.
_TO_ACT = (
    r"(?=,? (?:not |strictly |fully |also |henceforth |jointly |therefore )?(?:to|not to) "
    r"(?!the\b|an?\b|their\b|its\b|his\b|her\b|our\b|that\b|those\b|each\b|all\b|[A-Z\d])(?:[a-z]+))"
)
_WHO = r"(?P<who>(?:(?! that | whether | how | and (?:said|recalled|called|urged|expressed) )[^,;:.()–—\"“”]){2,90}?)"
# "The request of …" and "that call on …" are nouns.
_NO_NOUN = "".join(
    rf"(?<!\b{word} )" for word in "the a an that this their its his her our of at any all".split()
)
_ACTIVE = re.compile(rf"{_NO_NOUN}\b(?i:{_CALLS}|{_TELLS}) (?:the |an? )?{_WHO}{_TO_ACT}")
_ACTIVE_RELATIVE = re.compile(
    rf"{_NO_NOUN}\b(?i:{_CALLS}) (?:the )?(?P<who>(?:(?! that | to )[^,;:.()]){{2,60}}?),?"
    r" (?:who|whose|which|that (?:have|has|had|are|were|do))\b[^;:.]*? to [a-z]+"
)
_PASSIVE = re.compile(
    r"(?:^|[,;:] |\b(?:that|and|while|but|which) )(?:the |The )?"
    r"(?P<who>(?:(?! said | should | would | will | but )[^,;:.()]){2,60}?)"
    r" (?:was|were|is|are|has been|have been|should be|be)(?: \w+ly)? "
    r"(?:urged|asked|invited|called (?:up)?on|requested|told|instructed|exhorted|encouraged|directed|ordered) to [a-z]+"
)
_SHOULD = re.compile(
    r"\b(?:(?:said|saying|demanded|insisted) that|that|said|saying) (?:the )?(?P<who>[^,;:.()]{2,60}?)"
    r" (?:should|must|ought to) (?!be\b|have\b)[a-z]+"
)
_RELATIVE = re.compile(r" (?:who|whose|whom|which|that|where|whether)\b")
_PRONOUN = re.compile(
    r"(?:all of |both of |each of )?(?:which|who|them|him|her|it|us|me|you|they|he|she|we|this|that|these|those|all|both"
    r"|everyone|everybody|each other|one another|reporters|journalists|correspondents)"
    r"(?: (?:all|both|again|strongly|also|once more|there|here|later|afterwards|.*?that\b.*))?$",
    re.IGNORECASE,
)
_NO_ADDRESSEE = re.compile(
    r"(?:and|or|for|about|in|on|with|at|by|to|how|what|when|whether|why)\b", re.IGNORECASE
)


def addressees(text: str, actors: Sequence[Span]) -> list[Span]:
    """Find whom calls are addressed to.

    Args:
        text: A sentence.
        actors: Its countries and bodies; of these, two joined by "and" are addressed one by one, and they alone
            are addressees of "should" and "must".

    Returns:
        Spans in their order; the value is a country's code, else the words in small letters.
    """
    found: list[Span] = []
    for pattern in (_ACTIVE, _ACTIVE_RELATIVE, _PASSIVE):
        for match in pattern.finditer(text):
            for span in _spans(text, match.start("who"), match.end("who"), actors):
                if not any(span.start < other.end and other.start < span.end for other in found):
                    found.append(span)
    for match in _SHOULD.finditer(text):
        exact = [a for a in actors if (a.start, a.end) == match.span("who")]
        found += [_span(text, actor.start, actor.end, actors) for actor in exact if actor not in found]
    return sorted(set(found))


def _spans(text: str, start: int, end: int, actors: Sequence[Span]) -> Iterator[Span]:
    relative = _RELATIVE.search(text, start, end)
    end = relative.start() if relative else end
    end = start + len(text[start:end].rstrip())
    who = text[start:end]
    if not who or _PRONOUN.match(who) or _NO_ADDRESSEE.match(who):
        return
    bare = list(_coordinated(text, start, end))
    if len(bare) > 1 and all(any((a.start, a.end) == part for a in actors) for part in bare):
        for part in bare:
            yield _span(text, *part, actors)
    else:
        yield _span(text, start, end, actors)


def _coordinated(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the places of what "and" joins, without articles."""
    for part in re.finditer(r"(?:the )?(?P<bare>.+?)(?: and |$)", text[start:end]):
        yield start + part.start("bare"), start + part.end("bare")


def _span(text: str, start: int, end: int, actors: Sequence[Span]) -> Span:
    for actor in actors:
        if (actor.start, actor.end) == (start, end) and re.fullmatch(r"[A-Z]{3}", actor.value):
            return Span(start, end, actor.value)
    return Span(start, end, " ".join(text[start:end].lower().split()))
