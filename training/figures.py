"""Plots of training runs, of the corpus and of evaluations, legible in print and by the colour-blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from ..models.taxonomy import LabelSchema
from .corpus import AnnotatedDocument

try:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError:
    raise MissingExtraError("A plot", "train") from None


def loss_curve(log: list[dict[str, Any]], path: Path) -> None:
    """Draw training and validation loss over the steps as a PNG.

    Args:
        log: The log history of transformers' Trainer.
        path: The file to write.
    """
    # The object-oriented interface leaves a caller's own matplotlib backend alone.
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    styles: list[tuple[str, str, dict[str, Any]]] = [
        ("loss", "training", {"color": "#0072B2"}),
        ("eval_loss", "validation", {"color": "#D55E00", "marker": "o", "linestyle": "--"}),
    ]
    for key, label, style in styles:
        points = [(entry["step"], entry[key]) for entry in log if key in entry]
        axes.plot([step for step, _ in points], [loss for _, loss in points], label=label, **style)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def corpus_figures(documents: Sequence[AnnotatedDocument], schema: LabelSchema, folder: Path) -> list[Path]:
    """Draw how the types are spread over the genres, and how long sentences and documents are.

    Args:
        documents: Annotated documents.
        schema: Their labels.
        folder: Where to write `types-by-genre.png` and `lengths.png`; made if missing.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "types-by-genre.png", folder / "lengths.png"]
    _types_by_genre(documents, schema, paths[0])
    _lengths(documents, paths[1])
    return paths


def speed_and_accuracy(result: dict[str, Any], path: Path) -> None:
    """Draw a benchmark: accuracy of each system with its interval, and sentences a second.

    Args:
        result: What `benchmark_classifier` returned.
        path: The PNG to write.
    """
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    systems = {
        name: figures["classification"]["primary_macro_f1"]
        for name, figures in result["accuracy"]["systems"].items()
        if "classification" in figures
    }
    values = [interval["value"] for interval in systems.values()]
    errors = _error_bars(list(systems.values()))
    left.barh(list(systems), values, xerr=errors, color="#0072B2", capsize=3)
    left.set_xlabel("macro-F1 of the primary type, 95 % interval")
    left.invert_yaxis()
    names = [f"{speed['system']}, {speed['threads']} thread(s)" for speed in result["speed"]]
    right.barh(names, [speed["sentences_per_second"] for speed in result["speed"]], color="#D55E00")
    right.set_xlabel("sentences a second")
    right.invert_yaxis()
    figure.savefig(path, dpi=120)


def abstract_scores(result: Mapping[str, Any], path: Path) -> None:
    """Draw a benchmark of abstracts: how near each system's are to the annotated ones, and what they take.

    Args:
        result: What `benchmark_summarizer` returned.
        path: The PNG to write.
    """
    figure = Figure(figsize=(11, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    systems = result["systems"]
    measures = {
        "rouge1": ("ROUGE-1", "#0072B2", ""),
        "rouge2": ("ROUGE-2", "#E69F00", "//"),
        "rougeLsum": ("ROUGE-Lsum", "#999999", ".."),
        "fact_coverage": ("facts told", "#009E73", "xx"),
    }
    for place, (measure, (label, colour, hatch)) in enumerate(measures.items()):
        found = [system["abstracts"][measure] for system in systems.values()]
        left.barh(
            [row + 0.2 * (place - 1.5) for row in range(len(found))],
            [interval["value"] for interval in found],
            height=0.18,
            xerr=_error_bars(found),
            capsize=2,
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.5,
            label=label,
        )
    left.set_yticks(range(len(systems)), list(systems))
    left.set_xlabel("value, 95 % interval")
    left.invert_yaxis()
    left.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=4, frameon=False)
    seconds = [system["abstracts"]["seconds"]["value"] for system in systems.values()]
    right.barh(list(systems), seconds, color="#D55E00")
    right.set_xscale("log")
    right.set_xlabel("seconds an abstract")
    right.invert_yaxis()
    figure.savefig(path, dpi=120)


def learning_curves(
    labels: Sequence[int], curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], path: Path
) -> None:
    """Draw how ways of choosing what to label learn.

    Args:
        labels: How many sentences are labelled at each point.
        curves: The mean and standard deviation of the macro-F1 at each point, by way of choosing.
        path: The PNG to write.
    """
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    styles = zip(("#7F7F7F", "#E69F00", "#0072B2"), ("s", "^", "o"), strict=True)
    for (name, (mean, deviation)), (colour, marker) in zip(curves.items(), styles, strict=True):
        axes.plot(labels, mean, color=colour, marker=marker, markersize=4, label=name)
        low = [value - spread for value, spread in zip(mean, deviation, strict=True)]
        high = [value + spread for value, spread in zip(mean, deviation, strict=True)]
        axes.fill_between(labels, low, high, color=colour, alpha=0.12)
    axes.set_xlabel("labelled sentences")
    axes.set_ylabel("macro-F1 of the primary type, mean ± standard deviation")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)


def evaluation_figures(
    system: Mapping[str, Any], folder: Path, curve: Sequence[Mapping[str, Any]] = ()
) -> list[Path]:
    """Draw an evaluation of one system: confusion matrix, types, calibration, risk and coverage.

    Args:
        system: What `evaluate_models` returned of the system; without confidence the last two are left out.
        folder: Where to write `confusion-matrix`, `per-type`, `calibration` and `risk-coverage`, each as a PNG and
            an SVG file; made if missing.
        curve: The points of a learning curve, drawn as `learning-curve`.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "confusion-matrix": _confusion_matrix(system["confusion"]),
        "per-type": _per_type(system["per_type"]),
    }
    if "calibration" in system:
        figures["calibration"] = _reliability(
            system["reliability"], system["calibration"]["calibration_error"]
        )
        figures["risk-coverage"] = _risk_coverage(system["risk_coverage"])
    if curve:
        figures["learning-curve"] = _learning_curve(curve)
    paths = []
    for name, figure in figures.items():
        for ending in ("png", "svg"):
            paths.append(folder / f"{name}.{ending}")
            # Neither a date nor random identifiers: the same figures give the same file.
            with matplotlib.rc_context({"svg.hashsalt": name}):
                figure.savefig(paths[-1], dpi=150, metadata={"Date": None} if ending == "svg" else None)
    return paths


def _confusion_matrix(confusion: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    counts, columns = confusion["counts"], confusion["columns"]
    if not any(row[-1] for row in counts):
        # Every sentence got a type.
        counts, columns = [row[:-1] for row in counts], columns[:-1]
    shares = [[value / max(1, sum(row)) for value in row] for row in counts]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, values in enumerate(counts):
        for column, value in enumerate(values):
            if value:
                colour = "white" if shares[row][column] > 0.6 else "black"
                axes.text(column, row, str(value), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(columns)), columns, rotation=30, ha="right")
    axes.set_yticks(range(len(confusion["rows"])), confusion["rows"])
    axes.set_xlabel("predicted primary type")
    axes.set_ylabel("annotated primary type")
    figure.colorbar(image, label="share of the annotated type's sentences", shrink=0.8)
    return figure


def _per_type(per_type: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    # Hatching tells the bars apart where colours do not.
    styles = {"precision": ("#0072B2", ""), "recall": ("#E69F00", "//"), "f1": ("#999999", "..")}
    for offset, (measure, (colour, hatch)) in zip((-0.27, 0, 0.27), styles.items(), strict=True):
        found = [scores["intervals"][measure] for scores in per_type.values()]
        axes.bar(
            [place + offset for place in range(len(found))],
            [interval["value"] for interval in found],
            width=0.25,
            yerr=_error_bars(found),
            capsize=2,
            color=colour,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.5,
            label="F1" if measure == "f1" else measure,
        )
    names = [f"{name}\n({scores['support']})" for name, scores in per_type.items()]
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("value, 95 % interval")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=3, frameon=False)
    return figure


def _reliability(bins: Sequence[Mapping[str, float]], error: Mapping[str, float]) -> Figure:
    figure = Figure(figsize=(5.5, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="honest")
    largest = max(point["sentences"] for point in bins)
    axes.plot(
        [p["confidence"] for p in bins], [p["accuracy"] for p in bins], color="#0072B2", linewidth=1, zorder=2
    )
    axes.scatter(
        [point["confidence"] for point in bins],
        [point["accuracy"] for point in bins],
        s=[20 + 200 * point["sentences"] / largest for point in bins],
        color="#0072B2",
        edgecolor="black",
        label="measured; the area grows with the number of sentences",
        zorder=3,
    )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.05)
    axes.set_xlabel("confidence in the primary type")
    axes.set_ylabel("share that is right")
    axes.set_title(
        f"expected calibration error {error['value']:.3f} ({error['low']:.3f} to {error['high']:.3f})",
        fontsize=11,
    )
    axes.grid(alpha=0.3)
    # Inside the axes it would cover bins.
    figure.legend(loc="outside lower center", fontsize=9, markerscale=0.5)
    return figure


def _risk_coverage(curve: Sequence[Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    coverage = [point["coverage"] for point in curve]
    risk = {key: [1 - point["accuracy"][key] for point in curve] for key in ("value", "low", "high")}
    axes.fill_between(coverage, risk["high"], risk["low"], color="#0072B2", alpha=0.2, label="95 % interval")
    axes.plot(coverage, risk["value"], color="#0072B2", marker="o", markersize=4, label="measured")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("coverage: share of the sentences that are labelled, most confident first")
    axes.set_ylabel("risk: share of their primary types that is wrong")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    return figure


def _learning_curve(points: Sequence[Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(6.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    sentences = [point["sentences"] for point in points]
    styles: dict[str, tuple[str, dict[str, Any]]] = {
        "primary_macro_f1": ("macro-F1, primary type", {"color": "#0072B2", "marker": "o"}),
        "primary_accuracy": (
            "accuracy, primary type",
            {"color": "#D55E00", "marker": "s", "linestyle": "--"},
        ),
        "commitment_f1": ("commitment or not, F1", {"color": "#555555", "marker": "^", "linestyle": ":"}),
    }
    for measure, (label, style) in styles.items():
        found = [point["classification"][measure] for point in points]
        values = [interval["value"] for interval in found]
        axes.errorbar(sentences, values, yerr=_error_bars(found), capsize=3, label=label, **style)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("training sentences")
    axes.set_ylabel("value, 95 % interval")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def _error_bars(found: Sequence[Mapping[str, float]]) -> list[list[float]]:
    """Return how far each interval reaches below and above its figure."""
    return [
        [max(0.0, interval["value"] - interval["low"]) for interval in found],
        [max(0.0, interval["high"] - interval["value"]) for interval in found],
    ]


def _types_by_genre(documents: Sequence[AnnotatedDocument], schema: LabelSchema, path: Path) -> None:
    genres = sorted({document.genre for document in documents})
    shares = []
    for genre in genres:
        primary = [
            schema.primary(sentence.types)
            for document in documents
            if document.genre == genre
            for sentence in document.sentences
        ]
        shares.append([100 * primary.count(name) / len(primary) for name in schema.names])
    figure = Figure(figsize=(8, 1.5 + 0.6 * len(genres)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", aspect="auto", vmin=0)
    darkest = max(max(row) for row in shares)
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            colour = "white" if value > 0.6 * darkest else "black"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(range(len(schema.names)), schema.names, rotation=30, ha="right")
    axes.set_yticks(range(len(genres)), genres)
    axes.set_title("Primary types by genre, per cent of the genre's sentences", fontsize=11)
    figure.savefig(path, dpi=120)


def _lengths(documents: Sequence[AnnotatedDocument], path: Path) -> None:
    figure = Figure(figsize=(8, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    words = [len(text.split()) for document in documents for text in document.sentence_texts()]
    left.hist(words, bins=range(0, 71, 2), color="#0072B2")
    left.set_xlabel("words a sentence (above 70 not drawn)")
    left.set_ylabel("sentences")
    counts = [len(document.sentences) for document in documents]
    right.hist(counts, bins=range(min(counts), max(counts) + 2), color="#D55E00")
    right.set_xlabel("sentences a document")
    right.set_ylabel("documents")
    figure.savefig(path, dpi=120)
