"""Date and publisher as the first or last lines of a text give them."""

from __future__ import annotations

import re

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?(?:\s?(?:[-–—]|to|and)\s?\d{1,2}(?:st|nd|rd|th)?)?"
_DATE = (
    rf"(?:{_DAY}\s(?:of\s)?{_MONTH},?\s\d{{4}}|{_MONTH}\s{_DAY},?\s\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}(?!\d)|\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d))"
)
_DATE_LINE = re.compile(rf"[^\n.;!?]{{0,70}}?(?<!\w)({_DATE})[^\n.;!?]{{0,30}}", re.IGNORECASE)
_DATELINE = re.compile(
    r"[A-Z][\w.'’ ,/-]{1,60}?,\s(" + _DATE + rf"|{_MONTH}\s\d{{1,2}}|\d{{1,2}}\s{_MONTH})\.?,?"
    r"\s*(?:\([^()\n]{2,40}\))?\s*(?:--|[-–—:])\s"
)
_MEETING_DATE = re.compile(
    rf"\b(?i:met|meeting|summit|session|held|gathered|convened|assembled|adopted|issued|done|signed)\b[^.\n]{{0,100}}?(?<!\w)({_DATE})"
)
_AGENCY = re.compile(r"[A-Z][^\n()]{1,70}\(([A-Z][\w .&/-]{1,38})\)\s*(?:--|[-–—])\s")
_SOURCE_LINE = re.compile(r"(?:source|publisher|published by|issued by)\s*:\s*(\S[^\n]{1,80})", re.IGNORECASE)

_HEAD_LINES = 8
_TAIL_LINES = 4
_LONGEST_LINE = 110
_HEAD_CHARACTERS = 700


def find_date(text: str) -> str | None:
    """Find the date of a text.

    It is sought on a short line of its own among the first lines, in a dateline, in what the first sentences
    say of the meeting, and on a line of its own among the last ones.

    Args:
        text: The text.

    Returns:
        The date as the text writes it, which may lack the year; None where none of these places has one.
    """
    lines = [line.strip() for line in text[: 4 * _HEAD_CHARACTERS].splitlines() if line.strip()][:_HEAD_LINES]
    for line in lines:
        match = _DATELINE.match(line) or (_DATE_LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None)
        if match:
            return match.group(1)
    said = _MEETING_DATE.search(" ".join(lines)[:_HEAD_CHARACTERS])
    if said:
        return said.group(1)
    last = [line.strip() for line in text[-_HEAD_CHARACTERS:].splitlines() if line.strip()][-_TAIL_LINES:]
    for line in reversed(last):
        match = (_DATE_LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None) or _MEETING_DATE.search(
            line
        )
        if match:
            return match.group(1)
    return None


def find_publisher(text: str) -> str | None:
    """Find who published a text: the agency of a dateline, or a line that begins with "Source:".

    Args:
        text: The text.

    Returns:
        The name as the text writes it; None where it has none.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:_HEAD_LINES]:
        match = _AGENCY.match(line)
        if match:
            return match.group(1)
    for line in (*lines[:_HEAD_LINES], *lines[-_TAIL_LINES:]):
        match = _SOURCE_LINE.fullmatch(line)
        if match:
            return match.group(1).strip()
    return None
