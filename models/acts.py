"""Who acts in a sentence, and with what polarity: done or failed, promised or asked for.

The words that show it are few and regular in reports of meetings; what none of them marks is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Polarity = Literal["denied", "directed", "promised", "done"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that says whether something is done, denied, asked for or promised."""

    polarity: Polarity
    text: str
    start: int
    end: int
    modal: bool
    """Whether it is a modal verb, such as "should" or "will", rather than a verb that tells an act."""


# Of two cues that overlap the earlier kind counts.
_CUES: dict[Polarity, re.Pattern[str]] = {
    "denied": re.compile(
        r"\b(?:(?:fail(?:s|ed)?|refus(?:es|ed)|declin(?:es|ed)|unable|unwilling) (?:to|on)|failed|failing|declined"
        r"|declining|refused|refusing|reject(?:s|ed)?|ruled out|oppos(?:es|ed)|threw out|turn(?:s|ed) [^,;.]{0,25}down"
        r"|voted down|cannot|never|not to"
        r"|(?:did|do|does|could|can|would|will|shall|should|was|were|is|are|has|had|have) not"
        r"|without (?:an? |any )?(?:agree|accord|deci|result|deal|consensus|settl|reach|sett|fix|adopt|approv|endors)\w*"
        r"|no (?:agreement|deal|decision|accord|consensus)|none|nor|neither (?:would|will|could|did|has|had|was|is)"
        r"|no(?! (?:later|less|longer|more|further|farther|fewer) than))\b",
        re.IGNORECASE,
    ),
    "directed": re.compile(
        r"(?<!will )(?<!would )\b(?:should|must|ought to|urg(?:e|es|ed|ing)|call(?:s|ed|ing)? (?:on|upon)|ask(?:s|ed|ing)?"
        r"|invit(?:e|es|ed|ing)|appeal(?:s|ed|ing)?|demand(?:s|ed|ing)?|request(?:s|ed|ing)?|instruct(?:s|ed|ing)?)\b",
        re.IGNORECASE,
    ),
    "promised": re.compile(
        r"\b(?:will|would|pledg(?:e|es|ed|ing)|promis(?:e|es|ed|ing)|vow(?:s|ed)?|undert(?:ake|akes|ook|aking)|committed"
        r"|offer(?:s|ed|ing) to|(?:ready|readiness|willing|willingness|prepared) to"
        r"|decid(?:es|ed)|resolv(?:es|ed)|(?:is|are|was|were) to)\b(?! not| be (?:prepared|ready))",
        re.IGNORECASE,
    ),
    "done": re.compile(
        r"\b(?:with an agreement|after agreeing|agree(?:s|d|ing|ment)?"
        r"|adopt(?:s|ed)?|adoption|approv(?:e|es|ed)|approval|accept(?:s|ed)?"
        r"|back(?:s|ed)(?! by)|endors(?:e|es|ed)|managed|consent(?:s|ed))\b(?! not)",
        re.IGNORECASE,
    ),
}
_MODALS = ("should", "must", "will", "would")
_VAGUE = re.compile(
    r"no(?: \w+)?|none|nor|(?:is|are|was|were) to|adopt|approve|accept|endorse|agree(?:ment|ing)?|appeal|demand"
    r"|request|ask|(?:readiness|willingness) to",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|be)\s$")
_CONTINUES = re.compile(r"\s(?:that|to|on)\b")
_REVERSAL = re.compile(r"\s+(?:reject|refus|oppos|veto|block|stop|end\b|refrain|ban\b|withdraw|den[yi])")

# What a source may say in one of many ways: the wide lists keep the judgement cautious.
DENIES = re.compile(
    r"\b(?:not|no|nor|none|never|neither|nothing|nobody|without|cannot|fail\w*|refus\w*|reject\w*|declin\w*|oppos\w*"
    r"|object\w*|unable|unwilling|impossible|block\w*|veto\w*|withh\w+|abstain\w*|abstention\w*|dead-?lock\w*|stalemate"
    r"|collaps\w*|broke\w*|break\w*|disagree\w*|differ\w*|divid\w*|split|short|lack\w*|put off|postpon\w*|defer\w*"
    r"|suspend\w*|shelv\w*|drop\w*|dismiss\w*|den(?:y|ies|ied)|rul\w+ out|exclud\w*|resist\w*|stall\w*|against|only|unless"
    r"|ban(?:s|ned)?|prohibit\w*|refrain\w*|elud\w*|miss\w*|unresolved|unsettled|impasse|stop\w*|quarrel\w*|stuck"
    r"|absent|empty|prevent\w*|abandon\w*|turn\w* down|vot\w+ down|left out|aside|hold\w* (?:back|out)|held (?:back|out)"
    r"|cool|reluctan\w*|uncertain\w*|remain\w*|far|bar(?:s|red)|too|rather|instead|wide apart|nowhere|little|outside"
    r"|ended|walk\w* out|pull\w* out|withdr\w+|delay\w*|cancel\w*|scrap\w*|hinder\w*"
    r"|un(?:agreed|answered|changed|convinced|decided|finished|fulfilled|mentioned|moved|signed|touched))\b|n['’]t\b",
    re.IGNORECASE,
)
DIRECTS = re.compile(
    r"\b(?:should|must|ought|shall|urg\w*|call\w*|ask\w*|invit\w*|appeal\w*|demand\w*|request\w*|recommend\w*|need\w*"
    r"|want\w*|propos\w*|requir\w*|encourag\w*|press\w*|insist\w*|instruct\w*|told|tell\w*|direct\w*|advis\w*|warn\w*"
    r"|plead\w*|beg\w*|exhort\w*|expect\w*|suggest\w*|seek\w*|sought|has to|have to|had to|is to|are to|was to|were to"
    r"|to be|better|time to|time for|wish\w*|favou?r\w*|hop\w+|necessary|essential|important|duty|obliged|bound"
    r"|entrust\w*|charg\w*|task\w*|commission\w*"
    r"|mandat\w*|order\w*|challeng\w*|counsel\w*|remind\w*|admonish\w*|let|solicit\w*|petition\w*|lobb\w*|look\w* to|due)\b",
    re.IGNORECASE,
)

_ACT = re.compile(
    r"\s+(?:also |again |now |then |later |both |each |only )?(?:will|would|is to|was to|are to|were to|has|had|have|is|was|were"
    r"|urg(?:es|ed)|pledg(?:es|ed)|promis(?:es|ed)|vow(?:s|ed)|offer(?:s|ed)|agree[sd]|refus(?:es|ed)|reject(?:s|ed)"
    r"|call(?:s|ed)|demand(?:s|ed)|ask(?:s|ed)|announc(?:es|ed)|propos(?:es|ed)|said|says|warn(?:s|ed)|oppos(?:es|ed)"
    r"|appeal(?:s|ed)|undertook|gave|gives|provid(?:es|ed)|withdrew|want(?:s|ed)|accept(?:s|ed)|back(?:s|ed)|insist(?:s|ed)"
    r"|invit(?:es|ed)|contribut(?:es|ed)|lends?|lent|put|puts|made|makes|sent|sends|hosts?|stress(?:es|ed)|welcom(?:es|ed)"
    r"|commit(?:s|ted)|decid(?:es|ed)|intends?|plan(?:s|ned)|sought|seeks|abstained|did|could|should|must|may|might|raised|took"
    r"|told|tells|paid|pays|declined|confirmed|complained|threatened|condemned|withheld|blocked|failed|suspended|admitted|criticis(?:es|ed)|voiced|cited|reaffirmed|handed|hoped)\b"
)
_PRONOUN_OPENING = re.compile(r"^[\W\d]*(?:He|She|It|They|His|Her|Its|Their)\b")
_ANAPHORIC_OPENING = re.compile(
    r"^[\W\d]*(?:He|She|It|They|This|These|His|Her|Its|Their|Both|Each|The(?: \w+){1,2}|A \w+|Delegates|Members"
    r"|Ministers|Officials|Leaders|According)\b"
)


def find_cues(sentence: str) -> Iterator[Cue]:
    """Find the words of a sentence that show polarity, kind by kind."""
    taken: list[tuple[int, int]] = []
    denials: list[int] = []
    for polarity, pattern in _CUES.items():
        for match in pattern.finditer(sentence):
            start, end = match.span()
            if any(first < end and start < last for first, last in taken):
                continue
            # What follows a denial in its clause is denied with it, as in "failed on Monday to agree".
            if polarity == "done" and any(_is_within_reach(sentence, denial, start) for denial in denials):
                continue
            taken.append((start, end))
            if polarity == "denied":
                denials.append(end)
            yield Cue(polarity, match.group(), start, end, match.group().lower() in _MODALS)


def _is_within_reach(sentence: str, denial: int, start: int) -> bool:
    return 0 <= start - denial < 60 and not re.search("[,;]", sentence[denial:start])


def is_vague(cue: Cue) -> bool:
    """Say whether a cue alone says too little: "no" denies a thing and not an act, "are to" can be a duty."""
    return _VAGUE.fullmatch(cue.text) is not None


def is_passive(sentence: str, cue: Cue) -> bool:
    """Say whether what a cue speaks of stands before it, as in "the proposal was rejected"."""
    if cue.polarity not in ("denied", "done") or _CONTINUES.match(sentence, cue.end):
        return False
    return _PASSIVE.search(sentence, 0, cue.start) is not None


def is_reversed(sentence: str, end: int) -> bool:
    """Say whether the act after `end` is itself a refusal, so that its polarity can be told in two ways."""
    return _REVERSAL.match(sentence, end) is not None


def is_actor(sentence: str, end: int) -> bool:
    """Say whether a verb that tells an act follows at `end`."""
    return _ACT.match(sentence, end) is not None


def opens_with_pronoun(sentence: str) -> bool:
    """Say whether the subject of a sentence is a pronoun."""
    return _PRONOUN_OPENING.match(sentence) is not None


def opens_anaphoric(sentence: str) -> bool:
    """Say whether a sentence opens with somebody whom the sentences before it name."""
    return _ANAPHORIC_OPENING.match(sentence) is not None
