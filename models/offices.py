"""Offices in a text: minister, president, secretary-general ... with rank and portfolio, capitalised or not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .bodies import HEADS, KNOWN_BODIES, PORTFOLIOS
from .spans import Span, Word, words

_TITLES = (
    "minister vice-minister president vice-president premier chancellor governor commissioner ambassador secretary"
    " undersecretary under-secretary secretary-general under-secretary-general director director-general chairman"
    " chairwoman chairperson chair co-chair king queen emir sultan".split()
)
_IRREGULAR_PLURALS = {
    "secretaries": "secretary",
    "undersecretaries": "undersecretary",
    "under-secretaries": "under-secretary",
    "chairmen": "chairman",
    "secretaries-general": "secretary-general",
    "directors-general": "director-general",
}
_TITLE_FORMS = (
    {title: title for title in _TITLES} | {f"{title}s": title for title in _TITLES} | _IRREGULAR_PLURALS
)
_SINGULARS = _TITLE_FORMS | {"heads": "head", "states": "state", "governments": "government"}
_WITH_PORTFOLIO = frozenset(
    "minister vice-minister secretary undersecretary under-secretary commissioner director under-secretary-general".split()
)
_RANKS = frozenset(
    "deputy vice prime first second assistant permanent parliamentary principal chief executive managing high"
    " under senior acting private junior lord".split()
)
_OPENERS = frozenset(
    "the a an this that its their his her our both two three other in on at by for from with under after before while when as if"
    " of to and but met said told readout former then new mr mrs ms".split()
)
_LONGEST_TITLE = 20  # words on either side of the head
_HEADS_OF_STATE = re.compile(
    r"\b[Hh]eads? of (?:[Ss]tates?(?:(?: and| or|/)(?: of)? ?[Gg]overnments?)?|[Gg]overnments?)"
)


def offices(text: str, found_countries: Sequence[Span]) -> list[Span]:
    """Find offices.

    Args:
        text: A sentence.
        found_countries: Its countries, whose adjectives are no part of an office.

    Returns:
        Spans in their order; the value is the office in small letters and in the singular.
    """
    found = [Span(m.start(), m.end(), _singular(m.group())) for m in _HEADS_OF_STATE.finditer(text)]
    if text.isupper():
        return found
    tokens = words(text)
    covered = -1
    for index, token in enumerate(tokens):
        if index <= covered or token.text.lower() not in _TITLE_FORMS or _is_verb(tokens, index):
            continue
        begin = max(0, index - _LONGEST_TITLE)
        near, place = tokens[begin : index + _LONGEST_TITLE], index - begin
        first = begin + _first_word(text, near, place, found_countries)
        last = _rest_of_title(text, near, place)
        last = begin + _with_portfolio(text, near, place, last, found_countries)
        covered = last
        title = text[tokens[first].start : tokens[last].end]
        found.append(Span(tokens[first].start, tokens[last].end, _singular(title)))
    return sorted(found)


def _singular(title: str) -> str:
    """Write a title in small letters and in the singular."""
    return " ".join(_SINGULARS.get(word, word) for word in title.lower().split())


def _is_verb(tokens: Sequence[Word], index: int) -> bool:
    """Whether "chair" is what somebody does, or "director" belongs to a board."""
    before = tokens[index - 1].text.lower() if index else ""
    return (
        tokens[index].text in ("chair", "chairs") and before in ("to", "will", "would", "who", "which")
    ) or (tokens[index].text == "directors" and before == "of")


def _adjacent(text: str, tokens: Sequence[Word], place: int) -> bool:
    return text[tokens[place - 1].end : tokens[place].start] == " "


def _rest_of_title(text: str, tokens: Sequence[Word], index: int) -> int:
    """Take "General" behind "Secretary" and "Director"."""
    following = index + 1
    if following < len(tokens) and _adjacent(text, tokens, following):
        if tokens[following].text in ("General", "general"):
            return following
        if tokens[following].text.lower() in _TITLE_FORMS:
            return following
    return index


def _first_word(text: str, tokens: Sequence[Word], index: int, found_countries: Sequence[Span]) -> int:
    """Grow the title to the left over ranks and portfolios; before a capital any capitalised word is one."""
    capital = tokens[index].is_capitalised
    in_list = False
    while index > 0:
        before = tokens[index - 1]
        gap = text[before.end : tokens[index].start]
        if gap == " " or (gap == ", " and in_list):
            if _is_modifier(text, before, capital, found_countries):
                index -= 1
                continue
            if before.text == "and" and index > 1 and text[tokens[index - 2].end : before.start] == " ":
                other = tokens[index - 2]
                if other.text.lower() in PORTFOLIOS and _is_modifier(text, other, capital, found_countries):
                    index -= 2
                    in_list = True
                    continue
            if before.text == "bank" and index > 1 and tokens[index - 2].text.lower() == "central":
                index -= 2
                continue
        break
    return index


def _is_modifier(text: str, word: Word, capital: bool, found_countries: Sequence[Span]) -> bool:
    small = word.text.lower()
    if (
        small in _OPENERS
        or word.text in KNOWN_BODIES
        or any(s.start < word.end and word.start < s.end for s in found_countries)
    ):
        return False
    if word.is_capitalised and not capital:
        # Before a small title ("European Community farm ministers") only a sentence's first word is capital by chance.
        opens = text[: word.start].rstrip()[-1:] in ("", *'.-–—:)"“')
        return opens and small in PORTFOLIOS | _RANKS
    if small in PORTFOLIOS or small in _RANKS:
        return True
    is_other_body = word.text in HEADS and word.text not in ("Ministry", "Department")
    return capital and word.is_capitalised and not is_other_body and small not in _TITLE_FORMS


def _with_portfolio(
    text: str, tokens: Sequence[Word], head: int, last: int, found_countries: Sequence[Span]
) -> int:
    """Take "for Trade and Industry" and "of State for Foreign Affairs" behind the head."""
    if _TITLE_FORMS[tokens[head].text.lower()] not in _WITH_PORTFOLIO:
        return last
    while (
        last + 2 < len(tokens)
        and tokens[last + 1].text in ("of", "for")
        and _adjacent(text, tokens, last + 1)
    ):
        place = last + 2
        if tokens[place].text == "the" and place + 1 < len(tokens):
            place += 1
        if _opens_body(tokens, place):
            break
        if not _is_portfolio(tokens[place], tokens[head], found_countries) or not _adjacent(
            text, tokens, place
        ):
            break
        last = _end_of_list(text, tokens, place, tokens[head], found_countries)
    return last


def _opens_body(tokens: Sequence[Word], place: int) -> bool:
    """Whether the capitalised words from `place` on name a body: "Secretary of the Economic Community"."""
    while place < len(tokens) and tokens[place].is_capitalised:
        if tokens[place].text in HEADS:
            return True
        place += 1
    return False


def _is_portfolio(word: Word, head: Word, found_countries: Sequence[Span]) -> bool:
    if any(s.start < word.end and word.start < s.end for s in found_countries):
        return False
    return word.text.lower() in PORTFOLIOS and (word.is_capitalised or not head.is_capitalised)


def _end_of_list(
    text: str, tokens: Sequence[Word], place: int, head: Word, found_countries: Sequence[Span]
) -> int:
    """Return the last word of "Economy, Trade and Industry", which begins at `place`."""
    while place + 1 < len(tokens):
        following = place + 1
        gap = text[tokens[place].end : tokens[following].start]
        if gap == " " and tokens[following].text in ("and", "&") and following + 1 < len(tokens):
            following += 1
            # The last of a list may be anything: "Agriculture and Hydraulics".
            is_last = tokens[following].is_capitalised and tokens[following].text.lower() not in _TITLE_FORMS
            if is_last and not any(
                s.start < tokens[following].end and tokens[following].start < s.end for s in found_countries
            ):
                place = following
                continue
        elif gap not in (" ", ", "):
            break
        if not _is_portfolio(tokens[following], head, found_countries):
            break
        place = following
    return place
