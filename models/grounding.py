"""Which source sentences support an abstract sentence, and what in it the source does not hold.

`check_support` judges any abstract, whoever wrote it. It compares words, names, numbers and dates; it
does not understand the texts, so a sentence that passes may still be wrong in how it joins them.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .text import segment

UnsupportedKind = Literal["name", "number", "date", "actor", "wording"]

MAX_SOURCES = 3
MIN_GAIN = 0.12
"""A further source is named when it alone accounts for this share of the sentence's words."""
ACTOR_WORDS = 5
"""Content words before a verb in which its actor is looked for."""
FIDELITY_WINDOW = 5
"""Content words within which two words of a source count as neighbours."""
MIN_COVERAGE = 0.6
"""Below this share of words found in its sources, a sentence is not told by them."""


@dataclass(frozen=True, slots=True)
class UnsupportedItem:
    """Something that an abstract sentence says and its source does not."""

    kind: UnsupportedKind
    """`actor` is a name that the source holds, but not where it tells this."""
    text: str


@dataclass(frozen=True, slots=True)
class Support:
    """What carries one abstract sentence."""

    text: str
    sources: tuple[int, ...]
    """Indices of the source sentences that support it, in their order; empty when none does."""
    unsupported: tuple[UnsupportedItem, ...]
    coverage: float
    """Share of its words, weighted by rarity, that its sources hold; between 0 and 1."""
    fidelity: float
    """Share of its neighbouring words that follow one another in a source too; between 0 and 1.

    Low where the words are the source's and the way they are joined is not.
    """


def check_support(abstract: str | Sequence[str], source: str | Sequence[str]) -> list[Support]:
    """Find the sources of every abstract sentence and what the source does not support.

    Numbers are compared by value ("$1.5 billion" and "1,500 million dollars" agree), months and weekdays
    by name and abbreviation, names by word, nationality ("Chinese" and "China") and acronym.

    Args:
        abstract: The abstract, or its sentences.
        source: The text that it is about, or its sentences.

    Returns:
        One `Support` for each abstract sentence; the indices count the source's sentences.
    """
    sentences = [s.text for s in segment(abstract)] if isinstance(abstract, str) else list(abstract)
    index = SourceIndex([s.text for s in segment(source)] if isinstance(source, str) else list(source))
    return [index.support(sentence) for sentence in sentences]


class SourceIndex:
    """The sentences of a source, prepared for `support`."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)
        self._stems = [set(_stems(sentence)) for sentence in sentences]
        self._items = [_Items.of(sentence) for sentence in sentences]
        self._all = _Items.union(self._items)
        self._all.names |= _acronyms(sentences)
        counts = Counter(stem for stems in self._stems for stem in stems)
        self._weights = {stem: math.log(1 + len(self._stems) / count) for stem, count in counts.items()}
        self._unknown_weight = math.log(1 + max(1, len(self._stems)))

    def support(self, sentence: str) -> Support:
        """Judge one abstract sentence."""
        weights = {stem: self._weights.get(stem, self._unknown_weight) for stem in _stems(sentence)}
        total = sum(weights.values())
        sources, coverage = self._sources(weights, total) if total else ((), 0.0)
        unsupported = tuple(self._unsupported(sentence, sources, coverage))
        return Support(sentence, sources, unsupported, coverage, self._fidelity(sentence, sources))

    def _fidelity(self, sentence: str, sources: Sequence[int]) -> float:
        stems = _stems(sentence)
        pairs = list(itertools.pairwise(stems))
        joined = {
            (first, second)
            for source in sources
            for words in [_stems(self.sentences[source])]
            for i, first in enumerate(words)
            for second in words[i + 1 : i + 1 + FIDELITY_WINDOW]
        }
        return round(sum(pair in joined for pair in pairs) / len(pairs), 4) if pairs else 1.0

    def _sources(self, weights: dict[str, float], total: float) -> tuple[tuple[int, ...], float]:
        """Choose the sentences that hold most of the words, each for what the ones before it lack."""
        chosen: list[int] = []
        missing = dict(weights)
        while len(chosen) < MAX_SOURCES and missing:
            gains = [
                sum(weight for stem, weight in missing.items() if stem in stems) / total
                for stems in self._stems
            ]
            best = max(range(len(gains)), key=gains.__getitem__, default=None)
            if best is None or gains[best] < MIN_GAIN:
                break
            # One shared word, such as a name in passing, does not make a further source.
            if chosen and len(missing.keys() & self._stems[best]) < 2:
                break
            chosen.append(best)
            missing = {stem: weight for stem, weight in missing.items() if stem not in self._stems[best]}
        return tuple(sorted(chosen)), round(1 - sum(missing.values()) / total, 4)

    def _unsupported(
        self, sentence: str, sources: Sequence[int], coverage: float
    ) -> Iterator[UnsupportedItem]:
        items = _Items.of(sentence)
        near = self._names_near(sources)
        for name in sorted(items.names):
            if not _is_known(name, self._all.names) and _stem(name) not in self._weights:
                yield UnsupportedItem("name", name)
            elif _is_known(name, self._all.names) and not _is_known(name, near):
                yield UnsupportedItem("actor", name)
        for actor in self._wrong_actors(sentence, sources):
            yield UnsupportedItem("actor", actor)
        for place in _places(sentence):
            if not any(_stands_as_place(place, text) for text in self.sentences):
                yield UnsupportedItem("name", place)
        for number in sorted(items.numbers - self._all.numbers):
            yield UnsupportedItem("number", f"{number:g}")
        for date in sorted(items.dates - self._all.dates):
            yield UnsupportedItem("date", date)
        if coverage < MIN_COVERAGE:
            yield UnsupportedItem("wording", sentence)

    def _wrong_actors(self, sentence: str, sources: Sequence[int]) -> Iterator[str]:
        """Yield who is said to have urged, pledged ... where the sources tell that act of somebody else.

        An act that no source tells with the same verb is not judged.
        """
        for actor, verb in _acts(sentence):
            told = [source for source in sources if _before(verb, self.sentences[source]) is not None]
            stems = set(_stems(" ".join(actor)))
            if told and not any(stems & self._actor_stems(verb, source) for source in told):
                yield " ".join(actor)

    def _actor_stems(self, verb: str, source: int) -> set[str]:
        """Collect the words that stand before a verb; for a pronoun, those of the sentences before too."""
        before = _before(verb, self.sentences[source]) or ""
        stems = set(_stems(before))
        if not stems or _PRONOUN.search(before):
            for index in range(max(0, source - 3), source):
                stems |= self._stems[index]
        return stems

    def _names_near(self, sources: Sequence[int]) -> set[str]:
        """Collect the names of the sources, of their neighbours (for pronouns) and of the opening."""
        near = {0, 1, 2}
        for source in sources:
            near |= {source - 2, source - 1, source, source + 1}
        kept = [index for index in sorted(near) if 0 <= index < len(self.sentences)]
        return _Items.union([self._items[i] for i in kept]).names | _acronyms(
            [self.sentences[i] for i in kept]
        )


@dataclass(slots=True)
class _Items:
    """The checkable items of a text."""

    names: set[str]
    numbers: set[float]
    dates: set[str]

    @classmethod
    def of(cls, text: str) -> _Items:
        dates = set(_dates(text))
        names = {name for name in _names(text) if name not in _DATE_WORDS}
        for short, words in _LONG_FORMS.items():
            if words <= names:
                names = names - words | {short}
        return cls(names, set(_numbers(text)), dates)

    @classmethod
    def union(cls, parts: Iterable[_Items]) -> _Items:
        result = cls(set(), set(), set())
        for part in parts:
            result.names |= part.names
            result.numbers |= part.numbers
            result.dates |= part.dates
        return result


# --- Words ---------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*")
_FUNCTION_WORDS = frozenset(
    "a an the and or but nor of in on at by for from with without to into onto over under about against among between"
    " through during before after since until as than that this these those which who whom whose what when where how"
    " it its he his him she her they their them we our us i you your is are was were be been being has have had do"
    " does did will would shall should may might can could must not no also said says saying according all any each"
    " both other others some such more most own same so there here if while up out".split()
)
_ENDINGS = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ingly",
    "ings",
    "ing",
    "ions",
    "ion",
    "ies",
    "ied",
    "ed",
    "es",
    "ly",
    "s",
    "e",
    "y",
)


def _stems(text: str) -> list[str]:
    """Return the stems of a text's content words; crude, and the same on both sides of a comparison."""
    words = (re.sub(r"['’]s?$", "", word.lower()).rstrip(".,") for word in _WORD.findall(text))
    return [_stem(_canonical(word)) for word in words if word not in _FUNCTION_WORDS]


def _canonical(word: str) -> str:
    """Give a nationality its country's name, and a month or weekday its full name."""
    return _NATIONALITIES.get(word) or _DATE_WORDS.get(word) or word


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


# --- Names ---------------------------------------------------------------------------------------

_NAME = re.compile(r"\b[^\W\d_a-z][\w.&'’-]*\w|\b[^\W\d_a-z]\b")
_LOWER_OPENERS = frozenset(
    "the a an in on at by for from with to under after before during while when as they it he she its their his her"
    " this that these those both all no some most many several members ministers leaders delegates officials heads"
    " representatives countries states participants parties governments presidents foreign defense defence finance"
    " one two three four five six seven eight nine ten also other another each separately meanwhile however according"
    " talks negotiators senior environment health trade energy agriculture interior transport experts envoys further".split()
)
_NATIONALITY_ENDINGS = ("n", "an", "ian", "ean", "ese", "i", "ish", "nian", "s")
_NATIONALITIES = {
    "american": "us", "french": "france", "dutch": "netherlands", "british": "britain", "greek": "greece", "danish": "denmark",
    "swedish": "sweden", "finnish": "finland", "polish": "poland", "spanish": "spain", "turkish": "turkey",
    "irish": "ireland", "welsh": "wales", "scottish": "scotland", "swiss": "switzerland", "thai": "thailand",
    "german": "germany", "czech": "czechoslovakia", "slovak": "slovakia", "norwegian": "norway",
    "peruvian": "peru", "canadian": "canada", "argentine": "argentina", "philippine": "philippines",
    "filipino": "philippines", "kazakh": "kazakhstan", "uzbek": "uzbekistan", "kyrgyz": "kyrgyzstan",
    "tajik": "tajikistan", "turkmen": "turkmenistan", "afghan": "afghanistan", "lao": "laos", "burmese": "burma",
    "cypriot": "cyprus", "icelandic": "iceland", "belgian": "belgium", "brazilian": "brazil", "chinese": "china",
    "portuguese": "portugal", "ukrainian": "ukraine", "italian": "italy", "hungarian": "hungary",
    "croatian": "croatia", "croat": "croatia", "serb": "serbia", "english": "england",
    "soviet": "ussr", "european": "europe", "african": "africa", "asian": "asia", "lebanese": "lebanon",
    "mexican": "mexico", "chilean": "chile", "egyptian": "egypt", "ivorian": "ivory", "malian": "mali",
}  # fmt: skip
_LONG_FORMS = {
    "us": {"united", "states"},
    "uk": {"united", "kingdom"},
    "un": {"united", "nations"},
    "eu": {"european", "union"},
    "ec": {"european", "community"},
    "korea": {"republic", "korea"},
}
# Without this, "Niger" would be read as the country of "Nigerian".
_DISTINCT = {("niger", "nigerian"), ("guinea", "guineans")}


def _names(text: str) -> Iterator[str]:
    """Yield the words of names, in lower case; "U.S." becomes "us"."""
    for match in _NAME.finditer(text):
        word = match.group().replace("’", "'")
        word = re.sub(r"'s?$", "", word)
        for part in re.split(r"[-/]", word):
            plain = part.replace(".", "").lower()
            opens_sentence = match.start() == 0 or text[: match.start()].rstrip()[-1:] in '.!?:"“'
            if len(plain) < 2 or not part[:1].isupper():
                continue
            if plain in _FUNCTION_WORDS and plain != "us":
                continue
            if opens_sentence and (plain in _LOWER_OPENERS or plain.endswith("ing")):
                continue
            yield plain


_ACT = re.compile(
    r"\b(urged|pledged|vowed|called|warned|promised|demanded|appealed|announced|offered|committed|stressed|welcomed)\b"
)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|who|which)\b", re.IGNORECASE)


def _acts(sentence: str) -> Iterator[tuple[list[str], str]]:
    """Yield the last words before each verb that tells an act, within its clause, and the verb.

    A pronoun, or a verb that shares the subject of the clause before, names nobody.
    """
    for match in _ACT.finditer(sentence):
        clause = re.split(r"[,;]", sentence[: match.start()])[-1]
        words = [word for word in re.findall(r"[\w'’-]+", clause) if word.lower() not in _FUNCTION_WORDS]
        if words and not _PRONOUN.search(clause):
            yield words[-ACTOR_WORDS:], match.group(1)


def _before(verb: str, text: str) -> str | None:
    """Return the words of a sentence before a verb in any of its forms, or None where it has none."""
    match = re.search(rf"\b{re.escape(verb[:-2])}(?:ed|e|es|s|ing)?\b", text)
    return text[: match.start()] if match else None


_PLACE = re.compile(r"\b(?:in|at|near|to|from)\s+([A-Z][\w'’]+)(?!\w|\s+(?:of\s+)?[A-Z]|-)")


def _places(text: str) -> Iterator[str]:
    """Yield single capitalised words that a sentence uses as a place, such as "in Riga"."""
    for match in _PLACE.finditer(text):
        word = re.sub(r"['’]s?$", "", match.group(1))
        if word.lower() not in _DATE_WORDS:
            yield word


def _stands_as_place(word: str, text: str) -> bool:
    """Say whether a text holds a word other than as the beginning of a longer name.

    "Shanghai" in "Shanghai Cooperation Organization" does not say that anything happened in Shanghai.
    """
    for match in re.finditer(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
        rest = text[match.end() :]
        if not re.match(
            r"\s+(?:[A-Z][a-z]+\s+)*(?:Organi[sz]ation|Association|Agreement|Pact|Treaty|Protocol|Council"
            r"|Commission|Conference|Convention|Group|Club|Declaration|Accord|Forum|Process|Initiative)\b",
            rest,
        ):
            return True
    return any(_is_known(word.lower(), {name}) for name in _names(text) if name != word.lower())


def _is_known(name: str, names: set[str]) -> bool:
    if name in names:
        return True
    country = _NATIONALITIES.get(name)
    if country in names or any(_NATIONALITIES.get(other) == name for other in names):
        return True
    return any(_same_root(name, other) or _same_root(other, name) for other in names)


def _same_root(shorter: str, longer: str) -> bool:
    """Say whether `longer` is the plural of `shorter`, or the nationality of that country."""
    if len(shorter) < 4 or len(longer) <= len(shorter) or (shorter, longer) in _DISTINCT:
        return False
    stem = shorter.rstrip("aeiouy") if len(shorter) > 4 else shorter
    return any(longer in (shorter + ending, stem + ending) for ending in _NATIONALITY_ENDINGS)


def _acronyms(sentences: Iterable[str]) -> set[str]:
    """Build the acronyms of runs of capitalised words, such as "sco" of its full name."""
    found = set()
    for sentence in sentences:
        for run in re.findall(
            r"(?:[A-Z][\w'’-]+(?:\s+(?:of|the|for|and|on|in|de|des)\b)*[\s-]+){1,7}[A-Z][\w'’-]+", sentence
        ):
            initials = [word[0] for word in re.split(r"[\s-]+", run) if word[:1].isupper()]
            for start in range(len(initials)):
                for end in range(start + 2, len(initials) + 1):
                    found.add("".join(initials[start:end]).lower())
    return found


# --- Numbers and dates ---------------------------------------------------------------------------

_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "mln": 1e6, "m": 1e6, "billion": 1e9, "bln": 1e9, "bn": 1e9,
    "trillion": 1e12, "trn": 1e12,
}  # fmt: skip
_NUMBER_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12, "half": 0.5, "third": 1 / 3, "quarter": 0.25,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|" + "|".join(_NUMBER_WORDS) + r")"
    r"(?:st|nd|rd|th)?(?:[\s-]?(hundred|thousand|million|mln|billion|bln|trillion|trn|bn|m)\b)?(?![\w])",
    re.IGNORECASE,
)
_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_DATE_WORDS = {word: word for word in (*_MONTHS, *_WEEKDAYS)} | {
    word[:length]: word for word in (*_MONTHS, *_WEEKDAYS) for length in (3, 4) if word != "may"
}
_DATE = re.compile(r"\b(" + "|".join(sorted(_DATE_WORDS, key=len, reverse=True)) + r")\b\.?", re.IGNORECASE)


def _numbers(text: str) -> Iterator[float]:
    for match in _NUMBER.finditer(text):
        digits, scale = match.groups()
        word = digits.lower()
        # "The two agreed" counts what the text has named, it states no figure.
        if word in ("two", "three") and re.search(
            r"\b(?:the|these|those|all|other)\s+$", text[: match.start()], re.I
        ):
            continue
        value = _NUMBER_WORDS[word] if word in _NUMBER_WORDS else float(re.sub(r"[, ]", "", digits))
        yield round(value * _SCALES.get((scale or "").lower(), 1), 6)


def _dates(text: str) -> Iterator[str]:
    for match in _DATE.finditer(text):
        # "may" and "march" are dates only with a capital; so are "sat" and "sun".
        if match.group()[0].isupper() and not re.match(r"May\s+(?:[a-z]|not\b)", text[match.start() :]):
            yield _DATE_WORDS[match.group(1).lower()]
