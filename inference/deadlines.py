"""What is due when: the deadlines of many documents in one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..models.spans import Fact
from .actors import actors, addressees, values
from .results import Analysis, LabelledSentence
from .tables import RecordFormat, render_records, to_markdown

DeadlineFormat = Literal["text", "markdown"] | RecordFormat
UNKNOWN = "(unknown)"
"""What stands in the place of a day that cannot be computed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which somebody is to act."""

    due: str | None
    """The last day, ISO 8601; a duration such as P6M where it counts from an event; None where the document's date is
    needed and not known."""
    wording: str
    """The deadline as the text has it."""
    primary: str | None
    """The type of the sentence; None where the classifier abstained."""
    who: tuple[str, ...]
    """The sentence's countries, bodies and offices, but for those that it addresses."""
    whom: tuple[str, ...]
    """Who is called upon."""
    amounts: tuple[str, ...]
    sentence: str
    index: int
    """The sentence's place in its text, from 0."""
    source: str | None


def deadlines(analyses: Iterable[Analysis]) -> list[Deadline]:
    """List the deadlines of analyses that were made with `facts=True`.

    Returns:
        The deadlines in the order of their days; durations and unknown days come last.
    """
    found = [
        _deadline(fact, sentence, analysis.source)
        for analysis in analyses
        for sentence in analysis.sentences
        for fact in sentence.facts
        if fact.kind == "deadline"
    ]
    return sorted(found, key=lambda deadline: (not _is_day(deadline.due), deadline.due or "~"))


def render_deadlines(found: Sequence[Deadline], format: DeadlineFormat) -> str | bytes:
    """Write a list of deadlines in a format; Excel and Parquet give bytes.

    Raises:
        MissingExtraError: If the format needs an extra that is not installed.
    """
    if format == "text":
        return _text(found)
    if format == "markdown":
        return _markdown(found)
    return render_records("deadlines", Deadline, found, format)


def _is_day(due: str | None) -> bool:
    return due is not None and due[0].isdigit()


def _deadline(fact: Fact, sentence: LabelledSentence, source: str | None) -> Deadline:
    return Deadline(
        due=fact.value,
        wording=fact.text,
        primary=sentence.primary,
        who=values(actors(sentence)),
        whom=values(addressees(sentence)),
        amounts=values(other for other in sentence.facts if other.kind == "amount"),
        sentence=sentence.text,
        index=sentence.index,
        source=source,
    )


def _markdown(found: Sequence[Deadline]) -> str:
    return to_markdown(
        ("due", "who", "whom", "type", "sentence", "source"),
        (
            [
                deadline.due or UNKNOWN,
                ", ".join(deadline.who),
                ", ".join(deadline.whom),
                deadline.primary or "",
                deadline.sentence,
                f"{deadline.source or ''} {deadline.index + 1}".strip(),
            ]
            for deadline in found
        ),
    )


def _text(found: Sequence[Deadline]) -> str:
    lines = []
    for deadline in found:
        actors = ", ".join(deadline.who)
        addressed = f" -> {', '.join(deadline.whom)}" if deadline.whom else ""
        lines.append(
            f"{deadline.due or UNKNOWN:<10}  {deadline.primary or '':<12}  {actors}{addressed}".rstrip()
        )
        place = f"  [{deadline.source} {deadline.index + 1}]" if deadline.source else ""
        lines.append(f"            {' '.join(deadline.sentence.split())}{place}")
    return "\n".join(lines) + "\n" if lines else "no deadline found\n"
