"""Abstract sentences with one planted error each, made from annotated documents and their abstracts.

The errors are those that systems make: somebody else's act, an amount from another sentence of the same
document, another month, a promise made of an appeal. Half of the replacements, where there is one to be
had, come from the document itself, so that looking a word up in it does not find the error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..models.country_mentions import (
    CountryMention,
    country_names,
    country_terms,
    find_countries,
    normalized_term,
)
from ..models.text import segment
from .corpus import AnnotatedDocument

ErrorKind = Literal["name", "number", "date", "place", "actor", "polarity"]
ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)

MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True, slots=True)
class PlantedError:
    """A sentence of a document's abstract into which one error was put."""

    document: AnnotatedDocument
    kind: ErrorKind
    correct: str
    """The sentence as it was."""
    planted: str
    """The sentence with the error."""
    start: int
    """Where the error stands in `planted`."""
    end: int


@dataclass(frozen=True, slots=True)
class _Change:
    """What to write in the place of `sentence[start:end]`."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """What can be put in the place of something of the same sort."""

    surnames: tuple[str, ...]
    acronyms: tuple[str, ...]
    countries: tuple[str, ...]
    places: tuple[str, ...]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Terms:
        return cls(
            surnames=_unique(match.group("surname") for match in _PERSON.finditer(text)),
            # In headlines and datelines any word can stand in capitals.
            acronyms=_unique(match.group() for match in _INTRODUCED_ACRONYM.finditer(text)),
            countries=_unique(text[mention.start : mention.end] for mention in _countries(text)),
            places=_unique(match.group("place") for match in _places(text)),
            numbers=_unique(match.group() for match in _NUMBER.finditer(text)),
        )


def plant_errors(documents: Sequence[AnnotatedDocument], count: int, seed: int = 0) -> list[PlantedError]:
    """Put one error each into sentences of the documents' abstracts.

    Args:
        documents: Annotated documents; those without an abstract are passed over.
        count: Errors of each kind; fewer where the abstracts offer fewer.
        seed: Equal seeds plant equal errors.

    Returns:
        The errors, kind by kind. No sentence is used twice for the same kind.
    """
    chance = random.Random(seed)
    sentences = [
        (document, sentence.text)
        for document in documents
        if document.abstract
        for sentence in segment(document.abstract)
    ]
    own = {document.id: _Terms.of(_body(document)) for document in documents}
    planted = []
    for kind in ERROR_KINDS:
        order = chance.sample(sentences, len(sentences))
        found = 0
        for document, sentence in order:
            if found == count:
                break
            elsewhere = own[chance.choice(documents).id]
            changes = list(_CHANGES[kind](sentence, own[document.id], elsewhere, chance))
            changes = [change for change in changes if change.replacement not in sentence]
            if not changes:
                continue
            change = chance.choice(changes)
            text = sentence[: change.start] + change.replacement + sentence[change.end :]
            end = change.start + len(change.replacement)
            planted.append(PlantedError(document, kind, sentence, text, change.start, end))
            found += 1
    return planted


def _body(document: AnnotatedDocument) -> str:
    return "\n".join(document.sentence_texts())


def _unique(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _other(
    correct: str, own: Sequence[str], elsewhere: Sequence[str], chance: random.Random, sentence: str
) -> str | None:
    """Choose a replacement that the sentence does not hold, from the document itself if the coin says so."""
    groups = [own, elsewhere] if chance.random() < 0.5 else [elsewhere, own]
    for group in groups:
        usable = [text for text in group if not _same(text, correct) and text not in sentence]
        if usable:
            return chance.choice(usable)
    return None


def _same(first: str, second: str) -> bool:
    terms = country_terms()
    one, other = normalized_term(first), normalized_term(second)
    return one == other or bool(terms.get(one, frozenset()) & terms.get(other, frozenset()))


# --- Names, actors and places ----------------------------------------------------------------------

_PERSON = re.compile(
    r"(?:[Mm]inister|[Pp]resident|Secretary|[Aa]mbassador|[Ee]nvoy|[Dd]elegate|[Gg]overnor|[Cc]ommissioner"
    r"|[Cc]hairman|[Cc]hairwoman|General|[Nn]egotiator|[Oo]fficial|Mr\.?|Ms\.?|Mrs\.?|\w['’]s)\s+"
    r"(?:[A-Z][\w'’-]+\s+){1,2}(?P<surname>[A-Z][\w-]*[a-z])(?!\w|['’]s|\s+(?:of\s+)?[A-Z])"
)
_ACRONYM = re.compile(r"(?<![\w.$])[A-Z]{3,6}(?![\w.])")
_INTRODUCED_ACRONYM = re.compile(r"(?<=\bthe )[A-Z]{3,6}(?![\w.])|(?<=\()[A-Z]{3,6}(?=\))")
_ACT = (
    r"(?:will|would|is to|was to|urged|pledged|promised|offered|agreed|refused|rejected|called|demanded|asked"
    r"|announced|proposed|said|warned|opposed|appealed|undertook|vowed|gave|provided|withdrew|wants|wanted)"
)
_ACTOR = re.compile(
    rf"(?:^|[,;] |\band |\bwhile |\bbut )(?P<actor>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){{0,2}}) (?={_ACT}\b)"
)
_PLACE = re.compile(
    r"\b(?:in|at|near)\s+(?P<place>[A-Z][\w'’-]*[a-zé](?: (?:de )?[A-Z][\w'’-]*[a-z]){0,2})(?![\w-]|['’]s)"
)
_COUNTRY_NAMES = frozenset(country_names())


def _countries(text: str) -> Iterator[CountryMention]:
    """Find countries named by their noun, not as a part of a longer name."""
    for mention in find_countries(text):
        whole = not re.match(r"[\s-]+[A-Z]", text[mention.end :]) and not re.search(
            r"[A-Z][\w.]*[\s-]+(?:of |the )*$", text[: mention.start]
        )
        if text[mention.start : mention.end] in _COUNTRY_NAMES and whole:
            yield mention


def _places(text: str) -> Iterator[re.Match[str]]:
    for match in _PLACE.finditer(text):
        first = match.group("place").split()[0]
        is_nationality = normalized_term(first) in country_terms() and first not in _COUNTRY_NAMES
        if first not in (*MONTHS, *WEEKDAYS) and not is_nationality:
            yield match


def _name_changes(sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random) -> Iterator[_Change]:
    for match in _PERSON.finditer(sentence):
        other = _other(match.group("surname"), own.surnames, elsewhere.surnames, chance, sentence)
        if other:
            yield _Change(*match.span("surname"), other)
    for match in _ACRONYM.finditer(sentence):
        other = _other(match.group(), own.acronyms, elsewhere.acronyms, chance, sentence)
        if other:
            yield _Change(*match.span(), other)
    actors = {match.start("actor") for match in _ACTOR.finditer(sentence)}
    places = {match.start("place") for match in _places(sentence)}
    for mention in _countries(sentence):
        country = sentence[mention.start : mention.end]
        other = _other(country, own.countries, elsewhere.countries, chance, sentence)
        if other and mention.start not in actors | places:
            yield _Change(mention.start, mention.end, other)


def _actor_changes(sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random) -> Iterator[_Change]:
    countries = {(mention.start, mention.end) for mention in _countries(sentence)}
    for match in _ACTOR.finditer(sentence):
        if match.span("actor") in countries:
            other = _other(match.group("actor"), own.countries, elsewhere.countries, chance, sentence)
        elif match.group("actor") in own.surnames:
            other = _other(match.group("actor"), own.surnames, elsewhere.surnames, chance, sentence)
        else:
            continue
        if other:
            yield _Change(*match.span("actor"), other)


def _place_changes(sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random) -> Iterator[_Change]:
    for match in _places(sentence):
        other = _other(match.group("place"), own.places, elsewhere.places, chance, sentence)
        if other:
            yield _Change(*match.span("place"), other)


# --- Numbers and dates -----------------------------------------------------------------------------

_NUMBER = re.compile(
    r"(?<![\w.,/-])(?!(?:19|20)\d\d(?!\d|,\d))(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w-])"
    r"(?!\s+(?:" + "|".join(MONTHS) + r")\b)|\b(?:" + "|".join(NUMBER_WORDS) + r")\b"
)
_DATE = re.compile(
    rf"\b(?P<month>{'|'.join(MONTHS)})\b|\b(?P<weekday>{'|'.join(WEEKDAYS)})\b"
    r"|(?<![\w,.$])(?P<year>(?:19|20)\d\d)(?![\w,])"
    rf"|(?<![\w-])(?P<day>[1-9]|[12]\d|3[01])(?= (?:{'|'.join(MONTHS)})\b)"
)


def _number_changes(
    sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random
) -> Iterator[_Change]:
    for match in _NUMBER.finditer(sentence):
        before = sentence[: match.start()]
        if re.search(rf"(?:{'|'.join(MONTHS)}|and|to|the)\s$", before):
            continue  # a day of the month, the end of a range, or a way to say "both"
        number = match.group()
        group = NUMBER_WORDS if number in NUMBER_WORDS else _altered(number)
        same_form = [text for text in own.numbers if _form(text) == _form(number)]
        other = _other(number, same_form, group, chance, sentence)
        if other:
            yield _Change(*match.span(), other)


def _form(number: str) -> str:
    return "word" if number in NUMBER_WORDS else "decimal" if "." in number else "integer"


def _altered(number: str) -> list[str]:
    """Write a number of digits a little differently: one digit another, or a digit more."""
    first = int(number[0])
    altered = [f"{digit}{number[1:]}" for digit in (first % 9 + 1, (first + 3) % 9 + 1)]
    return altered if "," in number or "." in number else [*altered, f"{number}0"]


def _date_changes(sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random) -> Iterator[_Change]:
    for match in _DATE.finditer(sentence):
        text = match.group()
        if match.lastgroup == "month" and re.match(r"\s[a-z]", sentence[match.end() :]) and text == "May":
            continue
        options = {
            "month": list(MONTHS),
            "weekday": list(WEEKDAYS),
            "year": [str(int(text) + step) for step in (-2, -1, 1, 2)] if text.isdigit() else [],
            "day": [str(day) for day in range(1, 29)],
        }[match.lastgroup or ""]
        yield _Change(*match.span(), chance.choice([option for option in options if option not in sentence]))


# --- Polarity and strength -------------------------------------------------------------------------

# Pattern and what to write in its place: a failure told as a success and the other way round, an appeal
# told as a promise, a promise told as advice.
_POLARITIES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bagreed (?=to|on)", "failed to agree "),
        (r"\bagreed to\b", "refused to"),
        (r"\bagreed that\b", "did not agree that"),
        (r"\bfailed to agree\b", "agreed"),
        (r"\bwithout (?:an )?agreement\b", "with an agreement"),
        (r"\bwithout agreeing\b", "after agreeing"),
        (r"\b(?:refused|declined) to\b", "agreed to"),
        (r"\brejected\b", "accepted"),
        (r"\bopposed\b", "backed"),
        (r"\badopted\b", "failed to adopt"),
        (r"\bapproved\b", "rejected"),
        (r"\bdecided to\b", "decided not to"),
        (r"\b(will|would) not\b", r"\1"),
        (r"\b(?:will|would)(?! not| be prepared)\b", "should"),
        (r"\b(will|would)(?! not)\b", r"\1 not"),
        (r"\b(?:should|must)(?! not)\b", "will"),
        (r"\b(?:urged|called on|asked|invited) ([\w' ]{3,40}?) to\b", r"pledged that \1 would"),
        (r"\b(?:pledged|promised|undertook|vowed|offered) to\b", "was urged to"),
    )
]


def _polarity_changes(
    sentence: str, own: _Terms, elsewhere: _Terms, chance: random.Random
) -> Iterator[_Change]:
    for pattern, replacement in _POLARITIES:
        for match in pattern.finditer(sentence):
            yield _Change(*match.span(), match.expand(replacement))


_CHANGES: dict[ErrorKind, Callable[[str, _Terms, _Terms, random.Random], Iterator[_Change]]] = {
    "name": _name_changes,
    "number": _number_changes,
    "date": _date_changes,
    "place": _place_changes,
    "actor": _actor_changes,
    "polarity": _polarity_changes,
}
