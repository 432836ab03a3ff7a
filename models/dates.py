"""Dates and deadlines in a text, resolved against the day on which it was written.

A small grammar of the forms that diplomatic texts use. Values are ISO 8601: a day, month or year as exact as the
text, an interval with "/"; seasons ("2013-22" is summer) and decades ("199X") follow EDTF, ISO 8601-2.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple


class DateMention(NamedTuple):
    """A date or deadline in a text."""

    start: int
    end: int
    value: str | None
    """None where the date of the text would be needed and is not known."""
    is_deadline: bool
    """Whether something is to be done by then; the value is then the last day."""


def dates(text: str, written: date | None) -> list[DateMention]:
    """Find dates and deadlines.

    Args:
        text: A sentence.
        written: When it was written; None leaves "next year" or a day without year unresolved.

    Returns:
        The mentions in their order; none overlaps another.
    """
    found = [*_within(text, written), *_periods(text, written)]
    found.sort(key=lambda mention: (mention.start, -mention.end))
    kept: list[DateMention] = []
    for mention in found:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def find_date(text: str) -> date | None:
    """Return the last day of the first date with day, month and year that a text names, or None."""
    for match in _FULL_DATE.finditer(text):
        try:
            period = _day_period(match, None, None)
        except ValueError:  # 31 June
            continue
        if period is not None:
            return period.last
    return None


# How many characters around a date are looked at: for the words that belong to it, and for the verb. A limit keeps
# the time for a sentence without end, such as a table, in proportion to its length.
_NEAR = 60
_FAR = 400


def _near(start: int) -> int:
    return max(0, start - _NEAR)


def _clauses(text: str, start: int, end: int) -> str:
    return text[max(0, start - _FAR) : end + _FAR]


class _Period(NamedTuple):
    """A stretch of time, and how it is written."""

    first: date
    last: date
    value: str


# --- The words -----------------------------------------------------------------------------------

_MONTH_NAMES = list(calendar.month_name)[1:]
_MONTHS = {name.lower(): number for number, name in enumerate(_MONTH_NAMES, start=1)}
_MONTHS |= {name[:3].lower(): number for number, name in enumerate(_MONTH_NAMES, start=1)} | {"sept": 9}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 0}
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
_SEASON_MONTHS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 2)}
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40,
    "forty-five": 45, "sixty": 60, "ninety": 90,
}  # fmt: skip

# A month needs its capital: "may" and "march" are other words without it.
_MONTH = "|".join(_MONTH_NAMES) + r"|MAY|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
_MONTH += "|" + "|".join(name.upper() for name in _MONTH_NAMES if name != "May")
_WEEKDAY = "|".join(name for name in calendar.day_name)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?![\d.,]\d|\d)"
_YEAR = r"(?:1[89]|20)\d\d"
_TO = r"(?: and | to | through |-|–|/)"
_THIS = r"(?P<which>this|next|last|the coming|the current|the following|the previous|the same|the)"
_COUNT = r"\d{1,3}|" + "|".join(sorted(_COUNTS, key=len, reverse=True))
_UNIT = r"(?P<unit>day|week|fortnight|month|year)s?"

_FULL_DATE = re.compile(
    rf"\b(?:(?:(?P<from>{_DAY}){_TO})?(?P<day>{_DAY}) (?:of )?(?P<month>{_MONTH}),? (?P<year>{_YEAR})"
    rf"|(?P<month2>{_MONTH}) (?:(?P<from2>{_DAY}){_TO})?(?P<day2>{_DAY}),? (?P<year2>{_YEAR})"
    r"|(?P<iso>(?:1[89]|20)\d\d-[01]\d-[0-3]\d))\b"
)
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?:(?P<from>{_DAY}){_TO})?(?P<day>{_DAY}) (?:of )?(?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}) (?:(?P<from2>{_DAY}){_TO})?(?P<day2>{_DAY}))(?: of (?P<which>this|next|last) year)?(?!\w)"
)
_MONTH_OF_YEAR = re.compile(
    rf"\b(?:(?P<which>this|next|last) )?(?P<month>{_MONTH})"
    rf"(?:,? (?P<year>{_YEAR})|,? (?:of )?(?P<which2>this|next|last) year| (?P<which3>next|last))?(?!\w)"
)
_MONTH_RANGE = re.compile(rf"\b(?P<from>{_MONTH}){_TO}(?P<to>{_MONTH})(?: (?P<year>{_YEAR}))?(?!\w)")
_YEARS = re.compile(rf"(?<![\w.,$/-])(?P<from>{_YEAR})(?: to | and |-|–|/)(?P<to>{_YEAR}|\d\d)(?![\w/-])")
_YEAR_ALONE = re.compile(rf"(?<![\w.,$€£/])(?P<year>{_YEAR})(?![\w/%]|[.,]\d)")
_DECADE = re.compile(r"\b(?P<decade>(?:1[89]|20)\d)0s\b")
_HALF = re.compile(
    rf"\bthe (?P<ordinal>first|second|third|fourth|last) (?P<part>half|quarter) of (?:(?P<year>{_YEAR})|{_THIS} year)(?!\w)"
)
_SEASON = re.compile(
    rf"\b(?:{_THIS} )?(?P<season>[Ss]pring|[Ss]ummer|[Aa]utumn|[Ff]all|[Ww]inter)"
    rf"(?: (?:of )?(?P<year>{_YEAR})| of (?P<which2>this|next|last) year)?(?!\w)"
)
_CALENDAR_UNIT = re.compile(
    r"\b(?P<which>[Tt]his|[Nn]ext|[Ll]ast|the coming|the current|the following|the new|the)"
    r" (?P<unit>week|month|quarter|year|decade)(?!\w)"
)
_WEEKDAY_ALONE = re.compile(rf"\b(?:(?P<which>next|last|this) )?(?P<weekday>{_WEEKDAY})(?!\w)")
_TODAY = re.compile(r"\b(?P<word>today|yesterday|tomorrow|tonight)\b", re.IGNORECASE)
_AGO = re.compile(rf"\b(?P<count>{_COUNT}) {_UNIT} ago\b", re.IGNORECASE)

# What makes a deadline of a date, and what says which end of a period is meant.
_EDGE = re.compile(r"(?P<article>the )?(?P<edge>end|close|beginning|start|middle|expiry) of $")
_BY = re.compile(
    r"(?P<by>\b(?:by|before|(?:by )?(?:no|not) later than|at the latest by|on or before|prior to|ahead of)) "
    r"(?P<part>early |late |the (?:end|close|beginning|start|middle) of |mid[- ])?$",
    re.IGNORECASE,
)


# --- From a date in the text to its place in the calendar ----------------------------------------


def _periods(text: str, written: date | None) -> Iterator[DateMention]:
    """Yield every date of the grammar, with the words that make it a deadline or name its end."""
    readers: list[
        tuple[re.Pattern[str], Callable[[re.Match[str], date | None, bool | None], _Period | None]]
    ] = [
        (_FULL_DATE, _day_period),
        (_DAY_OF_MONTH, _day_period),
        (_MONTH_RANGE, _month_range),
        (_MONTH_OF_YEAR, _month_period),
        (_HALF, _part_of_year),
        (_SEASON, _season),
        (_YEARS, _year_range),
        (_YEAR_ALONE, _year),
        (_DECADE, _decade),
        (_CALENDAR_UNIT, _calendar_unit),
        (_WEEKDAY_ALONE, _weekday),
        (_TODAY, _today),
        (_AGO, _ago),
    ]
    taken: list[tuple[int, int]] = []
    for pattern, read in readers:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if not _is_date(text, match):
                continue
            taken.append(match.span())
            ahead = (
                True
                if _BY.search(text, _near(match.start()), match.start())
                else _points_ahead(text, match.start(), match.end())
            )
            try:
                period = read(match, written, ahead)
            except ValueError:  # 31 June
                continue
            yield _mention(text, match, period, written)


_NUMBER_BEFORE = re.compile(
    r"\b(?:No\.?|[Rr]esolutions?|[Rr]oom|[Aa]rticle|[Pp]aragraph|about|some|than|over) $"
)
_COUNTED_AFTER = re.compile(
    r" (?:tonnes|tons|km|kilomet|people|persons|men|women|troops|soldiers|families|dollars|dlrs|mw|megawatts|euros"
    r"|copies|students|jobs|\w+ers\b)",
    re.IGNORECASE,
)
# "Theresa May" and "May I" are no months.
_NAME_BEFORE = re.compile(
    r"\b(?!(?:In|By|Since|Until|From|The|Last|Next|Before|After|For|During|Early|Late|Of)\b)[A-Z][a-z]+ $"
)
_VERB_AFTER = re.compile(r" (?:I|we|he|they|it|not|the|be)\b")


def _is_date(text: str, match: re.Match[str]) -> bool:
    """Leave out what only looks like a date: a year that is a number, "May" the verb, "the year" without an edge."""
    before, after = text[_near(match.start()) : match.start()], text[match.end() : match.end() + _NEAR]
    if match.re is _YEAR_ALONE:
        return _NUMBER_BEFORE.search(before) is None and _COUNTED_AFTER.match(after) is None
    if match.re is _MONTH_OF_YEAR and match.group() in ("May", "March", "August"):
        return _NAME_BEFORE.search(before) is None and _VERB_AFTER.match(after) is None
    if match.re is _CALENDAR_UNIT and match["which"] == "the":
        return match["unit"] != "week" and _EDGE.search(before) is not None
    if match.re is _SEASON:
        if match["which"] == "the" and re.search(r"\b(?:in|by|until|before|since|during|from) $", before):
            return True
        return bool(match["which"] not in (None, "the") or match["year"] or match["which2"])
    if match.re is _WEEKDAY_ALONE:
        return re.search(r"\b(?:every|each) $", before) is None
    return True


def _mention(text: str, match: re.Match[str], period: _Period | None, written: date | None) -> DateMention:
    start = match.start()
    value = period.value if period else None
    last = period.last if period else None
    edge = _EDGE.search(text, _near(start), start)
    if edge and edge["edge"] in ("end", "close") and period:
        value, last = period.last.isoformat(), period.last
    by = _BY.search(text, _near(start), start)
    if by and _is_due(_clauses(text, match.start(), match.end()), period, written):
        part = (by["part"] or "").strip().lower()
        if period and last is not None:
            if by["by"].lower() in ("before", "prior to", "ahead of") and not re.search(
                r"end|close|late|mid", part
            ):
                last = period.first - timedelta(days=1)
            elif re.search(r"beginning|start", part):
                last = period.first
            elif re.search(r"mid", part):
                last = _middle(period)
        return DateMention(by.start(), match.end(), last.isoformat() if last else None, is_deadline=True)
    return DateMention(edge.start() if edge else start, match.end(), value, is_deadline=False)


def _is_due(text: str, period: _Period | None, written: date | None) -> bool:
    """Say whether "by 1993" sets a deadline, and does not tell what had happened by then."""
    if _TO_COME.search(text):
        return True
    is_past = period is not None and written is not None and period.last < written
    return not is_past and re.search(r"\bhad\b", text) is None


def _middle(period: _Period) -> date:
    if (period.last - period.first).days > 40:
        return date(period.first.year, 6, 30)
    return period.first.replace(day=15)


def _number_of(word: str) -> int:
    return int(re.sub(r"\D", "", word))


def _month_number(word: str) -> int:
    return _MONTHS[word.lower().rstrip(".")]


def _day_period(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    groups = match.groupdict()
    if groups.get("iso"):
        day = date.fromisoformat(groups["iso"])
        return _Period(day, day, day.isoformat())
    month = _month_number(groups["month"] or groups["month2"])
    day_number = _number_of(groups["day"] or groups["day2"])
    year = groups.get("year") or groups.get("year2")
    if year:
        last = date(int(year), month, day_number)
    elif written is None:
        return None
    elif groups.get("which"):
        last = date(_year_of(groups["which"], written), month, day_number)
    else:
        last = _nearest(_in_years_around(written, month, day_number), written, ahead)
    opening = groups["from"] or groups["from2"]
    first = last.replace(day=_number_of(opening)) if opening else last
    return _Period(
        first, last, last.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"
    )


def _month_period(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    month = _month_number(match["month"])
    if match["year"]:
        return _month(int(match["year"]), month)
    if written is None:
        return None
    if match["which2"]:
        return _month(_year_of(match["which2"], written), month)
    which = match["which"] or match["which3"]
    if which == "last":
        ahead = False
    elif which == "next":
        ahead = True
    candidates = [_month(written.year + step, month) for step in (-1, 0, 1)]
    if ahead is None:
        return min(candidates, key=lambda period: abs((period.first.replace(day=15) - written).days))
    if ahead:
        return next(
            p for p in candidates if p.last >= written and not (which == "next" and p.first <= written)
        )
    return [p for p in candidates if p.first <= written and not (which == "last" and p.last >= written)][-1]


def _month_range(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    opening, closing = _month_number(match["from"]), _month_number(match["to"])
    if match["year"]:
        end = _month(int(match["year"]), closing)
    elif written is not None:
        end = _month(
            _nearest([date(written.year + step, closing, 15) for step in (-1, 0, 1)], written, ahead).year,
            closing,
        )
    else:
        return None
    begin = _month(end.first.year - (opening > closing), opening)
    return _Period(begin.first, end.last, f"{begin.value}/{end.value}")


def _month(year: int, month: int) -> _Period:
    first = date(year, month, 1)
    return _Period(first, first.replace(day=calendar.monthrange(year, month)[1]), f"{year}-{month:02}")


def _in_years_around(written: date, month: int, day: int) -> list[date]:
    """Return the day in the years around; 29 February looks farther, for a leap year."""
    reach = 8 if (month, day) == (2, 29) else 1
    years = range(written.year - reach, written.year + reach + 1)
    return [date(year, month, day) for year in years if day <= calendar.monthrange(year, month)[1]]


def _nearest(candidates: list[date], written: date, ahead: bool | None) -> date:
    if not candidates:
        raise ValueError("no such day")
    if ahead:
        return next(day for day in candidates if day >= written)
    if ahead is None:
        return min(candidates, key=lambda day: abs((day - written).days))
    return [day for day in candidates if day <= written][-1]


def _year_of(which: str, written: date) -> int:
    steps = {"next": 1, "the coming": 1, "the following": 1, "the new": 1, "last": -1, "the previous": -1}
    return written.year + steps.get(which.lower(), 0)


def _whole_year(year: int) -> _Period:
    return _Period(date(year, 1, 1), date(year, 12, 31), str(year))


def _year(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period:
    return _whole_year(int(match["year"]))


def _year_range(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period:
    first = match["from"]
    last = match["to"] if len(match["to"]) == 4 else first[:2] + match["to"]
    return _Period(date(int(first), 1, 1), date(int(last), 12, 31), f"{first}/{last}")


def _decade(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period:
    first = int(match["decade"]) * 10
    return _Period(date(first, 1, 1), date(first + 9, 12, 31), f"{match['decade']}X")


def _part_of_year(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    if match["year"]:
        year = int(match["year"])
    elif written is not None:
        year = _year_of(match["which"], written)
    else:
        return None
    months = 6 if match["part"] == "half" else 3
    number = _ORDINALS[match["ordinal"]] or 12 // months
    if number * months > 12:
        raise ValueError(match.group())
    first, last = _month(year, (number - 1) * months + 1), _month(year, number * months)
    return _Period(first.first, last.last, f"{first.value}/{last.value}")


def _season(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    code = _SEASONS[match["season"].lower()]
    opening, closing = _SEASON_MONTHS[code]
    if match["year"]:
        year = int(match["year"])
    elif written is None:
        return None
    elif match["which2"]:
        year = _year_of(match["which2"], written)
    elif match["which"] == "last":
        year = written.year - (
            date(written.year, opening, 1) > written or opening <= written.month <= closing
        )
    elif match["which"] == "next":
        year = written.year + (date(written.year, opening, 1) <= written)
    elif ahead:
        year = written.year + (_month(written.year + (closing < opening), closing).last < written)
    elif ahead is False:
        year = written.year - (date(written.year, opening, 1) > written)
    else:
        year = written.year
    return _Period(date(year, opening, 1), _month(year + (closing < opening), closing).last, f"{year}-{code}")


def _calendar_unit(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    if written is None:
        return None
    step = _year_of(match["which"], written) - written.year
    unit = match["unit"]
    if unit == "year":
        return _whole_year(written.year + step)
    if unit == "month":
        months = written.year * 12 + written.month - 1 + step
        return _month(months // 12, months % 12 + 1)
    if unit == "quarter":
        quarters = written.year * 4 + (written.month - 1) // 3 + step
        first, last = _month(quarters // 4, quarters % 4 * 3 + 1), _month(quarters // 4, quarters % 4 * 3 + 3)
        return _Period(first.first, last.last, f"{first.value}/{last.value}")
    if unit == "week":
        monday = written - timedelta(days=written.weekday()) + timedelta(weeks=step)
        year, week, _ = monday.isocalendar()
        return _Period(monday, monday + timedelta(days=6), f"{year}-W{week:02}")
    decade = written.year // 10 + step
    return _Period(date(decade * 10, 1, 1), date(decade * 10 + 9, 12, 31), f"{decade}X")


def _weekday(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    if written is None:
        return None
    distance = (_WEEKDAYS[match["weekday"].lower()] - written.weekday()) % 7
    if match["which"] == "next" or (ahead and match["which"] is None):
        distance = distance or 7
    elif match["which"] == "last" or (distance and match["which"] is None):
        distance -= 7
    day = written + timedelta(days=distance)
    return _Period(day, day, day.isoformat())


def _today(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    if written is None:
        return None
    day = written + timedelta(days={"yesterday": -1, "tomorrow": 1}.get(match["word"].lower(), 0))
    return _Period(day, day, day.isoformat())


def _ago(match: re.Match[str], written: date | None, ahead: bool | None) -> _Period | None:
    if written is None:
        return None
    day = _moved(written, -_count(match["count"]), match["unit"])
    if match["unit"] == "year":
        return _whole_year(day.year)
    if match["unit"] == "month":
        return _month(day.year, day.month)
    return _Period(day, day, day.isoformat())


# --- Deadlines that are counted ------------------------------------------------------------------

_WITHIN = re.compile(
    rf"\b(?P<by>within|inside|not later than|no later than) (?:the (?:next|coming) |a period of )?(?P<count>{_COUNT}) {_UNIT}\b"
    r"(?P<event>,? (?:of|from|after|following|before) (?!today\b|now\b))?",
    re.IGNORECASE,
)
_IN = re.compile(
    rf"\bin (?P<count>{_COUNT}) {_UNIT}(?: from now|['’] time| time)?(?![\w-])(?! (?:of|to|for|by)\b)",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?:will|shall|would|due|is to|are to|promised|undertook|undertakes?|pledged|vowed|must|should)\b"
)
_DURATION_LETTERS = {"day": "D", "week": "W", "month": "M", "year": "Y"}


def _within(text: str, written: date | None) -> Iterator[DateMention]:
    """Yield "within six months", from the day of writing or as a duration from an event, and "in ten days"."""
    for match in _WITHIN.finditer(text):
        clauses = _clauses(text, match.start(), match.end())
        told = re.search(
            r"\b(?:had|reached|was|were)\b[^,;]*$", text[max(0, match.start() - _FAR) : match.start()]
        )
        if told and not _TO_COME.search(clauses):
            continue
        if match["event"]:
            count, unit = _count(match["count"]), match["unit"].lower()
            count, unit = (count * 2, "week") if unit == "fortnight" else (count, unit)
            duration = f"P{count}{_DURATION_LETTERS[unit]}"
            yield DateMention(match.start(), match.start("event"), duration, is_deadline=True)
        else:
            yield DateMention(match.start(), match.end(), _counted(match, written), is_deadline=True)
    for match in _IN.finditer(text):
        before = text[max(0, match.start() - _FAR) : match.start()]
        if _TO_COME.search(before) and not re.search(r"\b(?:time|second|third) $", before):
            yield DateMention(match.start(), match.end(), _counted(match, written), is_deadline=True)


def _counted(match: re.Match[str], written: date | None) -> str | None:
    if written is None:
        return None
    return _moved(written, _count(match["count"]), match["unit"].lower()).isoformat()


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word.lower()]


def _moved(day: date, count: int, unit: str) -> date:
    """Move a day by units; the 31st becomes the last day of a shorter month."""
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


# --- Before or after the day of writing ----------------------------------------------------------

_AHEAD = frozenset(
    "will would shall to before until till plan plans planned due scheduled next intends may can expected hope hopes"
    " hoped begins starts opens runs expires ends enters takes goes comes falls convenes lapses meets meet starting".split()
)
# "to" looks ahead before a verb, not behind these.
_NO_VERB_AFTER = frozenset(
    "close according thanks compared relating regard respect led fell"
    " rose sent gave went returned came travelled access reference addition contrary".split()
)
_BEHIND = frozenset(
    "was were had has have since after last met held took left fell began came went saw said told gave sent became signed rose"
    " brought made during ago cut grew sank set".split()
)


def _points_ahead(text: str, start: int, end: int) -> bool | None:
    """Say whether the verb nearest to a date looks ahead (True) or back (False); None where none tells.

    The last sign before the date counts, and only without any the first one behind it. A participle behind a
    modal ("will be held") is no sign of the past.
    """
    if re.search(r"\b(?:its|their|his|her|our) $", text[_near(start) : start]):
        return False  # "its October offer" has been made
    direction = _direction(text[max(0, start - _FAR) : start], last=True)
    return direction if direction is not None else _direction(text[end : end + _FAR], last=False)


def _direction(part: str, *, last: bool) -> bool | None:
    found: bool | None = None
    modal = -9
    before = ""
    for place, word in enumerate(re.findall(r"[^\W\d_]+", part.lower())):
        sign: bool | None = None
        if word in _AHEAD and not (word == "to" and before in _NO_VERB_AFTER):
            sign, modal = True, place
        elif word in _BEHIND or (word.endswith("ed") and len(word) > 4 and word != "united"):
            sign = False if place - modal > 3 else None
        if sign is not None:
            found = sign
            if not last:
                break
        before = word
    return found
