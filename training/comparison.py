"""Two runs on the same documents: what changed sentence by sentence, and whether it is more than chance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import PredictionsError
from ..models.folder import file_hash
from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument, load_documents
from .evaluation import CLASSIFICATION_MEASURES, plain_differences, plain_intervals
from .metrics import Types, type_statistics
from .predictions import load_predictions, on_annotated_sentences
from .report import METRICS, PREDICTIONS, difference_cells, figure_cell
from .significance import differences, intervals

CHANGES = ("fixed", "broken", "changed")


def compare_runs(first: Path, second: Path, paths: Sequence[Path], schema: LabelSchema) -> dict[str, Any]:
    """Compare two runs on annotated documents.

    Args:
        first: What `communique evaluate --output FOLDER` wrote, or a file of predictions of any system.
        second: The same; differences are how much it exceeds the first.
        paths: The annotated documents that both runs judged.
        schema: The labels.

    Returns:
        Plain data: `runs`, each measure of `first` and `second` with its interval, `differences` (with the paired
        bootstrap's interval and a p-value), `counts` of what changed, and `changes`, the sentences that the two
        label differently: "fixed" where the second alone has the right primary type, "broken" where the first
        alone has it, else "changed".

    Raises:
        CorpusError: If a document is broken.
        PredictionsError: If a run has no predictions, or was made on other documents.
    """
    documents = load_documents(paths, schema)
    data = {path.name: file_hash(path) for path in paths}
    before, after = (_types(run, documents, data, schema) for run in (first, second))
    references: list[Types] = [[sentence.types for sentence in document.sentences] for document in documents]
    statistics = [type_statistics(given, references, schema) for given in (before, after)]
    changes = [
        change
        for document, ours, theirs in zip(documents, before, after, strict=True)
        for change in _changes(document, ours, theirs, schema)
    ]
    kinds = [change["change"] for change in changes]
    return {
        "runs": [str(first), str(second)],
        "data": data,
        "sentences": sum(map(len, references)),
        "first": plain_intervals(intervals(statistics[0])),
        "second": plain_intervals(intervals(statistics[1])),
        "differences": plain_differences(differences(statistics[1], statistics[0])),
        "counts": {kind: kinds.count(kind) for kind in CHANGES},
        "changes": sorted(changes, key=lambda change: CHANGES.index(change["change"])),
    }


def comparison_tables(comparison: Mapping[str, Any]) -> str:
    """Write a comparison as Markdown: the measures, then every sentence that changed."""
    first, second = comparison["runs"]
    counts = comparison["counts"]
    lines = [
        f"{comparison['sentences']} sentences: {counts['fixed']} fixed, {counts['broken']} broken, "
        f"{counts['changed']} changed otherwise",
        "",
        f"| measure | {first} | {second} | difference | p |",
        "|---|---|---|---|---|",
    ]
    for name in CLASSIFICATION_MEASURES:
        cells = [figure_cell(comparison[run][name]) for run in ("first", "second")]
        cells += difference_cells(comparison["differences"][name])
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    lines += [
        "",
        "| change | document | annotated | first | second | sentence |",
        "|---|---|---|---|---|---|",
    ]
    for change in comparison["changes"]:
        types = [", ".join(change[key]) or "none" for key in ("expected", "first", "second")]
        text = " ".join(change["text"].split()).replace("|", "\\|")
        place = f"{change['document']}, {change['sentence'] + 1}"
        lines.append(f"| {change['change']} | {place} | {' | '.join(types)} | {text} |")
    return "\n".join(lines)


def _types(
    run: Path, documents: Sequence[AnnotatedDocument], data: Mapping[str, str], schema: LabelSchema
) -> list[Types]:
    path = run
    if run.is_dir():
        path = run / PREDICTIONS
        if not path.is_file():
            raise PredictionsError(
                f"{run}: holds no {PREDICTIONS}; make the run with `communique evaluate … --output {run}`"
            )
        _check_data(run, data)
    types = on_annotated_sentences(load_predictions(path, documents, schema), documents, schema).types
    if types is None:
        raise PredictionsError(
            f"{path}: field 'sentences': is missing; a comparison needs labelled sentences"
        )
    return types


def _check_data(run: Path, data: Mapping[str, str]) -> None:
    """Refuse a run on other documents, or on an earlier state of them."""
    metrics = run / METRICS
    try:
        judged = json.loads(metrics.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError, TypeError):
        raise PredictionsError(
            f"{metrics}: cannot be read as the figures of a run; make the run anew with `communique evaluate`"
        ) from None
    if sorted(judged.values()) != sorted(data.values()):
        raise PredictionsError(
            f"{run}: was made on {', '.join(judged)}, which are not the files given with --data, or have changed "
            "since; give the same files, or make the run anew"
        )


def _changes(
    document: AnnotatedDocument, first: Types, second: Types, schema: LabelSchema
) -> list[dict[str, Any]]:
    result = []
    texts = document.sentence_texts()
    for index, sentence in enumerate(document.sentences):
        before, after = first[index], second[index]
        if list(before) == list(after):
            continue
        right = [
            bool(given) and schema.primary(given) == schema.primary(sentence.types)
            for given in (before, after)
        ]
        result.append(
            {
                "change": "changed" if right[0] == right[1] else "fixed" if right[1] else "broken",
                "document": document.id,
                "sentence": index,
                "expected": list(schema.ordered(sentence.types)),
                "first": list(before),
                "second": list(after),
                "text": texts[index],
            }
        )
    return result
