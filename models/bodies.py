"""Bodies in a text: organizations, ministries, courts, banks ... by name, acronym or capitalised short form.

A name is found by its head ("Council", "Bank") and grown to both sides over capitalised words and the small words
that join them. Acronyms are those that the text explains or whose letters a name of the text begins with, and a few
that everybody knows. A short form ("the Council") stands for the first name of the text that begins or ends with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .countries import countries
from .spans import Lexicon, Span, Word, overlaps, words
from .validation import read_yaml

_WORDS = read_yaml(Path(__file__).with_name("bodies.yaml"))
HEADS = frozenset(_WORDS["heads"])
"""The words by which the name of a body is known."""
PORTFOLIOS = frozenset(_WORDS["portfolios"])
"""What ministers and ministries are for, in small letters."""
KNOWN_BODIES: dict[str, str] = _WORDS["known"]
"""Bodies that everybody knows, by acronym or by a name without a head."""
_PUBLIC = frozenset(_WORDS["public"])
_MINISTRIES = frozenset(_WORDS["ministries"])
_NEVER_ALONE = frozenset(_WORDS["never_alone"])
_WITHOUT_ARTICLE = frozenset(_WORDS["without_article"])
_OPENERS = frozenset(
    "The This That These Those A An Its Their His Her Our My All Each Every Both Some Many Several Any No Other Another"
    " In On At By For From With Under After Before During While When As If Of To And But Or It He She They We"
    " Members Member Since Until Through Said Mr Mrs Ms Dr"
    " Present Readout Statement Minutes Communiqué Communique Declaration Resolution Outcome Session Meeting"
    " Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    " January February March April May June July August September October November December".split()
)
_OFFICES = re.compile(
    r"(?:.*-)?(?:Ministers?|Presidents?|Secretar(?:y|ies)|Secretary-General|Directors?"
    r"|Governors?|Commissioners?|Chair(?:man|woman|person)?|Ambassadors?|Undersecretary)$"
)

_KNOWN_NAMES = frozenset(KNOWN_BODIES.values())
_LONGEST_NAME = 20  # words on either side of the head
_NUMBERED_GROUP = re.compile(r"\bG-?(?P<number>\d{1,3})\b")
_GROUP_NUMBERS = {"5": "Five", "7": "Seven", "8": "Eight", "10": "Ten", "20": "Twenty", "24": "Twenty-Four"}
_KNOWN = Lexicon(KNOWN_BODIES.items())


@dataclass(frozen=True, slots=True)
class BodyNames:
    """The names of bodies in a document, which its short forms and acronyms stand for."""

    full: tuple[str, ...]
    acronyms: dict[str, str]


def body_names(sentences: Sequence[str]) -> BodyNames:
    """Gather the full names of bodies in a document, in the order of their first mention, and its acronyms."""
    full: dict[str, None] = {}
    acronyms: dict[str, str] = {}
    for sentence in sentences:
        for start, end in _named_spans(sentence, countries(sentence)):
            name = _flat(sentence[start:end])
            if " " in name:
                full.setdefault(name)
            explained = re.match(r"\s?\(([A-Z][\w.&-]*[A-Z])\)", sentence[end:])
            if explained:
                acronyms[explained.group(1)] = name
    for name in full:
        parts = [part for part in re.split(r"[\s-]+", name) if part[:1].isupper()]
        if len(parts) > 1:
            acronyms.setdefault("".join(part[0] for part in parts), name)
    return BodyNames(tuple(full), acronyms)


def bodies(text: str, found_countries: Sequence[Span], names: BodyNames) -> list[Span]:
    """Find bodies.

    Args:
        text: A sentence.
        found_countries: Its countries.
        names: The names in the whole document.

    Returns:
        Spans in their order, with the full name where it is known.
    """
    places = _named_spans(text, found_countries)
    written = [_flat(text[start:end]) for start, end in places]
    found = [
        # A short form stands for the nearest name before it in the sentence, else for the document's first.
        Span(start, end, _full_name(written[index], [*reversed(written[:index]), *names.full]))
        for index, (start, end) in enumerate(places)
    ]
    known = [span for span in _acronyms(text, names) if not overlaps(span, found)]
    return sorted([*found, *known])


def _flat(name: str) -> str:
    return " ".join(name.split())


def _full_name(name: str, candidates: Sequence[str]) -> str:
    if name in KNOWN_BODIES or name in _KNOWN_NAMES:
        return KNOWN_BODIES.get(name, name)
    parts = name.split()
    for full in candidates:
        others = full.split()
        is_edge = parts in (others[: len(parts)], others[-len(parts) :])
        if len(parts) < len(others) and (is_edge or (len(parts) == 1 and parts[0] in others)):
            return full
    return name


def _acronyms(text: str, names: BodyNames) -> Iterator[Span]:
    # In a headline of capitals "WHO" is a pronoun.
    is_headline = text.isupper()
    for span in _KNOWN.find(text):
        written = text[span.start : span.end]
        if not (is_headline and written == "WHO"):
            yield span._replace(value=names.acronyms.get(written, span.value))
    for match in _NUMBERED_GROUP.finditer(text):
        number = _GROUP_NUMBERS.get(match["number"], match["number"])
        yield Span(match.start(), match.end(), f"Group of {number}")
    for word in words(text):
        if word.text in names.acronyms and word.text not in KNOWN_BODIES:
            yield Span(word.start, word.end, names.acronyms[word.text])


def _named_spans(text: str, found_countries: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the places of names that hold a head, none within another."""
    if text.isupper():
        return []
    tokens = words(text)
    spans: list[tuple[int, int]] = []
    for index, token in enumerate(tokens):
        if token.text in HEADS:
            begin = max(0, index - _LONGEST_NAME)
            near = tokens[begin : index + _LONGEST_NAME]
            first = begin + _first_word(text, near, index - begin, found_countries)
            last = begin + _last_word(text, near, index - begin, found_countries)
            if first == last == index and not _stands_alone(text, token):
                continue
            span = (tokens[first].start, tokens[last].end)
            # "Soviet Union" and "United Arab Emirates" are countries.
            if not any(country.start <= span[0] and span[1] <= country.end for country in found_countries):
                spans.append(span)
    # Longest first, so that "Council" does not hide the name it is part of.
    kept: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s)):
        if not any(span[0] < end and start < span[1] for start, end in kept):
            kept.append(span)
    return sorted(kept)


def _stands_alone(text: str, token: Word) -> bool:
    if token.text in _WITHOUT_ARTICLE:
        return True
    before = re.search(
        r"\b(?:[Tt]he|[Tt]his|[Oo]ur|[Ii]ts|[Tt]heir|of)(?: (?:next|last|new|whole|full))? $",
        text[max(0, token.start - 20) : token.start],
    )
    return before is not None and token.text not in _NEVER_ALONE


def _is_country(token: Word, found: Iterable[Span]) -> bool:
    return any(span.start < token.end and token.start < span.end for span in found)


def _first_word(text: str, tokens: Sequence[Word], index: int, found: Sequence[Span]) -> int:
    """Grow the name to the left over capitalised words, also "Economic and Social", "African, Caribbean and Pacific"."""
    head = tokens[index].text
    in_list = False
    while index > 0:
        word, before = tokens[index], tokens[index - 1]
        gap = text[before.end : word.start]
        if gap in (" ", "' ", "’ ", "'s ", "’s ") or (gap == ", " and in_list):
            if _joins(before, found, possessive="s " in gap, head=head):
                index -= 1
                continue
            joined = (
                before.text in ("and", "&")
                and index > 1
                and text[tokens[index - 2].end : before.start] == " "
            )
            if joined and _joins(tokens[index - 2], found, possessive=True, head=head):
                index -= 2
                in_list = True
                continue
        break
    return index


def _joins(word: Word, found: Sequence[Span], *, possessive: bool, head: str) -> bool:
    """Say whether a word before a name belongs to it; a country does in "Indian Red Cross", not in "Indian Ministry"."""
    if not word.is_capitalised or word.text in _OPENERS or _OFFICES.match(word.text):
        return False
    return not (_is_country(word, found) and (possessive or head in _PUBLIC))


def _last_word(text: str, tokens: Sequence[Word], index: int, found: Sequence[Span]) -> int:
    """Grow the name to the right over "of the …", "for …", "on …"."""
    ministry = tokens[index].text in _MINISTRIES
    public = tokens[index].text in _PUBLIC
    last = index
    while True:
        place = last + 1
        if (
            place >= len(tokens)
            or tokens[place].text not in ("of", "for", "on", "against", "to")
            or not _adjacent(text, tokens, place)
        ):
            return last
        if tokens[place].text == "to" and tokens[last].text not in HEADS:
            return last
        linked_by_of = tokens[place].text == "of"
        place += 1
        if place < len(tokens) and tokens[place].text == "the":
            place += 1
        if place >= len(tokens) or not _continues(text, tokens, place, ministry):
            return last
        names_country = _is_country(tokens[place], found) and not _leads_name(text, tokens, place, found)
        # "Bank of England", but not "Parliament of Kenya", "Ministry of Trade of Japan" or "Fund for Ghana".
        if names_country and (public or not linked_by_of or last > index):
            return last
        last = _run(text, tokens, place, ministry)


def _leads_name(text: str, tokens: Sequence[Word], place: int, found: Sequence[Span]) -> bool:
    """Whether a country's word is the adjective of a further name: "of the African Union", "of American States"."""
    following = place + 1
    return (
        following < len(tokens)
        and _continues(text, tokens, following, False)
        and not _is_country(tokens[following], found)
    )


def _adjacent(text: str, tokens: Sequence[Word], place: int) -> bool:
    return text[tokens[place - 1].end : tokens[place].start] == " "


def _continues(text: str, tokens: Sequence[Word], place: int, ministry: bool) -> bool:
    word = tokens[place]
    if (
        not word.is_capitalised
        or word.text in _OPENERS
        or (_OFFICES.match(word.text) and word.text not in ("Ministers", "Presidents", "Governors"))
    ):
        return False
    return _adjacent(text, tokens, place) and (not ministry or word.text.lower() in PORTFOLIOS)


def _run(text: str, tokens: Sequence[Word], place: int, ministry: bool) -> int:
    """Return the last word of "Social Affairs and Labour" or "Economy, Trade and Industry", which begins at `place`."""
    while True:
        while place + 1 < len(tokens) and _continues(text, tokens, place + 1, ministry):
            place += 1
        following = place + 1
        if following + 1 >= len(tokens):
            return place
        if tokens[following].text in ("and", "&") and _adjacent(text, tokens, following):
            further = following + 1
            if _continues(text, tokens, further, ministry) and not _is_new_name(text, tokens, further):
                place = further
                continue
        if (
            ministry
            and text[tokens[place].end : tokens[following].start] == ", "
            and tokens[following].text.lower() in PORTFOLIOS
            and tokens[following].is_capitalised
        ):
            place = following
            continue
        return place


def _is_new_name(text: str, tokens: Sequence[Word], place: int) -> bool:
    """Whether the words after "and" make a name of their own: "and World Bank", "and China"."""
    end = place
    while end < len(tokens) and tokens[end].is_capitalised and (end == place or _adjacent(text, tokens, end)):
        if tokens[end].text in HEADS or tokens[end].text in KNOWN_BODIES:
            return True
        end += 1
    return bool(countries(text[tokens[place].start : tokens[end - 1].end]))
