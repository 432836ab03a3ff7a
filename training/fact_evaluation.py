"""Judging the facts that the package finds against documents that were annotated with them.

A fact counts as found when its kind and both offsets are the annotated ones, and as right when its value is too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..models.facts import find_facts
from ..models.folder import file_hash
from ..models.spans import FACT_KINDS, FactKind
from ..models.text import Document, segment
from .corpus import read_records
from .report import figure_cell
from .significance import Floats, Statistics, intervals


class AnnotatedFact(BaseModel):
    """A fact as an annotator marked it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FactKind
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    value: str | None


class FactDocument(BaseModel):
    """A document annotated with facts, a line of a file such as `seeds/facts/validation.jsonl`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    date: str | None = None
    text: str = Field(min_length=1)
    facts: tuple[AnnotatedFact, ...]


def load_fact_documents(paths: Sequence[Path]) -> list[FactDocument]:
    """Read documents annotated with facts (JSON Lines).

    Raises:
        CorpusError: Listing every problem with file and line.
    """
    return read_records(paths, FactDocument, _span_problems, "annotated document")


def _span_problems(document: FactDocument) -> list[str]:
    """Say which facts do not fit the text."""
    problems = []
    for number, fact in enumerate(document.facts, start=1):
        span = document.text[fact.start : fact.end]
        if not fact.start < fact.end <= len(document.text) or span != span.strip():
            problems.append(
                f"fact {number} ({fact.kind} [{fact.start}:{fact.end}]) does not fit the text: {span[:40]!r}; "
                "count Unicode characters from the start of 'text'"
            )
    return problems


def evaluate_facts(paths: Sequence[Path]) -> dict[str, Any]:
    """Judge the facts found in annotated documents.

    Args:
        paths: Files of documents annotated with facts.

    Returns:
        Numbers of documents and sentences, and for each kind, and for "all", how many facts were `annotated` and
        `found`, `precision`, `recall` and `f1` of exact spans, and `value_f1`, with a 95 % interval by document,
        of spans whose value is right too.

    Raises:
        CorpusError: If a file is broken or holds no document.
    """
    documents = load_fact_documents(paths)
    # Axes: document, kind, and (annotated, found, with the right span, with the right value too).
    counts = np.zeros((len(documents), len(FACT_KINDS), 4), dtype=float)
    sentences = 0
    for index, document in enumerate(documents):
        parts = segment(document.text)
        sentences += len(parts)
        facts = [
            fact for group in find_facts(Document(document.text, date=document.date), parts) for fact in group
        ]
        found = {(fact.kind, fact.start, fact.end): fact.value for fact in facts}
        annotated = {(fact.kind, fact.start, fact.end): fact.value for fact in document.facts}
        for place, kind in enumerate(FACT_KINDS):
            wanted = {key for key in annotated if key[0] == kind}
            given = {key for key in found if key[0] == kind}
            right = sum(found[key] == annotated[key] for key in wanted & given)
            counts[index, place] = len(wanted), len(given), len(wanted & given), right
    kinds = {kind: _scores(counts[:, [place]]) for place, kind in enumerate(FACT_KINDS)}
    return {
        "data": {path.name: file_hash(path) for path in map(Path, paths)},
        "documents": len(documents),
        "sentences": sentences,
        "kinds": {**kinds, "all": _scores(counts)},
    }


def _scores(counts: Floats) -> dict[str, Any]:
    """Compute the scores of counts by document, kind and sort, with their intervals by document."""
    by_document = counts.sum(axis=1)
    annotated, found = (int(number) for number in by_document.sum(axis=0)[:2])

    def figures(sums: Floats) -> dict[str, Floats]:
        wanted, given, spans, values = sums.T
        return {
            "precision": spans / np.maximum(given, 1),
            "recall": spans / np.maximum(wanted, 1),
            "f1": 2 * spans / np.maximum(wanted + given, 1),
            "value_f1": 2 * values / np.maximum(wanted + given, 1),
        }

    scores = {name: asdict(value) for name, value in intervals(Statistics(by_document, figures)).items()}
    return {"annotated": annotated, "found": found, **scores}


def fact_table(result: dict[str, Any]) -> str:
    """Write an evaluation of facts as a Markdown table."""
    lines = [
        f"{result['documents']} documents, {result['sentences']} sentences; exact spans; 95 % intervals by document",
        "",
        "| kind | annotated | precision | recall | F1 | F1 with value |",
        "|---|---|---|---|---|---|",
    ]
    for kind, scores in result["kinds"].items():
        cells = [figure_cell(scores[key]) for key in ("precision", "recall", "f1", "value_f1")]
        lines.append(f"| {kind} | {scores['annotated']} | {' | '.join(cells)} |")
    return "\n".join(lines)
