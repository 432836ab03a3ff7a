"""Whether an act binds more or less than an earlier one: type, wording, amounts, deadlines, rhythm, who acts.

Each sign that two wordings of one act differ in is a `Shift` with its reason in plain words. What is judged is
how much the text binds, not whether the change is to be welcomed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from .quantities import Quantity, find_quantities
from .spans import Fact
from .taxonomy import Kind, LabelSchema
from .words import content_words

Direction = Literal["strengthened", "weakened"]


@dataclass(frozen=True, slots=True)
class Act:
    """An act that a text records, with what its strength is judged by."""

    text: str
    types: tuple[str, ...]
    """Strongest first, never empty."""
    probabilities: dict[str, float]
    facts: tuple[Fact, ...] = ()
    written: date | None = None
    """The day from which the text's dates are counted."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A sign that an act became stronger or weaker."""

    direction: Direction
    reason: str


def shifts(old: Act, new: Act, schema: LabelSchema) -> list[Shift]:
    """Compare two wordings of one act.

    Args:
        old: The earlier wording.
        new: The later one.
        schema: The label schema; its order and kinds say which type binds more.

    Returns:
        What became stronger or weaker, the weightiest first; nothing where the act binds as before.
    """
    found = [*_type_shift(old, new, schema), *_wording_shifts(old, new)]
    if not (_is_recurring(old) and _is_recurring(new)):
        found += [*_amount_shifts(old, new), *_deadline_shifts(old, new)]
    return [*found, *_rhythm_shift(old, new), *_actor_shifts(old, new)]


def direction_of(found: Sequence[Shift]) -> Direction | None:
    """Say what shifts come to: what most of them say, of equally many the first; None without any."""
    if not found:
        return None
    balance = sum(1 if shift.direction == "strengthened" else -1 for shift in found)
    if balance == 0:
        return found[0].direction
    return "strengthened" if balance > 0 else "weakened"


def _shift(is_stronger: bool, reason: str) -> Shift:
    return Shift("strengthened" if is_stronger else "weakened", reason)


# --- The type --------------------------------------------------------------------------------------

_KIND_RANKS: dict[Kind, int] = {"statement": 0, "directive": 1, "commitment": 2}
_UNLIKELY = 0.3
"""A type counts as absent from an act below this probability: the classifier hesitates between neighbours."""


def _type_shift(old: Act, new: Act, schema: LabelSchema) -> Iterator[Shift]:
    before, after = old.types[0], new.types[0]
    if before == after:
        return
    ranks = [_KIND_RANKS[schema.type_named(name).kind] for name in (before, after)]
    unsure = old.probabilities[after] >= _UNLIKELY or new.probabilities[before] >= _UNLIKELY
    if ranks[0] == ranks[1] and (unsure or ranks[0] == 0):
        return
    order = schema.names
    is_stronger = ranks[1] > ranks[0] if ranks[0] != ranks[1] else order.index(after) < order.index(before)
    yield _shift(is_stronger, f"the {before} became {_with_article(after)}")


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


# --- The wording -----------------------------------------------------------------------------------

_TENTATIVE = (
    r"(?:to|will|would|shall|should|are|is) (?:\w+ly )?(?:consider(?:ing)?|explor(?:e|ing)|stud(?:y|ying)|examin(?:e|ing)"
    r"|look(?:ing)? into|reflect(?:ing)? on|discuss(?:ing)?|assess(?:ing)?)|(?:is|are) considering"
    r"|(?:to )?consider(?: the)? \w+ing|(?-i:may)|might|could"
)
_INTENDED = (
    r"(?:intend|plan|aim|hope|expect|seek|strive|endeavou?r|wish)(?:s|ed)? to|planned to|sought to|(?:is|are|stands?|was|were)"
    r" (?:ready|willing|prepared|due) to|look(?:s|ed)? forward to"
    r"|will (?:\w+ly )?(?:seek|strive|endeavou?r|aim|try|work) (?:to|towards)"
    r"|make every effort to"
)
_LEVELS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (0, re.compile(rf"\b(?:{_TENTATIVE})\b", re.IGNORECASE)),
    (1, re.compile(rf"\b(?:{_INTENDED})\b", re.IGNORECASE)),
    (
        1,
        re.compile(
            r"\b(?:should|invit(?:e|es|ed|ing)(?! to the)|encourag(?:e|es|ed|ing)|recommend(?:s|ed)?|suggest(?:s|ed)?)\b",
            re.IGNORECASE,
        ),
    ),
    (3, re.compile(r"\b(?:demand(?:s|ed)?|insist(?:s|ed)?|must|hereby)\b", re.IGNORECASE)),
)
_PLAIN = 2
_FIRM = re.compile(
    r"\b(?:will|shall|would|agree[ds]?|decide[ds]?|pledge[ds]?|vow(?:s|ed)|undert(?:akes?|ook)|commit(?:s|ted)?|promise[ds]?"
    r"|urge[ds]?|call(?:s|ed)? (?:up)?on|asks?|asked|requests?|requested|appeal(?:s|ed)?)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:where|wherever|whenever|when|if|as far as) (?:possible|appropriate|feasible|needed|necessary|applicable"
    r"|available|practicable|(?:\w+ ){1,4}(?:permits?|allows?|suffices?))\b"
    r"|\bas (?:appropriate|far as possible)\b|\bto the extent possible\b"
    r"|\bsubject to\b|\bin principle\b|\bon a voluntary basis\b|\bvoluntarily\b|\bprovided that\b|\bin the long (?:run|term)\b",
    re.IGNORECASE,
)


def _wording_shifts(old: Act, new: Act) -> Iterator[Shift]:
    (before, old_word), (after, new_word) = _level(old.text), _level(new.text)
    if before != after:
        words = f": '{old_word}' became '{new_word}'" if old_word and new_word else ""
        yield _shift(after > before, f"the wording is {'firmer' if after > before else 'softer'}{words}")
    conditions = [_CONDITION.search(act.text) for act in (old, new)]
    if bool(conditions[0]) != bool(conditions[1]):
        condition = conditions[0] or conditions[1]
        assert condition is not None
        change = "dropped" if conditions[0] else "added"
        yield _shift(conditions[1] is None, f"the condition '{condition.group()}' was {change}")


def _level(text: str) -> tuple[int, str]:
    """Say how firmly an act is worded, from 0 (tentative) to 3 (insistent), and by which word."""
    for level, pattern in _LEVELS:
        if match := pattern.search(text):
            return level, match.group().lower()
    match = _FIRM.search(text)
    return _PLAIN, match.group().lower() if match else ""


# --- Events that come every year -------------------------------------------------------------------

_RECURRING = re.compile(
    r"\b(?:next|again|\w+th|first|second|third) (?:\w+ ){0,4}?(?:session|meeting|summit|round|conference|consultations"
    r"|forum|talks|council)\b|\b(?:meets?|convenes?|reconvenes?) (?:again|next)\b"
    r"|\bagain in\b|\bAnother (?:meeting|session|summit|round)\b",
    re.IGNORECASE,
)


def _is_recurring(act: Act) -> bool:
    """Say whether an act is the next of a row of meetings, whose date moves on with each."""
    return _RECURRING.search(act.text) is not None and not _GOAL.search(act.text)


_GOAL = re.compile(
    r"\bby (?:the )?(?:next|following) (?:session|meeting)\b|\bbefore the next\b", re.IGNORECASE
)


# --- Amounts ---------------------------------------------------------------------------------------

_LIMIT_BEFORE = re.compile(
    r"\b(?:below|under|less than|fewer than|within|inside|no more than|not more than|not exceed\w*|at most|longer than"
    r"|larger than|bigger than|older than|heavier than|(?:limit|cap|reduc|cut|lower|curb)\w* [^,;.]{0,60}?\bto)"
    r" (?:\w+ ){0,1}$",
    re.IGNORECASE,
)
_TIME_UNITS = frozenset("day days week month year decade summer winter spring autumn".split())
_ORDINAL = re.compile(r"(?:\d(?:st|nd|rd|th)|(?:third|fourth|\w+th|thirtieth))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Amount:
    value: float
    unit: str
    text: str
    is_limit: bool
    """Whether less of it binds more."""


def _amount_shifts(old: Act, new: Act) -> Iterator[Shift]:
    before, after = _amounts(old), _amounts(new)
    for amount in before:
        others = [other for other in after if other.unit == amount.unit]
        if not others and len(before) == len(after) == 1 and not amount.unit.isupper():
            others = after
        if not others or any(other.value == amount.value for other in others):
            continue
        other = others[0]
        rose = other.value > amount.value
        yield _shift(
            rose != (amount.is_limit or other.is_limit),
            f"the figure {'rose' if rose else 'fell'} from {amount.text} to {other.text}",
        )


def _amounts(act: Act) -> list[_Amount]:
    """Find the figures of an act that count or measure something, dates and durations not among them."""
    found = []
    for quantity in find_quantities(act.text):
        unit, end = _unit(act.text, quantity)
        if quantity.refers_back or unit in _TIME_UNITS or not unit:
            continue
        if _ORDINAL.search(act.text[quantity.start : quantity.end]):
            continue
        limit = _LIMIT_BEFORE.search(act.text[: quantity.start]) is not None
        found.append(_Amount(quantity.value, unit, act.text[quantity.start : end], limit))
    return found


def _unit(text: str, quantity: Quantity) -> tuple[str, int]:
    """Return what a number counts, as a stem, and where the words for it end."""
    if quantity.is_money:
        after = re.match(r"[\s-]*[A-Za-z]+", text[quantity.end :])
        is_word = after is not None and not re.search(r"[$€£¥]\s?$", text[: quantity.start])
        return "MONEY", quantity.end + (after.end() if after and is_word else 0)
    if percent := re.match(r"\s?(?:%|per ?cent\b|pct\b|percentage points?\b)", text[quantity.end :]):
        return "%", quantity.end + percent.end()
    following = content_words(text[quantity.end : quantity.end + 60])
    if not following:
        return "", quantity.end
    return following[0].stem, quantity.end + following[0].end


# --- Deadlines -------------------------------------------------------------------------------------

_PREPOSITION = re.compile(r"^(?:by|before|until|no later than|not later than)\s+", re.IGNORECASE)
_COUNTED = re.compile(
    r"^(?:within|inside|in|no later than|not later than)\b.*?\b(?:day|week|fortnight|month|year)",
    re.IGNORECASE,
)
_DURATION = re.compile(r"P(?P<count>\d+)(?P<unit>[DWMY])")
_DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}
_TIME_BEFORE = re.compile(r"\b(?P<word>in|from|of|on|until)\s+$", re.IGNORECASE)
_SAME_TIME = timedelta(days=3)


def _deadline_shifts(old: Act, new: Act) -> Iterator[Shift]:
    before, after = _deadline(old), _deadline(new)
    if before is None and after is not None:
        yield _shift(True, f"a deadline was added: {after.text}")
    elif before is not None and after is None and not _has_date(new):
        yield _shift(False, f"the deadline was dropped: {before.text}")
    elif before is not None and after is not None:
        yield from _moved(before, after, old, new)
    elif before is None:
        yield from _date_shift(old, new)


def _deadline(act: Act) -> Fact | None:
    return next((fact for fact in act.facts if fact.kind == "deadline"), None)


def _has_date(act: Act) -> bool:
    return any(fact.kind == "date" for fact in act.facts)


def _moved(before: Fact, after: Fact, old: Act, new: Act) -> Iterator[Shift]:
    words = f"the deadline moved from {_bare(before.text)} to {_bare(after.text)}"
    lengths = [_length(before, old), _length(after, new)]
    if lengths[0] is not None and lengths[1] is not None:
        if lengths[0] != lengths[1]:
            yield _shift(lengths[1] < lengths[0], words)
        return
    days = [_day(before), _day(after)]
    if days[0] is not None and days[1] is not None and abs(days[1] - days[0]) > _SAME_TIME:
        yield _shift(days[1] < days[0], words)


def _date_shift(old: Act, new: Act) -> Iterator[Shift]:
    """Compare the day from which, on which or until which something is to be done, where each act has one."""
    before, after = _coming(old), _coming(new)
    if before is None or after is None or before[0] != after[0]:
        return
    days = [_last_day(fact) for fact in (before[1], after[1])]
    if abs(days[1] - days[0]) > _SAME_TIME:
        is_longer = before[0] == "until" and days[1] > days[0]
        is_sooner = before[0] != "until" and days[1] < days[0]
        yield _shift(is_longer or is_sooner, f"the date moved from {before[1].text} to {after[1].text}")


def _coming(act: Act) -> tuple[str, Fact] | None:
    """Return the only date of an act that lies ahead, with "until" or "at" for what it marks."""
    dates = [fact for fact in act.facts if fact.kind == "date"]
    if len(dates) != 1 or act.written is None or _last_day(dates[0]) <= act.written:
        return None
    word = _TIME_BEFORE.search(act.text[: act.text.find(dates[0].text)])
    if word is None:
        return None
    return "until" if word["word"].lower() == "until" else "at", dates[0]


def _last_day(fact: Fact) -> date:
    """Return the last day of a date as exact as it is written; one without a value lies in the past."""
    numbers = [int(number) for number in re.findall(r"\d+", (fact.value or "").split("/")[-1])]
    if len(numbers) == 3 and 1 <= numbers[1] <= 12:
        return date(*numbers)
    if len(numbers) == 2 and 1 <= numbers[1] <= 12:
        return date(numbers[0], numbers[1], 28)
    return date(numbers[0], 12, 31) if numbers and numbers[0] > 999 else date.min


def _bare(wording: str) -> str:
    return _PREPOSITION.sub("", wording)


def _length(deadline: Fact, act: Act) -> int | None:
    """Return for how many days a deadline runs that counts from the text or from an event, else None."""
    if duration := _DURATION.fullmatch(deadline.value or ""):
        return int(duration["count"]) * _DAYS[duration["unit"]]
    day = _day(deadline)
    if day is None or act.written is None or not _COUNTED.match(deadline.text):
        return None
    return round((day - act.written).days / 7)


def _day(fact: Fact) -> date | None:
    try:
        return date.fromisoformat(fact.value or "")
    except ValueError:
        return None


# --- How often, and who ----------------------------------------------------------------------------

_RHYTHMS: tuple[tuple[float, re.Pattern[str]], ...] = tuple(
    (months, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for months, pattern in (
        (1 / 30, "daily|every day|each day"),
        (1 / 4, "weekly|every week|each week"),
        (1, "monthly|every month|each month|once a month"),
        (3, "quarterly|every quarter|every three months"),
        (6, "twice a year|every six months|half-yearly|every half year"),
        (24, r"every (?:second|other) \w+|every two years|biennially|twice in .*?years"),
        (36, "every three years|every third year"),
        (60, "every five years"),
        (12, r"annually|yearly|every year|each year|once a year|every (?:summer|winter|spring|autumn)"),
    )
)


def _rhythm_shift(old: Act, new: Act) -> Iterator[Shift]:
    before, after = _rhythm(old.text), _rhythm(new.text)
    if before and after and before[0] != after[0]:
        often = "more" if after[0] < before[0] else "less"
        yield _shift(after[0] < before[0], f"it is to happen {often} often: {before[1]}, now {after[1]}")


def _rhythm(text: str) -> tuple[float, str] | None:
    for months, pattern in _RHYTHMS:
        if match := pattern.search(text):
            return months, match.group().lower()
    return None


_VERB = re.compile(
    r"\b(?:(?:will|would|shall|is|are|was|were|has|have|said)\b|agree|pledge|promise|undert|commit|intend|plan|offer|announce)"
)


def _actor_shifts(old: Act, new: Act) -> Iterator[Shift]:
    before, after = _subjects(old), _subjects(new)
    if not before or not after or before == after:
        return
    if before < after:
        yield _shift(True, f"more take part: {', '.join(sorted(after - before))}")
    elif after < before:
        yield _shift(False, f"no longer named: {', '.join(sorted(before - after))}")


def _subjects(act: Act) -> set[str]:
    """Return the countries that stand before the first verb of an act."""
    verb = _VERB.search(act.text)
    if verb is None:
        return set()
    before = act.text[: verb.start()]
    return {fact.value for fact in act.facts if fact.kind == "country" and fact.value and fact.text in before}
