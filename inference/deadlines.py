"""What is due when: the deadlines of many documents in one list."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

from ..models.spans import ACTOR_KINDS, Fact
from .results import Analysis, LabelledSentence

DeadlineFormat = Literal["text", "json", "jsonl", "csv", "markdown"]
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


def render_deadlines(found: Sequence[Deadline], format: DeadlineFormat) -> str:
    """Write a list of deadlines in a format."""
    if format == "json":
        return json.dumps([asdict(deadline) for deadline in found], ensure_ascii=False, indent=2) + "\n"
    if format == "jsonl":
        return "".join(json.dumps(asdict(deadline), ensure_ascii=False) + "\n" for deadline in found)
    if format == "csv":
        return _csv(found)
    if format == "markdown":
        return _markdown(found)
    return _text(found)


def _is_day(due: str | None) -> bool:
    return due is not None and due[0].isdigit()


def _deadline(fact: Fact, sentence: LabelledSentence, source: str | None) -> Deadline:
    addressed = [other for other in sentence.facts if other.kind == "addressee"]
    actors = [
        other
        for other in sentence.facts
        if other.kind in ACTOR_KINDS
        and not any(a.start <= other.start and other.end <= a.end for a in addressed)
    ]
    return Deadline(
        due=fact.value,
        wording=fact.text,
        primary=sentence.primary,
        who=_values(actors),
        whom=_values(addressed),
        amounts=_values(other for other in sentence.facts if other.kind == "amount"),
        sentence=sentence.text,
        index=sentence.index,
        source=source,
    )


def _values(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return what facts stand for, each once."""
    return tuple(dict.fromkeys(fact.value or fact.text for fact in facts))


def _csv(found: Sequence[Deadline]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in fields(Deadline)])
    for deadline in found:
        row = asdict(deadline)
        writer.writerow([";".join(cell) if isinstance(cell, tuple) else cell for cell in row.values()])
    return buffer.getvalue()


def _markdown(found: Sequence[Deadline]) -> str:
    lines = ["| due | who | whom | type | sentence | source |", "|---|---|---|---|---|---|"]
    for deadline in found:
        cells = [
            deadline.due or UNKNOWN,
            ", ".join(deadline.who),
            ", ".join(deadline.whom),
            deadline.primary or "",
            deadline.sentence,
            f"{deadline.source or ''} {deadline.index + 1}".strip(),
        ]
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


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
