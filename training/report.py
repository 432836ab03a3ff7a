"""An evaluation for readers: Markdown tables, and a page of HTML that holds everything and opens offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..errors import CommuniqueError
from .abstract_writers import OURS
from .evaluation import CONTRAST_MEASURES
from .figures import evaluation_figures

METRICS = "metrics.json"
REPORT = "report.html"
PREDICTIONS = "predictions.jsonl"
FIGURES = "figures"

Figure = Mapping[str, float]


def write_evaluation(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write an evaluation as `metrics.json`, `report.html` and the figures as PNG and SVG.

    Args:
        result: What `evaluate_models` returned.
        folder: Where to write; made if missing.

    Returns:
        The files.

    Raises:
        CommuniqueError: If a file cannot be written.
    """
    metrics, report = folder / METRICS, folder / REPORT
    try:
        folder.mkdir(parents=True, exist_ok=True)
        metrics.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        figures = evaluation_figures(
            result["systems"][OURS], folder / FIGURES, result.get("learning_curve", [])
        )
        report.write_text(html_report(result, figures), encoding="utf-8")
    except OSError as error:
        raise CommuniqueError(f"{error.filename or folder}: cannot be written ({error.strerror})") from None
    return [metrics, report, *figures]


def html_report(result: Mapping[str, Any], figures: Sequence[Path]) -> str:
    """Write an evaluation as one page of HTML that loads nothing.

    Args:
        result: What `evaluate_models` returned.
        figures: The files of `evaluation_figures`; the SVG files are put into the page.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure_cell
    environment.filters["label"] = _label
    pictures = {
        path.stem: base64.b64encode(path.read_bytes()).decode("ascii")
        for path in figures
        if path.suffix == ".svg"
    }
    return environment.get_template("report.html.jinja").render(
        result=result,
        ours=result["systems"][OURS],
        pictures=pictures,
        contrast_measures=CONTRAST_MEASURES,
        curve=result.get("learning_curve", []),
    )


def markdown_tables(result: Mapping[str, Any]) -> str:
    """Write an evaluation as Markdown tables."""
    ours = result["systems"][OURS]
    lines = [
        f"{result['documents']} documents, {result['sentences']} sentences; 95 % intervals by document",
        "",
    ]
    lines += measure_table(result, "classification", result["classification_measures"])
    lines += ["", "| type | precision | recall | F1 | sentences |", "|---|---|---|---|---|"]
    for name, scores in ours["per_type"].items():
        cells = [figure_cell(scores["intervals"][key]) for key in ("precision", "recall", "f1")]
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['support']} |")
    for division, parts in ours["slices"].items():
        lines += ["", f"| {division} | primary accuracy | sets micro f1 | sentences |", "|---|---|---|---|"]
        for name, scores in parts.items():
            cells = [figure_cell(scores[key]) for key in ("primary_accuracy", "sets_micro_f1")]
            lines.append(f"| {name} | {' | '.join(cells)} | {scores['sentences']} |")
    lines += ["", "| confidence and salience | value |", "|---|---|"]
    for part in ("calibration", "salience"):
        for name, interval in ours.get(part, {}).items():
            lines.append(f"| {_label(name)} | {figure_cell(interval)} |")
    if any("contrast" in figures for figures in result["systems"].values()):
        lines += [
            "",
            f"{ours['contrast']['pairs']} contrast pairs; a pair is right when both its sides are",
            "",
        ]
        lines += measure_table(result, "contrast", CONTRAST_MEASURES)
    lines += ["", *_raw_text_table(result)]
    if result["abstract_measures"]:
        lines += [
            "",
            f"{result['abstracts']} abstracts; unsupported = items by `check_support` an abstract",
            "",
        ]
        lines += measure_table(result, "abstracts", result["abstract_measures"])
    if result.get("learning_curve"):
        measures = result["classification_measures"]
        lines += ["", f"| run | training sentences | {' | '.join(map(_label, measures))} |"]
        lines.append("|---|---|" + "---|" * len(measures))
        for point in result["learning_curve"]:
            found = " | ".join(figure_cell(point["classification"][name]) for name in measures)
            lines.append(f"| {point['run']} | {point['sentences']} | {found} |")
    if result["differences"]:
        lines += ["", *difference_table(result)]
    return "\n".join(lines)


def figure_cell(interval: Figure) -> str:
    """Write a figure with its interval."""
    return f"{interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def difference_cells(difference: Figure) -> list[str]:
    """Write a difference with its interval, and its p-value."""
    return [figure_cell(difference), f"{difference['p_value']:.3f}"]


def _raw_text_table(result: Mapping[str, Any]) -> list[str]:
    lines = [
        "From the raw text, cut by the system itself; wrong boundaries count as wrong labels",
        "",
        "| system | primary macro f1, annotated sentences | from raw text | boundary F1 | missed | extra |",
        "|---|---|---|---|---|---|",
    ]
    for system, figures in result["systems"].items():
        if "raw_text" in figures:
            raw = figures["raw_text"]
            cells = [
                figure_cell(figures["classification"]["primary_macro_f1"]),
                figure_cell(raw["classification"]["primary_macro_f1"]),
                figure_cell(raw["boundary_f1"]),
                str(raw["sentences_missed"]),
                str(raw["sentences_extra"]),
            ]
            lines.append(f"| {system} | {' | '.join(cells)} |")
    return lines


def difference_table(result: Mapping[str, Any]) -> list[str]:
    """Write how far our models are from the other systems, as the lines of a Markdown table."""
    shown = {*result["classification_measures"], *result["abstract_measures"]}
    lines = [
        f"Differences of {OURS} from the others: paired bootstrap, p by approximate randomization",
        "",
        "| against | measure | difference | p |",
        "|---|---|---|---|",
    ]
    for difference in result["differences"]:
        if difference["measure"] in shown:
            cells = [difference["against"], _label(difference["measure"]), *difference_cells(difference)]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def measure_table(result: Mapping[str, Any], part: str, measures: Sequence[str]) -> list[str]:
    """Write measures of each system that has a part, as the lines of a Markdown table."""
    lines = [f"| system | {' | '.join(map(_label, measures))} |"]
    lines.append("|---|" + "---|" * len(measures))
    for system, figures in result["systems"].items():
        if part in figures:
            cells = " | ".join(figure_cell(figures[part][name]) for name in measures)
            lines.append(f"| {system} | {cells} |")
    return lines


def _label(name: str) -> str:
    return name.replace("_", " ")
