"""Amounts in a text: money and measured quantities, with their unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from .spans import Span
from .validation import read_yaml

_DIGITS = r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?!\d)|\d+(?:\.\d+)?"
_WORD_VALUES: dict[str, int | Decimal] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "half a": Decimal("0.5"), "a": 1,
}  # fmt: skip
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_WORDS = rf"(?:{_TENS})-(?:{_ONES})|" + "|".join(word for word in _WORD_VALUES if word != "a")
_SCALE_VALUES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "mln": 10**6, "mn": 10**6, "m": 10**6, "billion": 10**9,
    "bln": 10**9, "bn": 10**9, "trillion": 10**12, "trn": 10**12,
}  # fmt: skip
_SCALE = "|".join(sorted(_SCALE_VALUES, key=len, reverse=True))

_UNITS = read_yaml(Path(__file__).with_name("units.yaml"))
_SIGNS: dict[str, str] = {
    **{code: code for code in _UNITS["codes"]},
    "RMB": "CNY",
    "ECU": "XEU",
    **_UNITS["signs"],
}
_UNIT_NAMES: dict[str, str] = {**_UNITS["currencies"], **_UNITS["units"]}
_RATES: dict[str, str] = _UNITS["rates"]


def _alternatives(patterns: dict[str, str]) -> str:
    """Join patterns, the longest first, so that none hides another that it begins."""
    return "|".join(sorted(patterns, key=len, reverse=True))


_NUMBER = rf"(?:{_DIGITS}|(?:{_WORDS})(?![\w-]))"
_QUANTITY = rf"(?P<number>{_NUMBER}|\ba(?= (?:{_SCALE})\b))(?:[ -]?(?P<scale>{_SCALE})\b)?"
_RANGE = rf"(?:(?P<low>{_NUMBER})(?:[ -]?(?P<low_scale>{_SCALE}))?(?: to |-|–| or )\$?)?"
_RATE = rf"(?: (?:an?|per|each) (?P<per>{'|'.join(_RATES)})\b|/(?P<slash>{'|'.join(_RATES)})\b)?"
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_MONEY_BY_SIGN = re.compile(
    rf"(?<![\w$])(?P<sign>{_SIGN}) ?{_RANGE}{_QUANTITY}{_RATE}(?![\w])", re.IGNORECASE
)
_WITH_UNIT = re.compile(
    rf"(?<![\w.,$-]){_RANGE}{_QUANTITY}(?:[ -]|(?=%|°))?(?P<unit>{_alternatives(_UNIT_NAMES)})(?!\w){_RATE}",
    re.IGNORECASE,
)
_WITHOUT_UNIT = re.compile(
    rf"(?<![\w.,$-]){_QUANTITY}(?=[,.;:)]|$| (?:of|for|to|in|from|by|this|last|next|and|a year|over|on|at|under)\b)"
)
_EXACT_UNITS = [(re.compile(pattern, re.IGNORECASE), symbol) for pattern, symbol in _UNIT_NAMES.items()]


def amounts(text: str) -> list[Span]:
    """Find money and measured quantities.

    Returns:
        Spans in their order. The value is number, blank and unit, such as "12000000 USD/year" or
        "10000000/15000000 EUR". A currency whose word several states share keeps that word.
    """
    found = [
        _span(match, _SIGNS[match["sign"]])
        for match in _MONEY_BY_SIGN.finditer(text)
        # Letters such as DM are a sign only in capitals.
        if match["sign"] in _SIGNS
    ]
    taken = [(span.start, span.end) for span in found]
    for match in _WITH_UNIT.finditer(text):
        if not any(match.start() < end and start < match.end() for start, end in taken):
            found.append(_span(match, _symbol(match["unit"])))
    found.sort()
    return sorted([*found, *_elliptical(text, found)])


def _elliptical(text: str, found: list[Span]) -> Iterator[Span]:
    """Yield large numbers that leave their currency to an amount before them: 3 million dollars of a total of 8 million."""
    money = [span for span in found if span.value.split(" ")[1].split("/")[0].isupper()]
    if not money:
        return
    for match in _WITHOUT_UNIT.finditer(text, money[0].end):
        if match["scale"] and not any(
            match.start() < span.end and span.start < match.end() for span in found
        ):
            before = [span for span in money if span.end <= match.start()][-1]
            unit = before.value.split(" ")[1].split("/")[0]
            yield Span(
                match.start(), match.end(), f"{_plain(_number(match['number'], match['scale']))} {unit}"
            )


def _span(match: re.Match[str], unit: str) -> Span:
    number = _plain(_number(match["number"], match["scale"]))
    if match["low"]:
        low = _plain(_number(match["low"], match["low_scale"] or match["scale"]))
        number = f"{low}/{number}"
    per = match["per"] or match["slash"]
    value = f"{number} {unit}" + (f"/{_RATES[per.lower()]}" if per else "")
    return Span(match.start(), match.end(), value)


def _number(written: str, scale: str | None) -> Decimal:
    word = written.lower()
    if word[0].isdigit():
        number = Decimal(re.sub(r"[,\s]", "", word))
    elif word in _WORD_VALUES:
        number = Decimal(_WORD_VALUES[word])
    else:
        number = Decimal(sum(_WORD_VALUES[part] for part in word.split("-")))
    return number * _SCALE_VALUES[scale.lower()] if scale else number


def _plain(number: Decimal) -> str:
    """Write a number without exponent and without idle zeros."""
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _symbol(unit: str) -> str:
    return next(symbol for pattern, symbol in _EXACT_UNITS if pattern.fullmatch(unit))
