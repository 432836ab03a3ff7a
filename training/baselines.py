"""Simple systems that the models must beat: keyword rules, the majority type, leading and central sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..models.taxonomy import LabelSchema

# Wordings that a reader of the annotation guideline would try first.
KEYWORDS = {
    "resource": r"\b(?:million|billion|mln|bln)\b.*\b(?:provide|contribut|donat|grant|loan|fund)"
    r"|\b(?:provide|contribut|donat|grant|lend|loan)\w*\b.*\b(?:million|billion|mln|bln|doses|troops|tonnes)\b",
    "decision": r"\b(?:approv|adopt|endors|ratif|establish|launch|elect|appoint|mandat|impos|lift)(?:e|es|ed|s)?\b"
    r"|\bdecided\b",
    "agreement": r"\b(?:agreed (?:to|on)|agreement (?:was|on)|signed|concluded|consensus on|memorandum)\b",
    "activity": r"\bwill (?:meet|hold|host|visit|take place|be held|resume)\b|\bnext (?:meeting|summit|session)\b",
    "pledge": r"\b(?:pledg|vow|commit(?:ted|s)? to|intend|determined to|ready to|we will|promis)\w*",
    "call": r"\b(?:urg(?:e|ed|es|ing)|call(?:ed|s)? (?:on|for|upon)|must|should|appeal|demand)\w*",
    "position": r"\b(?:welcom|condemn|stress|reaffirm|express|support|concern|believ|warn|recogni[sz]|hail)\w*",
    "consultation": r"\b(?:discuss|exchang\w+ views|held (?:talks|meetings)|review|met with|talks with)\w*",
}


def keyword_types(sentences: Sequence[str], schema: LabelSchema) -> list[tuple[str, ...]]:
    """Give each sentence every commitment type whose keywords it holds, else background.

    Works for the nine commitment types only.
    """
    patterns = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in KEYWORDS.items()}
    return [
        schema.ordered(name for name, pattern in patterns.items() if pattern.search(text)) or ("background",)
        for text in sentences
    ]


def majority_types(references: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Give every sentence the set that is most frequent in the very data it is judged on."""
    most_common = Counter(tuple(types) for types in references).most_common(1)[0][0]
    return [most_common] * len(references)


def lead(sentences: Sequence[str], title: str | None, count: int = 3) -> list[str]:
    """Take the first sentences after the title for an abstract."""
    body = [text for text in sentences if text != title]
    return body[:count]


def centroid_scores(sentences: Sequence[str]) -> list[float]:
    """Score sentences by how near they are to the whole text (Radev et al., 2004): TF-IDF cosine with its sum."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(token_pattern=r"\S+").fit_transform(sentences).toarray()
    return [float(value) for value in vectors @ vectors.sum(axis=0)]
