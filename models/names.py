"""Names in a text, and whether another text holds them under this form or another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .acts import is_actor
from .country_mentions import find_countries, normalized_term, seats_of_government
from .quantities import find_date_parts
from .words import FUNCTION_WORDS, stem


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text: a country, or one word of any other name."""

    key: str
    """The word in lower case, without full stops and a possessive ending."""
    countries: frozenset[str]
    """The countries that it names; none for other names."""
    start: int
    end: int


_NAME = re.compile(r"\b[^\W\d_a-z][\w.&'’]*\w|\b[^\W\d_a-z]\b")
ORGANISATION_WORDS = frozenset(
    "council commission committee party bank fund group forum treaty agreement organization organisation system"
    " conference programme association assembly community agency authority institute centre center office delegation"
    " delegations ministry union federation".split()
)
TITLE_WORDS = ORGANISATION_WORDS | frozenset(
    "minister ministers prime deputy vice president presidents chancellor secretary general state foreign affairs"
    " defence defense finance interior trade transport energy government governments republic kingdom ambassador mr mrs ms"
    " dr he his excellency honourable hon parties member members side international national".split()
)
"""Words of titles and of the names of organisations; alone they name nobody."""
_LOWER_OPENERS = frozenset(
    "members ministers leaders delegates officials heads representatives countries states participants parties"
    " governments presidents foreign defense defence finance one first another each separately meanwhile however"
    " talks negotiators senior environment health trade energy agriculture interior transport experts envoys further"
    " delegations donors producers consumers oil chiefs deputy central economy agreement final joint nothing neither"
    " once next six months several many most both producers exporters importers police border".split()
)


def find_names(text: str) -> list[Name]:
    """Find the names in a text; those of dates are not among them."""
    taken = [(part.start, part.end) for part in find_date_parts(text)]
    names = []
    for mention in find_countries(text):
        key = normalized_term(text[mention.start : mention.end])
        names.append(Name(key, mention.countries, mention.start, mention.end))
        taken.append((mention.start, mention.end))
    for match in _NAME.finditer(text):
        start, end = match.span()
        if any(first < end and start < last for first, last in taken):
            continue
        word = re.sub(r"['’]s?$", "", match.group())
        key = normalized_term(word)
        opens = not text[:start].strip() or text[:start].rstrip()[-1] in '.!?:"“'
        acronym = len(word) > 2 and word.isalpha() and word.isupper() and not text.isupper()
        if len(key) < 2 or (key in FUNCTION_WORDS and not acronym):
            continue
        if opens and not acronym and (key in _LOWER_OPENERS or not _opens_as_name(text, end)):
            continue
        names.append(Name(key, frozenset(), start, start + len(word)))
    return sorted(names, key=lambda name: name.start)


def _opens_as_name(text: str, end: int) -> bool:
    """Say whether the opening word of a sentence is used as a name; any word is capitalised there."""
    follows = re.match(r"['’]s\b|[\s-]+[A-Z]", text[end:]) is not None
    return follows or is_actor(text, end) or end <= dateline_end(text)


_PLACE_BEFORE = re.compile(r"\b(?:in|at|near)\s+(?:[A-Z][\w'’-]*\s+)*$")
_DATELINE = re.compile(r"^\s*(?:[A-Z][\w'’]*[ ,]+){1,4}(?=.{0,30}(?:--|—|–|-)\s)")


def is_place(text: str, start: int) -> bool:
    """Say whether the name that begins at `start` tells where something happens; a dateline does."""
    return start < dateline_end(text) or _PLACE_BEFORE.search(text[:start]) is not None


_MEETS = re.compile(
    r"\b(?:(?:met|meeting|ended|conclud\w+|held|clos\w+|open\w+|gathered|convened|talks|session|conference|summit"
    r"|assembly|[Dd]ialogue|conferred|negotiat\w+|visited|here)\b[^;:,]{0,30}?"
    r"|(?:agreed|adopted|signed|launched|issued|voted|decided)(?: \w+){0,3})"
    r"\s(?:in|at)\s+(?:[A-Z][\w'’-]*\s+)*$"
)
_LATER = re.compile(
    r"\b(?:will|would|shall|next|due|again|to(?= [a-z])(?! (?:the|an?)\b)"
    r"|set for|resum\w+|meets?|takes?|hold|follow-up|previous|last|earlier|had)\b"
)


def is_venue(text: str, start: int) -> bool:
    """Say whether the name that begins at `start` is where a meeting was that is over or under way."""
    meets = _MEETS.search(text[:start])
    return meets is not None and not _LATER.search(text[max(0, meets.start() - 60) : start])


_HEADING_PLACE = re.compile(
    r"\b(?:[Ss]ession|[Mm]eeting|[Cc]onference|[Cc]ommission|[Ss]ummit)\b.*, (?:[A-Z][\w'’-]*\s?)+$"
)


def is_heading_place(text: str, start: int) -> bool:
    """Say whether the name that begins at `start` is the place at the end of a heading on a meeting."""
    return _HEADING_PLACE.search(text) is not None and start > text.rindex(",")


def is_in_organisation(text: str, name: Name, names: Sequence[Name], index: NameIndex) -> bool:
    """Say whether a word belongs to an organisation's name of which another text holds another word."""
    first = last = names.index(name)
    while first > 0 and _JOINS.fullmatch(text, names[first - 1].end, names[first].start):
        first -= 1
    while last + 1 < len(names) and _JOINS.fullmatch(text, names[last].end, names[last + 1].start):
        last += 1
    run = names[first : last + 1]
    others = [other for other in run if other is not name and other.key not in TITLE_WORDS]
    return any(other.key in ORGANISATION_WORDS for other in run) and any(map(index.holds, others))


_JOINS = re.compile(r"[\s-]+(?:(?:of|for|on|the)\s+)*")


_OFFICE_WORDS = (
    "side|delegation|delegates?|government|ministers?|presidents?|premier|officials?|envoys?|ambassador|representatives?"
    "|negotiators?|diplomats?|leaders?|chief|prime|foreign|finance|defence|defense|trade|deputy|secretary|undersecretary"
)
_WITH_OFFICE = re.compile(
    rf"(?:['’]s)?(?:[\s-]+(?:[A-Z][\w.'’-]*|of|for|the|{_OFFICE_WORDS})(?=[\s,-])){{1,12}}"
    r"(?:, [A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3},)?"
)
_WORD_AND_COMMA = re.compile(r"[\w.'’]+,?")
_GOVERNED = re.compile(
    r"\b(?:to|of|on|in|at|from|with|by|for|against|between)(?: the)? [A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*$"
)
_COORDINATED = re.compile(
    r"(?:, (?:the )?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)*)* and (?:the )?[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)*"
)


def is_subject(text: str, end: int) -> bool:
    """Say whether the name that ends at `end` acts, itself or in the person of its minister or delegation."""
    if is_actor(text, end):
        return True
    office = _WITH_OFFICE.match(text, end)
    if office is None or _GOVERNED.search(text, 0, end):
        return False
    return any(is_actor(text, word.end()) for word in _WORD_AND_COMMA.finditer(text, end, office.end()))


def is_subject_with_others(text: str, end: int) -> bool:
    """Say whether the name that ends at `end` and those which "and" joins to it act together."""
    others = _COORDINATED.match(text, end)
    return others is not None and is_actor(text, others.end())


def is_part_of_name(text: str, name: Name) -> bool:
    """Say whether a country stands inside a longer name, as in "Gulf of Guinea" and "Bank of Japan"."""
    before = re.search(r"[A-Z][\w'’.]*[\s-]+(?:of |the |of the )*$", text[: name.start])
    follows_of = before is not None and " of " in before.group()
    return follows_of or re.match(r"[\s-]+[A-Z]", text[name.end :]) is not None


def dateline_end(text: str) -> int:
    """Return where the place of a dateline ends that a sentence begins with; 0 where there is none."""
    dateline = _DATELINE.match(text)
    return dateline.end() if dateline is not None else 0


class NameIndex:
    """What names a stretch of text holds, under every form they can be told by."""

    def __init__(self, sentences: Sequence[str], names: Iterable[Sequence[Name]] | None = None) -> None:
        found = list(names) if names is not None else [find_names(sentence) for sentence in sentences]
        self.keys = {name.key for group in found for name in group}
        self.countries = {country for group in found for name in group for country in name.countries}
        self.words = {word for sentence in sentences for word in _plain_words(sentence)}
        self.stems = {stem(word) for word in self.words}
        self.initials = _initials(sentences)
        self._acronyms = {word.lower() for sentence in sentences for word in _ACRONYM.findall(sentence)}
        seats = seats_of_government()
        self.seated = {country for word in self.keys for country in seats.get(word, ())}

    def holds(self, name: Name) -> bool:
        """Say whether the text has this name: the word, a nationality, an acronym or what one stands for."""
        if name.countries:
            spelled = all(word in self.words for word in name.key.split())
            return spelled or bool(name.countries & self.countries) or name.key in self.initials
        if name.key == "saint" and "st" in self.words:
            return True
        if name.key in self.words or stem(name.key) in self.stems or name.key in self.initials:
            return True
        return any(_same_root(name.key, word) for word in self.keys)

    def acts_for(self, name: Name) -> bool:
        """Say whether the text names this actor or the capital or country that can stand for it."""
        governed = seats_of_government().get(name.key, frozenset())
        return self.holds(name) or bool(governed & self.countries) or bool(name.countries & self.seated)

    def spells(self, acronym: str) -> bool:
        """Say whether the text has this acronym in capitals."""
        return acronym in self._acronyms


# Without this, "Niger" would be read as the country of "Nigerian".
_DISTINCT = {("niger", "nigerian"), ("guinea", "guineans")}
_ADJECTIVE_ENDINGS = ("n", "an", "ian", "ean", "ese", "i", "ish", "nian", "s", "ic")


def _same_root(one: str, other: str) -> bool:
    """Say whether one name is the plural or the adjective of the other, as "Sahelian" of "Sahel"."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 4 or (shorter, longer) in _DISTINCT or longer[:4] != shorter[:4]:
        return False
    stems = {shorter, shorter.rstrip("aeiouy")} if len(shorter) > 4 else {shorter}
    return any(longer == part + ending for part in stems for ending in _ADJECTIVE_ENDINGS)


_ACRONYM = re.compile(r"(?<!\w)[A-Z][A-Za-z]*[A-Z][A-Za-z]*(?!\w)")
_CAPITALISED_RUN = re.compile(
    r"(?:[A-Z][\w'’]+(?:-[a-z]+)?(?:\s+(?:of|the|for|and|on|in|to|de|des|against|with)\b){0,3}[\s-]+){1,9}[A-Z][\w'’]+"
)


def _plain_words(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\W\d_][\w.'’&]*", text):
        yield re.sub(r"'s?$", "", normalized_term(word))


def _initials(sentences: Iterable[str]) -> set[str]:
    """Build the acronyms of runs of capitalised words, such as "sco" of its full name."""
    found = set()
    for sentence in sentences:
        for run in _CAPITALISED_RUN.findall(sentence):
            initials = [word[0].lower() for word in re.split(r"[\s-]+", run) if word[:1].isupper()]
            for start in range(len(initials)):
                for end in range(start + 2, len(initials) + 1):
                    found.add("".join(initials[start:end]))
    return found


def spelled_out(text: str, index: NameIndex) -> list[tuple[int, int]]:
    """Find the long forms of acronyms that another text has, such as "Shanghai Cooperation Organization"."""
    spans = []
    for run in _CAPITALISED_RUN.finditer(text):
        words = list(re.finditer(r"[A-Z][\w'’]*", run.group()))
        initials = "".join(match.group()[0].lower() for match in words)
        for first in range(len(words)):
            for last in range(len(words), first + 2, -1):
                if index.spells(initials[first:last]):
                    spans.append((run.start() + words[first].start(), run.start() + words[last - 1].end()))
    return spans
