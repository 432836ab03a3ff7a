"""Trimming a sentence that is taken out of its text, without changing what it says or who says it."""

from __future__ import annotations

import re

_LIST_MARKER = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)]|\(?[a-z]\)|[ivx]{1,4}\)|[AQ]:)\s+")
_DAY = r"(?:[A-Z][a-z]+\.? \d{1,2}|\d{1,2} [A-Z][a-z]+)"
_AGENCY = r"\(\w[\w /]*\)"
_PLACES = r"(?:, [A-Z][\w.'’ ]+?){0,2}"
# Capital letters, a day or an agency tell a dateline from a sentence with a dash in it.
_DATELINE = re.compile(
    rf"^(?:[A-Z][A-Z.'’ -]{{2,}}{_PLACES}(?:,? {_DAY})?(?:,? {_AGENCY})?"
    rf"|[A-Z][\w.'’ ]+?{_PLACES},? (?:{_DAY}(?:,? {_AGENCY})?|{_AGENCY}))"
    r" ?(?:--|—|–|-) +(?=[A-Z\"“])"
)
_CONNECTIVE = re.compile(
    r"^(?:(?:But|And) |Instead,? (?!of\b)|(?:However|Meanwhile|Moreover|In addition|Additionally|Furthermore|Also"
    r"|Nevertheless|Nonetheless|Finally|Likewise|Besides|Yet|Still|At the same time"
    r"|In this (?:regard|respect|connection|context)), )"
    r"(?=(\w))"
)
_ALSO = re.compile(r"(?<!\bbut )(?<!, )\balso ")
# Verbs of acts that are done together, so that a text reports them in its own voice.
_JOINT_ACT = re.compile(
    r"^(?:[\w.'’-]+,? ){1,14}?(?:agreed|signed|adopted|approved|endorsed|decided|set up|launched|elected|appointed|concluded"
    r"|ended|wound up|held|reopened|ratified|extended|reached|exchanged|will meet|will be held|meets?)\b"
)
_UNSURE = re.compile(
    r"\b(?:not|no|never|nothing|none|without|would|could|might|may|should|must|likely|probably|apparently|reportedly"
    r"|secretly|in principle|I|we|our|my)\b|n['’]t\b|[\"“”]",
    re.IGNORECASE,
)
# Who reports for all: nobody whose own view or promise it could be.
_REPORTER = (
    r"(?:the |a |an |their |its )?(?:(?:joint|final|closing|conference|summit|meeting|official|truce|delegation|diplomatic) )?"
    r"(?:communiqu[eé]|statement|declaration|sources?|officials|organi[sz]ers|spokes(?:man|woman|person)|diplomats|delegates)"
)
_REPORT_VERB = r"(?:said|reported|announced|showed|read)"
_TAIL = re.compile(rf", {_REPORTER} {_REPORT_VERB}(?: (?:later|here|today|after the \w+))?\.$", re.IGNORECASE)
_HEAD = re.compile(
    r"^According to (?:the|a) (?:joint |final |closing )?(?:communiqu[eé]|statement|declaration)(?: [^,]{0,60})?, (?=(\w))"
)
_PRONOUNS = r"(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Tt]his|[Tt]hese|[Tt]hose|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)"
_DANGLING = re.compile(
    rf"^(?:{_PRONOUNS}|That|Both|The (?:two|three|latter|former)|Such|Under the document|In response|In return)\b"
    rf"|^(?:[A-Z][^,]{{1,40}}), (?:he|she|it|they|this|these|those)\b"
    rf"|, (?:he|she|they|it|the latter) (?:said|added|told|noted|announced|stressed|explained)\b[^,]*\.$"
)


def tidied(sentence: str) -> str:
    """Trim what a sentence drags along from its place.

    That is list number, dateline, connective, "also", line breaks, and the attribution of a joint act to somebody who
    reports for all ("…, conference sources said"). Whose claim, view or promise it is always stays.
    """
    text = one_line(sentence)
    text = _DATELINE.sub("", _LIST_MARKER.sub("", text))
    text = _CONNECTIVE.sub("", text)
    if "not only" not in text:
        text = _ALSO.sub("", text)
    text = _without_attribution(text)
    return text[:1].upper() + text[1:]


def _without_attribution(text: str) -> str:
    told = _HEAD.sub("", _TAIL.sub(".", text))
    return told if _JOINT_ACT.match(told) and not _UNSURE.search(told) else text


def dangles(sentence: str) -> bool:
    """Say whether a tidied sentence has words that stand for something told before it."""
    return bool(_DANGLING.search(sentence))


def one_line(text: str | None) -> str:
    """Put a text on one line; None gives an empty one."""
    return " ".join((text or "").split())
