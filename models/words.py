"""Words as two texts are compared by them: without endings, function words and nationalities."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .country_mentions import find_countries

FUNCTION_WORDS = frozenset(
    "a an the and or but nor of in on at by for from with without to into onto over under about against among between"
    " through during before after since until as than that this these those which who whom whose what when where how"
    " it its he his him she her they their them we our us i you your is are was were be been being has have had do"
    " does did will would shall should may might can could must not no also said says saying according all any each"
    " both other others some such more most own same so there here if while up out".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*")
_CLAUSE_END = re.compile(
    r"[;:]|,(?!\d)|\s(?:while|but|whereas)\s|\sand(?=\s+(?:[A-Z]|they\b|will\b|would\b|\w+ed\b))"
)
_SMALL_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), start=2
    )
}
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


@dataclass(frozen=True, slots=True)
class ContentWord:
    """A content word of a text."""

    stem: str
    """Crude, and the same on both sides of a comparison; a country's for its nationality."""
    start: int
    end: int
    clause: int
    """Number of its clause in the text."""


def content_words(text: str) -> list[ContentWord]:
    """Find the content words of a text, in order."""
    countries = {mention.start: mention for mention in find_countries(text)}
    ends = [match.start() for match in _CLAUSE_END.finditer(text)]
    words: list[ContentWord] = []
    clause = position = 0
    for match in _WORD.finditer(text):
        if match.start() < position:
            continue
        while clause < len(ends) and ends[clause] <= match.start():
            clause += 1
        mention = countries.get(match.start())
        if mention is not None:
            position = mention.end
            words.append(ContentWord(min(mention.countries).lower(), mention.start, mention.end, clause))
            continue
        word = re.sub(r"['’]s?$", "", match.group().lower()).rstrip(".,")
        if word and word not in FUNCTION_WORDS:
            words.append(
                ContentWord(_SMALL_NUMBERS.get(word) or stem(word), match.start(), match.end(), clause)
            )
    return words


def stem(word: str) -> str:
    """Cut a lower-case word's ending off."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not (ending == "s" and word[-2] == "s"):
            return word[: -len(ending)]
    return word
