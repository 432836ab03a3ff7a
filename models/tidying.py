"""Trimming a sentence that is taken out of its text, without changing what it says."""

from __future__ import annotations

import re

_LIST_MARKER = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)]|\(?[a-z]\)|[ivx]{1,4}\))\s+")
_DATELINE = re.compile(
    r"^(?:[A-Z][\w.'’ ]+,? )?(?:[A-Z][A-Za-z.]+ \d{1,2},? )?(?:\(\w[\w /]*\) )?(?:--|—|–|-) +(?=[A-Z\"“])"
)
_CONNECTIVE = re.compile(r"^(?:But|And|However,|Meanwhile,|Moreover,|In addition,|Furthermore,|Also,)\s+(\w)")
_ALSO = re.compile(r"^((?:\S+ ){1,4})also ")
_DANGLING = re.compile(r"^(?:He|She|It|They|This|These|That|Those|Both|The (?:two|three) )\b")


def tidied(sentence: str) -> str:
    """Trim what a sentence drags along from its place: list number, dateline, connective, line breaks."""
    text = one_line(sentence)
    text = _DATELINE.sub("", _LIST_MARKER.sub("", text))
    text = _CONNECTIVE.sub(lambda match: match.group(1).upper(), text)
    text = _ALSO.sub(r"\1", text)
    return text[:1].upper() + text[1:]


def dangles(sentence: str) -> bool:
    """Say whether a tidied sentence opens with words that stand for something told before it."""
    return bool(_DANGLING.match(sentence))


def one_line(text: str | None) -> str:
    """Put a text on one line; None gives an empty one."""
    return " ".join((text or "").split())
