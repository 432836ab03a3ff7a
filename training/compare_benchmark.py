"""How well two texts of one body are compared, on pairs whose alignment and verdicts are known.

`seeds/comparisons/GUIDELINE.md` describes the pairs. Eight of them are for choosing thresholds and rules; the others
judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .._version import __version__
from ..errors import CorpusError, MissingExtraError
from ..inference.api import Analyzer
from ..inference.comparison import VERDICTS, Comparison, Verdict
from ..models.matching import match
from ..models.taxonomy import LabelSchema
from ..models.text import Document, segment
from .alignment import align
from .corpus import AnnotatedDocument, read_records
from .report import difference_cells, figure_cell
from .significance import Floats, Statistics, differences, intervals

BASELINE_THRESHOLD = 0.11
"""Of the baseline, the best on the pairs for tuning."""

Entry = tuple[int | None, int | None, Verdict]


class AlignmentEntry(BaseModel):
    """What became of one commitment or call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    old: int | None = Field(ge=0)
    """Number of its sentence in the old text, from 0; None for what is new."""
    new: int | None = Field(ge=0)
    """Number of its sentence in the new text; None for what was dropped."""
    verdict: Verdict


class TextPair(BaseModel):
    """Two texts of a body with what became of the commitments of the first, a line of a file of pairs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    tuning: bool
    """Whether it is there for choosing thresholds and rules, and not for judging them."""
    old: AnnotatedDocument
    new: AnnotatedDocument
    alignment: tuple[AlignmentEntry, ...]


def load_pairs(paths: Iterable[Path]) -> list[TextPair]:
    """Read pairs of texts (JSON Lines).

    Raises:
        CorpusError: Listing every problem with file and line.
    """
    return read_records(paths, TextPair, _entry_problems, "pair of texts")


def _entry_problems(pair: TextPair) -> Iterable[str]:
    for number, entry in enumerate(pair.alignment, start=1):
        for name, index, document in (("old", entry.old, pair.old), ("new", entry.new, pair.new)):
            if index is not None and index >= len(document.sentences):
                yield (
                    f"entry {number}: {name} = {index}, but the {name} text has {len(document.sentences)} sentences; "
                    "count them from 0"
                )
        if (entry.verdict == "new") != (entry.old is None) or (entry.verdict == "dropped") != (
            entry.new is None
        ):
            yield f"entry {number}: the verdict {entry.verdict} does not fit old = {entry.old}, new = {entry.new}"


def benchmark_comparison(
    data: Sequence[Path], analyzer: Analyzer, *, tuning: bool = False, baseline: bool = True
) -> dict[str, Any]:
    """Measure `communique.compare`.

    Args:
        data: Files of pairs of texts.
        analyzer: The models that compare.
        tuning: Judge on the pairs that are there for tuning instead of the others.
        baseline: Also judge a plain way: sentences aligned by TF-IDF, verdicts by their primary types alone.

    Returns:
        Plain data: numbers of `pairs` and `entries`, of each of the `systems` its `figures` with 95 % intervals by
        pair, `differences` of the first from the baseline, and `faults`, what the first got wrong. `links` are
        pairs of sentences; `accuracy` is the share of the annotated entries that are met with their verdict.

    Raises:
        CorpusError: If a file is broken, or holds no pair of the kind.
    """
    pairs = [pair for pair in load_pairs(data) if pair.tuning == tuning]
    if not pairs:
        kind = "for tuning" if tuning else "for judging"
        raise CorpusError(f"{', '.join(map(str, data))}: no pair {kind} in it; see the key 'tuning'")
    compared = [analyzer.compare(_document(pair.old), _document(pair.new)) for pair in pairs]
    found = [_entries(pair, comparison) for pair, comparison in zip(pairs, compared, strict=True)]
    systems = {"communique": _statistics(pairs, found)}
    if baseline:
        systems["TF-IDF and primary type"] = _statistics(pairs, [_baseline(pair, analyzer) for pair in pairs])
    result: dict[str, Any] = {
        "communique": __version__,
        "data": [str(path) for path in data],
        "classifier": compared[0].models["classifier"],
        "pairs": len(pairs),
        "entries": sum(len(pair.alignment) for pair in pairs),
        "systems": {name: _plain(intervals(statistics)) for name, statistics in systems.items()},
        "faults": [
            fault for pair, entries in zip(pairs, found, strict=True) for fault in _faults(pair, entries)
        ],
    }
    if baseline:
        ours, plain = systems.values()
        result["differences"] = _plain(differences(ours, plain))
    return result


def comparison_benchmark_table(result: dict[str, Any], *, examples: bool = False) -> str:
    """Write a benchmark as Markdown; with `examples`, everything that was wrong."""
    names = list(result["systems"])
    difference = "differences" in result
    lines = [
        f"{result['pairs']} pairs, {result['entries']} commitments and calls; 95 % intervals by pair",
        "",
        f"| measure | {' | '.join(names)} |{' difference | p |' if difference else ''}",
        "|---" * (1 + len(names) + 2 * difference) + "|",
    ]
    for measure in result["systems"][names[0]]:
        cells = [figure_cell(result["systems"][name][measure]) for name in names]
        if difference:
            cells += difference_cells(result["differences"][measure])
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    if examples:
        lines += ["", *(f"- {fault}" for fault in result["faults"])]
    return "\n".join(lines)


def _document(document: AnnotatedDocument) -> Document:
    return Document(document.text, title=document.title, date=document.date or None, identifier=document.id)


def _entries(pair: TextPair, comparison: Comparison) -> list[Entry]:
    """Number the sentences of a comparison as the annotation does; one that it cut otherwise gets a number below 0."""
    old, new = _numbers(pair.old), _numbers(pair.new)
    return [
        (
            old[change.old.index] if change.old else None,
            new[change.new.index] if change.new else None,
            change.verdict,
        )
        for change in comparison.changes
    ]


def _numbers(document: AnnotatedDocument) -> list[int]:
    """Give the annotated number of each sentence that the package cuts."""
    given = [(sentence.start, sentence.end) for sentence in segment(document.text)]
    numbers = [-1 - index for index in range(len(given))]
    annotated = [(sentence.start, sentence.end) for sentence in document.sentences]
    for number, index in enumerate(align(annotated, given, document.text).matched):
        if index is not None:
            numbers[index] = number
    return numbers


# --- The baseline ----------------------------------------------------------------------------------


def _baseline(pair: TextPair, analyzer: Analyzer) -> list[Entry]:
    """Align sentences by TF-IDF and judge by their primary types: the stronger type is the stronger commitment."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise MissingExtraError("The baseline", "train") from None
    schema = analyzer.schema
    sides = []
    for document in (pair.old, pair.new):
        numbers = _numbers(document)
        sides.append(
            [
                (numbers[sentence.index], sentence.text, sentence.types[0])
                for sentence in analyzer.analyze(_document(document), method=None).sentences
                if sentence.index and schema.type_named(sentence.types[0]).kind != "statement"
            ]
        )
    if not all(sides):
        return [(number, None, "dropped") for number, _, _ in sides[0]] + [
            (None, number, "new") for number, _, _ in sides[1]
        ]
    texts = [[text for _, text, _ in side] for side in sides]
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit([*texts[0], *texts[1]])
    vectors = [np.asarray(vectorizer.transform(group).todense()) for group in texts]
    links = match(vectors[0] @ vectors[1].T, BASELINE_THRESHOLD)
    entries: list[Entry] = [
        (sides[0][row][0], sides[1][column][0], _by_type(sides[0][row][2], sides[1][column][2], schema))
        for row, column in links
    ]
    rows, columns = {row for row, _ in links}, {column for _, column in links}
    entries += [(side[0], None, "dropped") for row, side in enumerate(sides[0]) if row not in rows]
    entries += [(None, side[0], "new") for column, side in enumerate(sides[1]) if column not in columns]
    return entries


def _by_type(old: str, new: str, schema: LabelSchema) -> Verdict:
    if old == new:
        return "repeated"
    return "strengthened" if schema.names.index(new) < schema.names.index(old) else "weakened"


# --- The figures -----------------------------------------------------------------------------------


def _statistics(pairs: Sequence[TextPair], found: Sequence[Sequence[Entry]]) -> Statistics:
    """Count what was found, annotated and right, for each pair: entries, links, then each verdict."""
    choices: list[Callable[[Entry], Entry | tuple[int | None, int | None] | None]] = [
        lambda entry: entry,
        lambda entry: None if None in entry else entry[:2],
        *(lambda entry, verdict=verdict: entry if entry[2] == verdict else None for verdict in VERDICTS),
    ]
    counts = np.zeros((len(pairs), len(choices), 3))
    for place, (pair, given) in enumerate(zip(pairs, found, strict=True)):
        for column, choose in enumerate(choices):
            chosen = [
                Counter(key for entry in entries if (key := choose(entry)) is not None)
                for entries in (given, _annotated(pair))
            ]
            counts[place, column] = *(group.total() for group in chosen), (chosen[0] & chosen[1]).total()

    def figures(sums: Floats) -> dict[str, Floats]:
        by_choice = sums.reshape(len(sums), len(choices), 3)
        given, wanted, right = (by_choice[:, :, i] for i in range(3))
        f1 = 2 * right / np.maximum(given + wanted, 1)
        return {
            "links, precision": right[:, 1] / np.maximum(given[:, 1], 1),
            "links, recall": right[:, 1] / np.maximum(wanted[:, 1], 1),
            "links, F1": f1[:, 1],
            "accuracy": right[:, 0] / np.maximum(wanted[:, 0], 1),
            **{f"{verdict}, F1": f1[:, 2 + place] for place, verdict in enumerate(VERDICTS)},
            "macro-F1": f1[:, 2:].mean(axis=1),
        }

    return Statistics(counts.reshape(len(pairs), -1), figures)


def _annotated(pair: TextPair) -> list[Entry]:
    return [(entry.old, entry.new, entry.verdict) for entry in pair.alignment]


def _faults(pair: TextPair, found: Sequence[Entry]) -> list[str]:
    """Say which entries were missed and which were made up."""
    given, wanted = Counter(found), Counter(_annotated(pair))
    return [
        f"{pair.id}: {kind} {verdict}, old {_shown(old)}, new {_shown(new)}"
        for kind, group in (("missed", wanted - given), ("wrongly", given - wanted))
        for old, new, verdict in group.elements()
    ]


def _shown(index: int | None) -> str:
    return "-" if index is None else str(index)


def _plain(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {name: asdict(figure) for name, figure in figures.items()}
