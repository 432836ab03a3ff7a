"""Who promised what: the commitments of many documents in one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..models.spans import Fact
from .actors import actors, addressees, values
from .results import Analysis, LabelledSentence
from .tables import RecordFormat, render_records, to_markdown

CommitmentFormat = Literal["text", "markdown"] | RecordFormat


@dataclass(frozen=True, slots=True)
class Commitment:
    """A sentence that binds somebody."""

    who: tuple[str, ...]
    """Countries, bodies and offices named before the act ("Norway will …") or, of a passive one, after "by"; where there
    are none, the words of the subject ("The member states agreed"), which may be a pronoun; empty where nothing is found."""
    type: str
    """The primary type."""
    what: str
    """The sentence from its act on ("will provide …"); all of it where the act is passive or in no known word."""
    whom: tuple[str, ...]
    """Who is called upon, and the countries, bodies and offices behind "to", "for" or "with" after the act."""
    deadlines: tuple[str, ...]
    """By when: ISO 8601, or the wording where the day cannot be computed."""
    amounts: tuple[str, ...]
    """How much: number and unit."""
    sentence: str
    index: int
    """The sentence's place in its text, from 0."""
    source: str | None
    confidence: float
    """How likely the type is right."""


def commitments(analyses: Iterable[Analysis]) -> list[Commitment]:
    """List the commitments of analyses that were made with `facts=True`, in the order of the texts.

    Who, whom and what are cut out by rules over the sentence's facts and the words that tell an act, without
    understanding it: the sentence stands beside them to be read.
    """
    return [
        _commitment(sentence, analysis.source)
        for analysis in analyses
        for sentence in analysis.sentences
        if sentence.is_commitment and sentence.primary is not None
    ]


def render_commitments(found: Sequence[Commitment], format: CommitmentFormat) -> str | bytes:
    """Write a table of commitments in a format; Excel and Parquet give bytes.

    Raises:
        MissingExtraError: If the format needs an extra that is not installed.
    """
    if format == "text":
        return _text(found)
    if format == "markdown":
        return _markdown(found)
    return render_records("commitments", Commitment, found, format)


def _commitment(sentence: LabelledSentence, source: str | None) -> Commitment:
    text = sentence.text
    act = _find_act(text)
    who = _who(sentence, act)
    whom = [*values(addressees(sentence)), *_receivers(sentence, act)]
    return Commitment(
        who=who,
        type=sentence.types[0],
        what=" ".join((text if act is None or _is_passive(text, act) else text[act.start() :]).split()),
        whom=tuple(value for value in dict.fromkeys(whom) if value not in who),
        deadlines=values(fact for fact in sentence.facts if fact.kind == "deadline"),
        amounts=values(fact for fact in sentence.facts if fact.kind == "amount"),
        sentence=text,
        index=sentence.index,
        source=source,
        confidence=sentence.confidence,
    )


# The verbs with which reports and resolutions tell that somebody commits himself, and the passive of any.
_ACT = re.compile(
    r"\b(?:will|would|shall|(?:is|are|was|were) to"
    r"|(?:is|are|was|were|remains?) (?:ready|willing|prepared|determined|committed) to"
    r"|(?:did |(?:is|are|was|were|been|being|be) )?(?:agree[sd]?|accept(?:s|ed)?|adopt(?:s|ed)?|allocat(?:es|ed)|appoint(?:s|ed)?"
    r"|approv(?:es?|ed)|authori[sz](?:es|ed)|back(?:s|ed)|chose|commit(?:s|ted)?|conclud(?:es|ed)|contribut(?:es|ed)"
    r"|creat(?:es|ed)|decid(?:es?|ed)|direct(?:s|ed)|donat(?:es|ed)|doubl(?:es|ed)|elect(?:s|ed)|endors(?:es?|ed)"
    r"|establish(?:es|ed)?|extend(?:s|ed)?|gave|given|grant(?:s|ed)|handed|held|initiall?ed|instruct(?:s|ed)|intends?"
    r"|launch(?:es|ed)|lent|lift(?:s|ed)|mandat(?:es|ed)|named|offer(?:s|ed)|paid|plac(?:es|ed)|plans|pledg(?:es?|ed)"
    r"|promis(?:es?|ed)|provid(?:es|ed)|put up|ratif(?:ies|ied)|reach(?:es|ed)|reaffirm(?:s|ed)?|renew(?:s|ed)?"
    r"|request(?:s|ed)|resolv(?:es?|ed)|sent|set up|settl(?:es|ed)|sign(?:s|ed)|suspend(?:s|ed)"
    r"|undert(?:ake|akes|ook)|vot(?:es|ed)|vow(?:s|ed)?)"
    r"|(?:is|are) (?!to\b|not\b)\w+ing|ha(?:s|ve) (?!been\b|not\b)\w+ed)\b",
    re.IGNORECASE,
)
# In "the agreed text" and "an offer" no act is told.
_NO_ACT_BEFORE = re.compile(r"\b(?:the|an?|its|their|his|her|of|newly) $", re.IGNORECASE)
# "was approved", and after "will" or "is to": "be held".
_PASSIVE = re.compile(r"(?:is|are|was|were|been|being|be) \w+(?<!ing)(?<! to)", re.IGNORECASE)
_PASSIVE_AFTER = re.compile(r" (?:\w+ly )?be(?:en)? \w+(?:ed|en|eld|ut|nt)\b", re.IGNORECASE)
_AGENT_BEFORE = re.compile(r"\bby (?:the |its |their )?$", re.IGNORECASE)
# Between these and the act stands the actor's name: "Norway said that Sweden will pay".
_CLAUSE = re.compile(
    r"\b(?:that|said|says|announced|added|told|while|but|reporters)\b,?|[;:“\"]|, (?:and|with)\b",
    re.IGNORECASE,
)
# "GENEVA, 3 May (Agency) -" tells where, not who.
_DATELINE = re.compile(r"[A-Z][\w .'’-]{2,30}(?:,[^.;:]{0,40}| \([^)]*\))? (?:-{1,2}|–|—) ")
_RECEIVER_BEFORE = re.compile(
    r"\b(?:to|for|with|helps?|assist|support|giv(?:e|ing)|gave|lend|lent|lending|offer(?:ed|ing)?|provid(?:ed?|ing)"
    r"|sen[dt]|sending) (?:the |its |their )?$",
    re.IGNORECASE,
)
_AND_BEFORE = re.compile(r"(?:,| and|, and) (?:the )?$")
_SUBJECT = re.compile(r"(?:[\W\d]*)(?P<words>[^\W\d].*?)(?: (?:also|further|jointly|then|again))?", re.DOTALL)
_SUBJECT_WORDS = 8
"""A subject that is longer is no name."""


def _find_act(text: str) -> re.Match[str] | None:
    """Return the first words that tell an act."""
    return next(
        (match for match in _ACT.finditer(text) if not _NO_ACT_BEFORE.search(text, 0, match.start())), None
    )


def _is_passive(text: str, act: re.Match[str]) -> bool:
    return _PASSIVE.fullmatch(act.group()) is not None or _PASSIVE_AFTER.match(text, act.end()) is not None


def _who(sentence: LabelledSentence, act: re.Match[str] | None) -> tuple[str, ...]:
    """Return the actors named before the act, in its own clause if there are any, else the words of its subject."""
    text, named = sentence.text, actors(sentence)
    dateline = _DATELINE.match(text)
    opening = dateline.end() if dateline else 0
    named = [fact for fact in named if fact.start >= sentence.start + opening]
    if act is None:
        # Only a name that opens the sentence is then likely to be its subject.
        return (
            values(named[:1])
            if named and text[opening : named[0].start - sentence.start] in ("", "The ")
            else ()
        )
    if _is_passive(text, act):
        return values(
            fact for fact in named if _AGENT_BEFORE.search(text, 0, fact.start - sentence.start) is not None
        )
    before = [fact for fact in named if fact.end <= sentence.start + act.start()]
    clause = max((match.end() for match in _CLAUSE.finditer(text, opening, act.start())), default=opening)
    own = [fact for fact in before if fact.start >= sentence.start + clause]
    if own or before:
        return values(own or before)
    subject = _SUBJECT.fullmatch(text[clause : act.start()].rpartition(",")[2].rstrip())
    words = subject["words"].split() if subject else []
    return (" ".join(words),) if 0 < len(words) <= _SUBJECT_WORDS else ()


def _receivers(sentence: LabelledSentence, act: re.Match[str] | None) -> tuple[str, ...]:
    """Return the actors after the act that stand behind "to", "for" or "with", and those that "and" adds to them."""
    if act is None:
        return ()
    found: list[Fact] = []
    for fact in actors(sentence):
        start = fact.start - sentence.start
        follows = bool(found) and _AND_BEFORE.fullmatch(sentence.text, found[-1].end - sentence.start, start)
        if start >= act.end() and (follows or _RECEIVER_BEFORE.search(sentence.text, 0, start)):
            found.append(fact)
    return values(found)


def _markdown(found: Sequence[Commitment]) -> str:
    columns = ("who", "type", "what", "whom", "deadlines", "amounts", "sentence", "source", "confidence")
    return to_markdown(
        columns,
        (
            [
                ", ".join(commitment.who),
                commitment.type,
                commitment.what,
                ", ".join(commitment.whom),
                ", ".join(commitment.deadlines),
                ", ".join(commitment.amounts),
                commitment.sentence,
                f"{commitment.source or ''} {commitment.index + 1}".strip(),
                f"{commitment.confidence:.2f}",
            ]
            for commitment in found
        ),
    )


def _text(found: Sequence[Commitment]) -> str:
    lines = []
    for commitment in found:
        addressed = f" -> {', '.join(commitment.whom)}" if commitment.whom else ""
        terms = [*commitment.amounts, *(f"due {deadline}" for deadline in commitment.deadlines)]
        heading = f"{commitment.type:<12}  {', '.join(commitment.who)}{addressed}  {'; '.join(terms)}"
        lines.append(heading.rstrip())
        place = f"  [{commitment.source} {commitment.index + 1}]" if commitment.source else ""
        lines.append(f"              {' '.join(commitment.sentence.split())}{place}")
    return "\n".join(lines) + "\n" if lines else "no commitment found\n"
