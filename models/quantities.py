"""Numbers and dates in a text, by value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DatePartKind = Literal["year", "month", "day", "weekday"]
DateKey = tuple[DatePartKind, int | tuple[int, int]]
"""What a part of a date says: a year, a month from 1, month and day, or a weekday from 0 for Monday."""

MONTHS = "january february march april may june july august september october november december".split()
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text."""

    value: float
    """ "1.5 billion", "1,500 million" and "1.5 bln" are the same."""
    is_money: bool
    refers_back: bool
    """Whether it counts what the text has named, as in "the two agreed", and states no figure."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DatePart:
    """A year, month, day of a month or weekday in a text."""

    kind: DatePartKind
    value: int | tuple[int, int]
    """See `DateKey`."""
    start: int
    end: int


# --- Numbers ---------------------------------------------------------------------------------------

_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "mln": 1e6, "m": 1e6, "billion": 1e9, "bln": 1e9, "bn": 1e9,
    "trillion": 1e12, "trn": 1e12,
}  # fmt: skip
_UNITS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_FRACTIONS = {"half": 0.5, "quarter": 0.25, "dozen": 12.0}
_ORDINALS = {
    "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_WORDS = {**_UNITS, **_TENS, **_FRACTIONS, **_ORDINALS}
_SCALE = r"(?:hundred|thousand|million|mln|billion|bln|trillion|trn|bn)"
_TENS_AND_UNITS = rf"(?:{'|'.join(_TENS)})(?:[\s-](?:one|{'|'.join({**_UNITS, **_ORDINALS})})\b)?"
_BASE = rf"(?:half a(?=[\s-]+{_SCALE})|(?:a|one)(?=[\s-]+{_SCALE})|{_TENS_AND_UNITS}|(?:{'|'.join(_WORDS)}))"
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"(?:st|nd|rd|th)?(?:[\s-]?(?P<scale>{_SCALE}|m)s?\b)?(?!\w)"
    rf"|\b(?P<words>{_BASE}(?:[\s-]+{_SCALE}s?\b(?:[\s-]+(?:and[\s-]+)?{_BASE})?)*)(?!\w)",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"(?:[$€£¥]|\b(?:SDR|Rs\.?|EUR|USD|US\$))\s?$")
_CURRENCY_AFTER = re.compile(
    r"[\s-]+(?:\w+\.?[\s-]+){0,2}?(?:dollars?|dlrs?|euros?|ecus?|pounds?|stg|yen|yuan|marks?|francs?|crowns?|kron\w+|rupees?"
    r"|roubles?|rubles?|rand|pesos?|reais|riyals?|dinars?|dirhams?|birr|naira|won|lira|lire|guilders?|pesetas?|baht|ringgit"
    r"|rupiah|dong|taka|forints?|zlot\w+|shillings?|kwacha)\b",
    re.IGNORECASE,
)
_COUNTING = re.compile(r"\b(?:the|these|those|all|other)\s+$", re.IGNORECASE)


def find_quantities(text: str) -> Iterator[Quantity]:
    """Find numbers in digits and words; the parts of dates are not among them."""
    dates = [(part.start, part.end) for part in find_date_parts(text)]
    for match in _NUMBER.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in dates):
            continue
        if match.group("digits"):
            value = float(re.sub(r"[,\s]", "", match.group("digits")))
            value *= _SCALES.get((match.group("scale") or "").lower(), 1)
        else:
            value = _value_of(re.split(r"[\s-]+", match.group("words").lower()))
        is_money = bool(
            _CURRENCY_BEFORE.search(text[: match.start()]) or _CURRENCY_AFTER.match(text, match.end())
        )
        refers_back = value in (2, 3) and _COUNTING.search(text[: match.start()]) is not None
        yield Quantity(round(value, 6), is_money, refers_back, match.start(), match.end())


def _value_of(words: list[str]) -> float:
    total = current = 0.0
    for word in words:
        scale = _SCALES.get(word) or _SCALES.get(word.rstrip("s"))
        if scale == 1e2:
            current = (current or 1) * scale
        elif scale:
            total += (current or 1) * scale
            current = 0
        elif word in ("a", "one"):
            current = current or 1
        else:
            current += _WORDS.get(word, 0)
    return total + current


# --- Dates -----------------------------------------------------------------------------------------

_ABBREVIATIONS = {
    word[:length]: word for word in (*MONTHS, *WEEKDAYS) for length in (3, 4) if word != "may"
} | {word: word for word in (*MONTHS, *WEEKDAYS)}
_BY_LENGTH = sorted(_ABBREVIATIONS, key=len, reverse=True)
_MONTH = "(?:{}|(?:{})\\b\\.?)".format(
    "|".join(month.upper() for month in MONTHS if month not in ("may", "march")),
    "|".join(word.title() for word in _BY_LENGTH if _ABBREVIATIONS[word] in MONTHS),
)
_WEEKDAY = "(?:{})".format(
    "|".join(
        word.title()
        for word in _BY_LENGTH
        if _ABBREVIATIONS[word] in WEEKDAYS and word not in ("sun", "sat", "wed")
    )
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_RANGE = r"\s?(?:-|–|—|to|and)\s?"
_YEAR = r"(?:19|20)\d\d"
_DAY_MONTH = re.compile(
    rf"(?<![\w.,$])(?:(?P<first>{_DAY})(?:st|nd|rd|th)?{_RANGE})?(?P<day>{_DAY})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})"
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_MONTH})\s+(?P<day>{_DAY})(?:st|nd|rd|th)?(?:{_RANGE}(?P<first>{_DAY}))?(?![\w,]*\d)"
)
_ALONE = re.compile(rf"\b(?:(?P<month>{_MONTH})|(?P<weekday>{_WEEKDAY}))(?!\w)")
_YEAR_ALONE = re.compile(
    rf"(?<![\w.,$€£-])(?P<year>{_YEAR})(?:[-–/](?P<last>{_YEAR}|\d\d)(?!\w))?(?![\w%]|[.,]\d|\s{_SCALE}\b)"
)


def find_date_parts(text: str) -> list[DatePart]:
    """Find the years, months, days of a month and weekdays that a text names."""
    parts: list[DatePart] = []
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(text):
            month = _month_number(match.group("month"))
            for name in ("first", "day"):
                if match.group(name):
                    parts.append(DatePart("day", (month, int(match.group(name))), *match.span(name)))
    for match in _ALONE.finditer(text):
        word = match.group().rstrip(".")
        start, end = match.start(), match.start() + len(word)
        if match.group("weekday"):
            parts.append(DatePart("weekday", WEEKDAYS.index(_ABBREVIATIONS[word.lower()]), start, end))
        elif _names_a_month(text, word, start, end):
            parts.append(DatePart("month", _month_number(word), start, end))
    for match in _YEAR_ALONE.finditer(text):
        if re.match(r"\s+(?:[a-z]+s\b|mln|million)", text[match.end() :]) and not re.search(
            r"(?:in|by|of|until|since|from|for|to|and|the|[a-z],?|\d,?)\s$", text[: match.start()]
        ):
            continue
        parts.append(DatePart("year", int(match.group("year")), *match.span("year")))
        if match.group("last"):
            last = match.group("last")
            year = int(last) if len(last) == 4 else int(match.group("year")[:2] + last)
            parts.append(DatePart("year", year, *match.span("last")))
    return parts


def _names_a_month(text: str, word: str, start: int, end: int) -> bool:
    """Tell the month from the verb "may", and an abbreviation from the "Mar" of "Mar del Plata"."""
    if word == "May":
        return not _VERB_AFTER.match(text, end) or _IN_MAY.search(text, 0, start) is not None
    return len(word) > 3 or bool(_DAY_BEFORE.search(text, 0, start) or _DAY_AFTER.match(text, end))


_VERB_AFTER = re.compile(r"\s+(?:[a-z]|not\b)")
_IN_MAY = re.compile(r"\b(?:in|by|until|from|since|of|for|next|last|late|early|mid|and|\d)[\s-]$")
_DAY_BEFORE = re.compile(r"\d\s$")
_DAY_AFTER = re.compile(r"\.|\s\d")


def _month_number(word: str) -> int:
    return MONTHS.index(_ABBREVIATIONS[word.rstrip(".").lower()]) + 1


def related_date_parts(text: str, anchor: date) -> set[DateKey]:
    """Resolve what a text says relative to the day it was written: weekdays, "yesterday", "next month".

    A weekday stands for the nearest ones before and after, and for the day itself.
    """
    days = {anchor + timedelta(step) for word, step in _NEARBY_DAYS.items() if _has_word(word, text)}
    for part in find_date_parts(text):
        if part.kind == "weekday":
            ahead = (int(str(part.value)) - anchor.weekday()) % 7
            days |= {anchor + timedelta(ahead), anchor + timedelta(ahead - 7)}
    found: set[DateKey] = set()
    parts = find_date_parts(text)
    if not any(part.kind == "year" for part in parts):
        for month in (part.value for part in parts if part.kind == "month"):
            # "In March" is this year's March, or the nearest in another year.
            assert isinstance(month, int)
            step = 1 if month < anchor.month else -1 if month > anchor.month else 0
            found |= {("year", anchor.year), ("year", anchor.year + step)}
    for day in days:
        found |= {("day", (day.month, day.day)), ("month", day.month), ("year", day.year)}
        found.add(("weekday", day.weekday()))
    for match in _RELATIVE.finditer(text):
        step = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0, "same": 0}.get(
            match.group(1).lower(), 1
        )
        if match.group(2).lower() == "month":
            months = anchor.year * 12 + anchor.month - 1 + step
            found |= {("month", months % 12 + 1), ("year", months // 12)}
        else:
            found.add(("year", anchor.year + step))
    return found


_NEARBY_DAYS = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
_RELATIVE = re.compile(
    r"\b(last|previous|past|this|current|same|next|coming|following)\s+(month|year|spring|summer|autumn|fall|winter)\b",
    re.IGNORECASE,
)


def _has_word(word: str, text: str) -> bool:
    return re.search(rf"\b{word}\b", text, re.IGNORECASE) is not None
